-- One salt for all machines that write into this record: a baseline of one is compared with the look of another.
create table outage.salt (
    id     integer primary key default 1 check (id = 1),
    value  text    not null
);
