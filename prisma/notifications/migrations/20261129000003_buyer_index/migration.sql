-- The pending mails of a buyer whose profile is awaited. Alone in its file, because it cannot run in a transaction; so
-- writers do not wait for it.
create index concurrently notifications_buyer_pending_idx on notifications (user_id, created_at) where status = 'PENDING';
