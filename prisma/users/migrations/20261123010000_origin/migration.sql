-- Of the request that made the change: what follows from it, however late, can be found by these (W3C Trace Context).
alter table profile_changes
    add column correlation_id text,
    add column traceparent text;
