-- Addresses from which users have logged in. While strangers guess a user's password, logins from these are not slowed down.
create table known_addresses (
    user_id      uuid not null,
    address_hash text not null,
    used_at      timestamptz(6) not null default current_timestamp,
    constraint known_addresses_pkey primary key (user_id, address_hash),
    constraint known_addresses_user_id_fkey foreign key (user_id) references credentials (id) on delete cascade on update cascade
);
create index known_addresses_used_at_idx on known_addresses (used_at);

-- Each login deletes some ended windows. The table is small and unlogged, so building the index holds up nobody.
create index attempts_expire_idx on attempts (expire);
