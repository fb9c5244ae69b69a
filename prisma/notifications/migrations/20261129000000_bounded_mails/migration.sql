-- What bounds the work for one buyer, one mail domain and one address. Only adds what an earlier release neither needs nor
-- sets: it attempts every due mail, whatever that mail waits for.
alter table notifications
    add column awaits_profile boolean not null default false,
    add column domain_key varchar(64) collate "C",
    add column address_key varchar(64),
    add column turn_at timestamptz(3);
create table profile_waits (
    user_id        uuid primary key,
    lookups        integer not null,
    is_unanswered  boolean not null,
    next_lookup_at timestamptz(3) not null
);
create index profile_waits_next_lookup_at_idx on profile_waits (next_lookup_at);
create table address_turns (
    address_key varchar(64) primary key,
    turns       bigint[] not null
);
