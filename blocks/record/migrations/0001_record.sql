-- The record of what was received, thought, answered, written and seen. Every row is keyed by what it is
-- about, so that writing it twice changes nothing. Values are kept as their own JSON: columns exist only for
-- what is looked up, ordered or compared.

create table outage.alert (
    fingerprint  text        not null,
    firing       boolean     not null,
    received_at  timestamptz not null,
    body         jsonb       not null,
    primary key (fingerprint, firing)
);

create table outage.drill (
    id           text primary key,
    namespace    text        not null,
    fault        text        not null,
    announced_at timestamptz not null,
    until        timestamptz not null,
    ended_at     timestamptz,
    result       jsonb       not null default '{}'
);
create index on outage.drill (namespace, announced_at desc);

create table outage.incident (
    id           text primary key,
    key          text        not null,
    title        text        not null,
    opened_at    timestamptz not null,
    phase        text        not null,
    severity     text        not null,
    ending       text,
    says         text        not null default '',
    closed_at    timestamptz,
    flow_run_id  text,
    drill        text
);
-- One open incident per key: the intake's promise, kept here and not in its code.
create unique index incident_open on outage.incident (key) where closed_at is null;
create index on outage.incident (key, opened_at desc);
create index on outage.incident (opened_at desc);

create table outage.member (
    incident     text        not null references outage.incident on delete cascade,
    fingerprint  text        not null,
    firing       boolean     not null,
    primary key (incident, fingerprint, firing),
    foreign key (fingerprint, firing) references outage.alert
);
create index on outage.member (fingerprint);

create table outage.phase (
    incident     text        not null references outage.incident on delete cascade,
    key          text        not null,
    at           timestamptz not null,
    body         jsonb       not null,
    primary key (incident, key)
);

create table outage.entry (
    incident     text        not null references outage.incident on delete cascade,
    key          text        not null,
    at           timestamptz not null,
    written      bigint      not null generated always as identity,
    kind         text        not null,
    says         text        not null,
    by           text        not null,
    primary key (incident, key)
);

create table outage.evidence (
    incident     text        not null references outage.incident on delete cascade,
    round        text        not null,
    id           text        not null,
    observed_at  timestamptz not null,
    body         jsonb       not null,
    primary key (incident, round, id)
);

create table outage.plan (
    incident     text        not null references outage.incident on delete cascade,
    attempt      integer     not null,
    hash         text        not null,
    body         jsonb       not null,
    primary key (incident, attempt)
);

create table outage.approval (
    incident     text        not null references outage.incident on delete cascade,
    plan_hash    text        not null,
    by           text        not null,
    answer       text        not null,
    at           timestamptz not null,
    written      bigint      not null generated always as identity,
    body         jsonb       not null,
    primary key (incident, plan_hash, by)
);

create table outage.intent (
    incident     text        not null references outage.incident on delete cascade,
    plan_hash    text        not null,
    step_key     text        not null,
    at           timestamptz not null,
    written      bigint      not null generated always as identity,
    way_back     jsonb       not null,
    outcome      jsonb,
    settled_at   timestamptz,
    primary key (incident, plan_hash, step_key)
);

create table outage.baseline (
    recorded_at  timestamptz primary key,
    body         jsonb       not null
);

create table outage.archive (
    incident     text        not null references outage.incident on delete cascade,
    name         text        not null,
    at           timestamptz not null,
    body         jsonb       not null,
    primary key (incident, name)
);
