-- What people did, whom we called, what we promised to say when, and which codes were used.
create table outage.person_act (
    incident     text        not null references outage.incident on delete cascade,
    key          text        not null,
    kind         text        not null,
    what         text        not null default '',
    by           text        not null,
    at           timestamptz not null,
    primary key (incident, key)
);

create table outage.call (
    incident     text        not null references outage.incident on delete cascade,
    rung         text        not null,
    turn         integer     not null,
    at           timestamptz not null,
    why          text        not null,
    primary key (incident, rung, turn)
);

create table outage.timer (
    incident     text        not null references outage.incident on delete cascade,
    kind         text        not null,
    turn         integer     not null,
    due_at       timestamptz not null,
    fired_at     timestamptz,
    primary key (incident, kind, turn)
);

-- Of a code only the half minute that it was made for is kept.
create table outage.used_code (
    person       text        not null,
    step         bigint      not null,
    primary key (person, step)
);
create table outage.wrong_code (
    person       text        not null,
    at           timestamptz not null
);
create index on outage.wrong_code (person, at desc);
