-- Mails that the mail server has refused are claimed after all others. The old index stays for the earlier release. Alone
-- in its file, because it cannot run in a transaction; so writers do not wait for it.
create index concurrently notifications_due_idx on notifications ((refused_age_ms is not null), next_attempt_at) where status = 'PENDING';
