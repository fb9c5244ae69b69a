-- For the operator's list of undeliverable mails. Alone in its file, because it cannot run in a transaction; so writers do
-- not wait for it.
create index concurrently notifications_undeliverable_idx on notifications (seq) where status = 'UNDELIVERABLE';
