-- Which process does what only one may do, wherever it runs: it renews its row, and a row that nobody renewed is free.
-- Time is the database's, so that clocks which differ between machines decide nothing.
create table outage.process_lease (
    name text primary key,
    machine text not null, -- host, boot and process namespace: only within one of these a pid means something
    pid integer not null,
    born bigint not null, -- clock ticks since boot: a pid is given to somebody else later
    since timestamptz not null,
    until timestamptz not null,
    term bigint not null -- grows with each holder
);
