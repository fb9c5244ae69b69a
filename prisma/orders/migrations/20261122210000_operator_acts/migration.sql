-- What operators did, and why: written before the act. An act that was broken off has no outcome.
create table operator_acts (
    id       uuid primary key,
    at       timestamptz(3) not null default current_timestamp,
    operator text not null check (operator <> ''),
    act      varchar(40) not null,
    subject  text not null,
    reason   text not null check (reason ~ '\S'),
    outcome  text
);
create index operator_acts_subject_at_idx on operator_acts (subject, at);

-- Who did what is not a thing to be put right afterwards: all that is ever added is how the act ended, once.
create function operator_acts_stay() returns trigger language plpgsql as $$
begin
    if tg_op = 'TRUNCATE' then
        raise exception 'acts stay';
    end if;
    if tg_op = 'DELETE' then
        raise exception 'act % stays', old.id;
    end if;
    if old.outcome is not null
        or (new.id, new.at, new.operator, new.act, new.subject, new.reason) is distinct from (old.id, old.at, old.operator, old.act, old.subject, old.reason) then
        raise exception 'act % stays as it is', old.id;
    end if;
    return new;
end $$;
create trigger operator_acts_stay before update or delete on operator_acts for each row execute function operator_acts_stay();
create trigger operator_acts_stay_all before truncate on operator_acts for each statement execute function operator_acts_stay();
