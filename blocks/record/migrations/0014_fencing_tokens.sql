-- Of each target that only one may write to, the number of its newest holder. Whoever holds an older one writes nothing.
create table outage.fence (
    target       text        primary key,
    token        bigint      not null,
    taken_at     timestamptz not null default now()
);

-- Under which token a step was begun. Empty and 0 in a record from before there were any.
alter table outage.intent add column target text not null default '';
alter table outage.intent add column token bigint not null default 0;
