-- Buttons in chats: each has a random word, and is used once. The word opens nothing without the chat's own proof of
-- who pressed it. No reference to an incident: as with the outbox, a channel is tested without one.
create table outage.chat_button (
    token        text        primary key,
    incident     text        not null,
    message      text        not null,
    channel      text        not null,
    kind         text        not null,
    plan         text        not null default '',
    made_at      timestamptz not null,
    used_at      timestamptz,
    used_by      text        not null default '',
    unique (message, kind)
);

-- Signed requests of the last minutes, so that none is taken twice.
create table outage.chat_request (
    signature    text        primary key,
    at           timestamptz not null
);
