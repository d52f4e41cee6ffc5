-- A record of months answers as fast as one of an hour: what is asked once a second is found by an index.

alter table outage.incident add column seen_out_at timestamptz;
create index incident_watched on outage.incident (opened_at) where closed_at is null or seen_out_at is null;
create index on outage.incident (platform, closed_at desc);
create index on outage.intent (at);
create index on outage.drill (fault, announced_at desc);
create index on outage.evidence (incident, observed_at);

-- The history shows a thousand causes at once: they are not looked for in a thousand diagnoses.
alter table outage.phase add column cause text generated always as (body #>> '{hypotheses,0,cause}') stored;
alter table outage.plan add column cause text
    generated always as (split_part(body ->> 'hypothesis', ':', 1)) stored;
create index on outage.phase (cause, incident) where key = 'investigate-1';
create index on outage.plan (cause, incident);
create index on outage.phase (at) where key = 'triage' or starts_with(key, 'investigate-');

-- What ended before this column is seen out: its people were told by the program of that day.
update outage.incident set seen_out_at = closed_at where closed_at < now() - interval '3 days';
