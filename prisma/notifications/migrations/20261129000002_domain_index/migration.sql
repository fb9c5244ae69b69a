-- Mails that wait for their turn among the mails to the same domain. Alone in its file, because it cannot run in a
-- transaction; so writers do not wait for it.
create index concurrently notifications_domain_idx on notifications (domain_key, (refused_age_ms is not null), next_attempt_at)
    where status = 'PENDING' and not awaits_profile and domain_key is not null;
