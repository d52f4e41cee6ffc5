-- Each line's hash covers the line and the hash before it; lines from before this migration have none.
alter table outage.entry add column hash text not null default '';
