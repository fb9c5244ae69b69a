-- Of the request that placed the order, as its client sent it (W3C Trace Context): what follows from it, however late, belongs to that trace.
alter table orders add column traceparent text;
