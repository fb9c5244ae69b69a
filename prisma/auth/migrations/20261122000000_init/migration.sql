create table credentials (
    id               uuid primary key,
    username         text not null,
    login_name       text not null,
    password_hash    text not null,
    password_version integer not null default 1 check (password_version > 0),
    created_at       timestamptz(3) not null default current_timestamp,
    constraint credentials_login_name_check check (login_name = lower(username))
);
create unique index credentials_login_name_key on credentials (login_name);

create table sessions (
    id         uuid primary key,
    token_hash text not null,
    user_id    uuid not null,
    created_at timestamptz(3) not null default current_timestamp,
    expires_at timestamptz(3) not null,
    constraint sessions_user_id_fkey foreign key (user_id) references credentials (id) on delete cascade on update cascade
);
create unique index sessions_token_hash_key on sessions (token_hash);
create index sessions_user_id_id_idx on sessions (user_id, id);
create index sessions_expires_at_idx on sessions (expires_at);

create table signing_keys (
    kid         text primary key,
    private_key text not null,
    public_jwk  jsonb not null,
    created_at  timestamptz(3) not null default current_timestamp
);

-- What limits are counted by. Unlogged: a write to it waits for no disk, and a crash of the server, which empties it, merely forgets who was too eager.
create unlogged table attempts (
    key    varchar(255) primary key,
    points integer not null default 0,
    expire bigint
);
create unlogged table write_allowances (
    user_id  uuid primary key,
    whole_at timestamptz(6) not null
) with (fillfactor = 50);
