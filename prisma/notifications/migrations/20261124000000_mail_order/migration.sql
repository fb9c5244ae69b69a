-- The mails about one order are sent in the order of what they say. One that a cancellation has overtaken is SUPERSEDED.
-- Only adds what an earlier release neither needs nor sets: its claims raise attempts, so they are seen as in flight.
alter table notifications
    add column ended_attempts integer not null default 0,
    add column earlier_seq bigint,
    add column refused_age_ms double precision,
    add column undeliverable_at timestamptz(3),
    -- Checked for new rows at once, and for the old ones in the next migration, which does not block their writers.
    add constraint notifications_status_known check (status in ('PENDING', 'SENT', 'UNDELIVERABLE', 'SUPERSEDED')) not valid,
    drop constraint notifications_status_check;
