-- Which incident answers a cause; another one that comes to it makes no plan, waits for that outcome and ends with it.
create table outage.cause_claim (
    scope        text        not null,
    cause        text        not null,
    incident     text        not null references outage.incident on delete cascade,
    at           timestamptz not null,
    primary key (scope, cause)
);
create index on outage.cause_claim (incident);

create table outage.fold (
    incident     text primary key references outage.incident on delete cascade,
    into_id      text        not null references outage.incident on delete cascade,
    cause        text        not null,
    at           timestamptz not null,
    until        timestamptz not null,
    what         text        not null
);
create index on outage.fold (into_id);
