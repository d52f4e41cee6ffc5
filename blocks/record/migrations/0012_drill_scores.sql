-- How each drill went. The columns are what lists are made of; the card itself is the body.
create table outage.drill_score (
    drill        text        primary key,
    platform     text        not null,
    fault        text        not null,
    service      text        not null default '',
    at           timestamptz not null,
    passed       boolean     not null,
    body         jsonb       not null
);
create index drill_score_fault on outage.drill_score (platform, fault, service, at desc);

-- A drill that a schedule announced: nothing breaks before `begins_at`, and anybody may call it off until then.
create table outage.planned_drill (
    id           text        primary key,
    run          text        not null unique,
    platform     text        not null,
    fault        text        not null,
    service      text        not null default '',
    announced_at timestamptz not null,
    begins_at    timestamptz not null,
    begun_at     timestamptz,
    off_at       timestamptz,
    off_by       text        not null default '',
    off_why      text        not null default ''
);
create index planned_drill_waiting on outage.planned_drill (platform, begins_at)
    where begun_at is null and off_at is null;

-- A recorded incident, replayed to people; what they did is theirs and touches neither cluster nor incident.
create table outage.tabletop (
    id           text        primary key,
    incident     text        not null,
    started_at   timestamptz not null,
    ended_at     timestamptz,
    body         jsonb       not null
);
create table outage.tabletop_act (
    tabletop     text        not null references outage.tabletop on delete cascade,
    at           timestamptz not null,
    written      bigint      not null generated always as identity,
    kind         text        not null,
    by           text        not null,
    what         text        not null default '',
    primary key (tabletop, written)
);
