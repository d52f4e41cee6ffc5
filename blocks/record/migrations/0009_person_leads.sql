-- Who leads, what people chose by hand, and what stands until somebody takes it back.
alter table outage.incident add column leader text not null default '';

create table outage.chosen_action (
    incident     text        not null references outage.incident on delete cascade,
    key          text        not null,
    at           timestamptz not null,
    body         jsonb       not null,
    primary key (incident, key)
);

create table outage.standing_mitigation (
    incident     text        not null references outage.incident on delete cascade,
    attempt      integer     not null,
    body         jsonb       not null,
    ended_at     timestamptz,
    primary key (incident, attempt)
);
create index on outage.standing_mitigation (ended_at) where ended_at is null;
