-- Due mails that wait for nothing. The old index stays for the earlier release. Alone in its file, because it cannot run in
-- a transaction; so writers do not wait for it.
create index concurrently notifications_free_idx on notifications ((refused_age_ms is not null), next_attempt_at)
    where status = 'PENDING' and not awaits_profile and domain_key is null;
