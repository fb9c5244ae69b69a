-- When a session was last used, so that one that is no longer used ends. Sessions that exist count as used now. The default is
-- evaluated once, so the table is not rewritten, and the release before can go on inserting sessions.
alter table sessions add column last_used_at timestamptz(3) not null default current_timestamp;
