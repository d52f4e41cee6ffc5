-- A worker of a work pool connects with a role of its own and sees and writes the rows of its pool's platforms, no others.
-- Whoever owns these tables, or is a superuser, passes by all of it: that is the server's side. Rights are granted to each
-- role when it is made (blocks/installation/worker_role.py); what has no policy here no worker may touch.
create table outage.worker_role (
    role     text not null,
    pool     text not null,
    platform text not null check (platform <> ''),
    primary key (role, platform)
);

-- By session_user: `set role` does not change it, and a function of the owner's neither.
create function outage.own_platforms() returns text[] stable security definer language sql
    set search_path = pg_catalog
    as $$ select coalesce(array_agg(platform), '{}') from outage.worker_role where role = session_user $$;
create function outage.own_pool() returns text stable security definer language sql
    set search_path = pg_catalog
    as $$ select coalesce((select pool from outage.worker_role where role = session_user limit 1), '') $$;

-- Names of targets and of causes are unique within a cluster, and no pool may stand in another one's way with them.
alter table outage.fence add column pool text not null default outage.own_pool();
alter table outage.fence drop constraint fence_pkey, add primary key (pool, target);
alter table outage.cause_claim add column pool text not null default outage.own_pool();
alter table outage.cause_claim drop constraint cause_claim_pkey, add primary key (pool, scope, cause);

-- As whom the holder of a lease connects: `outage doctor` says when that is somebody who may read everything.
alter table outage.process_lease add column role text not null default session_user;

-- Which pools nobody carries, since when: their people are told once, and told when somebody does again.
create table outage.silent_pool (
    pool     text        primary key,
    since    timestamptz not null
);

alter table outage.silent_pool enable row level security;
alter table outage.worker_role enable row level security;
alter table outage.incident enable row level security;
create policy own on outage.incident using (platform = any ((select outage.own_platforms())::text[]));

do $$
declare
    named text;
begin
    foreach named in array array['member', 'phase', 'entry', 'evidence', 'plan', 'intent', 'archive', 'person_act', 'call',
        'timer', 'chosen_action', 'standing_mitigation', 'fold', 'action_item', 'trace']
    loop
        execute format('alter table outage.%I enable row level security', named);
        -- Which incidents are its own the table of incidents says, by its own policy.
        execute format('create policy own on outage.%I using (incident in (select id from outage.incident))', named);
    end loop;
    foreach named in array array['drill', 'drill_score', 'planned_drill', 'baseline']
    loop
        execute format('alter table outage.%I enable row level security', named);
        execute format('create policy own on outage.%I using (platform = any ((select outage.own_platforms())::text[]))', named);
    end loop;
    foreach named in array array['used_code', 'wrong_code', 'watchdog', 'chat_button', 'chat_request', 'tabletop', 'tabletop_act']
    loop
        execute format('alter table outage.%I enable row level security', named);
    end loop;
end
$$;

alter table outage.alert enable row level security;
create policy own on outage.alert using (
    exists (select from outage.member m where (m.fingerprint, m.firing) = (alert.fingerprint, alert.firing)));

-- A person's yes is written where it is signed, by the server's side. From a worker comes the policy's own, or a no; nor
-- can it put an old yes back in the place of the no that called it back.
alter table outage.approval enable row level security;
create policy seen on outage.approval for select using (incident in (select id from outage.incident));
create policy given on outage.approval for insert
    with check (incident in (select id from outage.incident) and (answer = 'decline' or by = 'policy'));
create policy declined on outage.approval for update
    using (incident in (select id from outage.incident)) with check (answer = 'decline' or by = 'policy');

-- A channel of a platform's own policy is called PLATFORM/NAME.
alter table outage.outbox enable row level security;
create policy own on outage.outbox using (
    incident in (select id from outage.incident)
    and (position('/' in channel) = 0
         or split_part(channel, '/', 1) = any ((select outage.own_platforms())::text[])));

alter table outage.fence enable row level security;
create policy own on outage.fence using (pool = (select outage.own_pool()));
alter table outage.cause_claim enable row level security;
create policy own on outage.cause_claim
    using (pool = (select outage.own_pool()) and incident in (select id from outage.incident));
alter table outage.process_lease enable row level security;
create policy own on outage.process_lease using (name = 'runner/' || (select outage.own_pool()))
    with check (name = 'runner/' || (select outage.own_pool()) and role = session_user);
