-- Drills on any platform: whose it is, on whose word it was begun, and who is told.
-- What is broken and how it is taken back stands in `result`, under `fault` and `pictures`, before anything is broken.
alter table outage.drill add column platform text not null default '';
alter table outage.drill add column approved_by text not null default '';
alter table outage.drill add column told jsonb not null default '[]';
create index on outage.drill (announced_at desc) where ended_at is null;
