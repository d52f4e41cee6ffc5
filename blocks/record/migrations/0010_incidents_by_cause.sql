-- Several incidents of one place at a time: where one belongs, why each alert is in it, and what became of a delivery.
alter table outage.incident add column scope text not null default '';
alter table outage.incident add column platform text not null default '';
alter table outage.incident add column namespace text not null default '';
alter table outage.incident add column rule text not null default '';
update outage.incident set scope = key;
create index on outage.incident (scope, opened_at desc);

alter table outage.member add column subject text not null default '';
alter table outage.member add column starts_at timestamptz;
alter table outage.member add column reason text not null default '';

create table outage.trace (
    id           text primary key,
    incident     text,
    at           timestamptz not null,
    body         jsonb       not null
);
create index on outage.trace (incident);

-- Whose known-good picture it is; empty for one from before there were several platforms.
alter table outage.baseline add column platform text not null default '';

-- The services that a drill breaks, separated by commas; empty when that cannot be said.
alter table outage.drill add column about text not null default '';
