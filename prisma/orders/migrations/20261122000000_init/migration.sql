create table orders (
    id              uuid primary key,
    owner_id        uuid not null,
    price           bigint not null check (price between 1 and 9007199254740991),
    version         integer not null check (version > 0),
    status          varchar(20) not null check (status in ('IN_PROGRESS', 'SUCCESS', 'FAILED', 'CANCELLED')),
    reason          text,
    -- What the order was when it first became final: a repeated request is answered as the first one was.
    first_status    varchar(20) check (first_status in ('SUCCESS', 'FAILED', 'CANCELLED')),
    -- Who asked for the order to be cancelled, if anybody did: its cancellation must happen, whatever dies in between.
    cancel_cause    varchar(20) check (cancel_cause in ('buyer', 'operator')),
    idempotency_key uuid,
    fingerprint     text not null,
    correlation_id  text not null,
    created_at      timestamptz(3) not null default current_timestamp,
    constraint orders_first_status check (status <> 'IN_PROGRESS' or first_status is null)
);
-- One order takes one version of its owner's list, and one key names one order, for ever.
create unique index owner_id_version_idx on orders (owner_id, version);
create unique index owner_id_idempotency_key_idx on orders (owner_id, idempotency_key);
-- The few that are under way, for the auditor: small however many orders are stored.
create index orders_in_progress_idx on orders (created_at) where status = 'IN_PROGRESS';
create index orders_cancelling_idx on orders (created_at) where cancel_cause is not null and status in ('IN_PROGRESS', 'SUCCESS');

-- What an order is never changes, and its status goes forward only: whatever a program does, this holds.
create function orders_only_forward() returns trigger language plpgsql as $$
begin
    if (new.id, new.owner_id, new.price, new.version, new.idempotency_key, new.fingerprint, new.created_at)
        is distinct from (old.id, old.owner_id, old.price, old.version, old.idempotency_key, old.fingerprint, old.created_at) then
        raise exception 'order %: only its status may change', old.id;
    end if;
    if new.first_status is distinct from old.first_status and old.first_status is not null then
        raise exception 'order %: what it first was stays', old.id;
    end if;
    if new.status <> old.status
        and not (old.status = 'IN_PROGRESS' or (old.status = 'SUCCESS' and new.status = 'CANCELLED')) then
        raise exception 'order %: % does not become %', old.id, old.status, new.status;
    end if;
    return new;
end $$;
create trigger orders_only_forward before update on orders for each row execute function orders_only_forward();
