-- What is left to do after an incident, by whom and until when.
create table outage.action_item (
    incident     text        not null references outage.incident on delete cascade,
    key          text        not null,
    says         text        not null,
    because      text        not null default '',
    owner        text        not null default '',
    due_at       timestamptz not null,
    done_at      timestamptz,
    done_by      text        not null default '',
    primary key (incident, key)
);
create index action_item_open on outage.action_item (due_at) where done_at is null;

-- Of each cluster whose monitoring shows that it lives: when that was heard last, and since when it is not.
-- No reference to an incident: it is none.
create table outage.watchdog (
    cluster      text        primary key,
    heard_at     timestamptz,
    expected_at  timestamptz not null,
    lost_at      timestamptz
);
