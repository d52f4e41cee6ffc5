-- Who reported an incident by hand: policy may want somebody else's yes.
alter table outage.incident add column requester text not null default '';
