create table profiles (
    user_id    uuid primary key,
    version    integer not null check (version > 0),
    username   text,
    first_name text,
    last_name  text,
    email      text,
    phone      text,
    created_at timestamptz(3) not null default current_timestamp,
    updated_at timestamptz(3) not null default current_timestamp,
    deleted_at timestamptz(3),
    -- Nothing personal outlives a deletion, and nothing is missing before it.
    constraint profiles_whole_or_gone check (
        case when deleted_at is null
            then username is not null and first_name is not null and last_name is not null and email is not null and phone is not null
            else coalesce(username, first_name, last_name, email, phone) is null
        end
    )
);

create table profile_changes (
    user_id    uuid not null,
    version    integer not null,
    created_at timestamptz(3) not null default current_timestamp,
    constraint profile_changes_pkey primary key (user_id, version)
);
create index profile_changes_created_at_idx on profile_changes (created_at);
