-- The two roles that look at the platform's PostgreSQL and, when policy allows it, end a session of it.
-- Run by a superuser:  psql -v reader_password=… -v writer_password=… -v database=NAME -f deploy/database.sql
-- Keep names and passwords in the Secret that the platform file names as database.credentials_secret, under the keys
-- reader-username, reader-password, writer-username, writer-password.

CREATE ROLE outage_reader LOGIN PASSWORD :'reader_password' CONNECTION LIMIT 4;
CREATE ROLE outage_writer LOGIN PASSWORD :'writer_password' CONNECTION LIMIT 4;
GRANT CONNECT ON DATABASE :"database" TO outage_reader, outage_writer;

-- Sees what everybody's sessions do and wait for; reads no table.
GRANT pg_read_all_stats TO outage_reader, outage_writer;

-- May cancel and end sessions of roles that are no superusers.
GRANT pg_signal_backend TO outage_writer;

-- Gets in when everybody else is refused. From PostgreSQL 16 on, with reserved_connections = 4 in the configuration;
-- older servers have no such role.
SELECT current_setting('server_version_num')::int >= 160000 AS reserves \gset
\if :reserves
GRANT pg_use_reserved_connections TO outage_reader, outage_writer;
\endif

-- No default_transaction_read_only for outage_reader: it would hide that the database itself refuses writes.
-- Every transaction of ours is READ ONLY anyway. `outage doctor` proves all of this.
