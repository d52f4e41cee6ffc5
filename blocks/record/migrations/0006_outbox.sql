-- Every message to people before it is sent. No reference to an incident: a channel is tested without one.
create table outage.outbox (
    incident     text        not null,
    what         text        not null,
    channel      text        not null,
    turn         text        not null,
    written      bigint      not null generated always as identity,
    body         jsonb       not null,
    state        text        not null,
    tries        integer     not null default 0,
    asked_at     timestamptz not null,
    not_before   timestamptz not null,
    sent_at      timestamptz,
    settled_at   timestamptz,
    receipt      jsonb       not null default '{}',
    why          text        not null default '',
    primary key (incident, what, channel, turn)
);
create index outbox_waiting on outage.outbox (channel, written) where state in ('asked', 'sent');
create index on outage.outbox (channel, settled_at desc);
