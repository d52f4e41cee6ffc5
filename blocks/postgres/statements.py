"""What the database is asked about itself: statements that read statistics, and never a row of anybody's.

Apart from the door, so that they can be shown without loading its client.
"""

SESSIONS = 500  # more of the same teach nothing

# Our own role may be read-only by default: that says nothing about the others, and hides what holds for them, so
# read_only is then null (not known) unless another setting tells.
NUMBERS = """
select version() as version, pg_is_in_recovery() as in_recovery,
       (select case when source not in ('user', 'database user') then setting = 'on' end
        from pg_settings where name = 'default_transaction_read_only')
         or exists (select from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole
                    where 'default_transaction_read_only=on' = any (s.setconfig)
                      and r.rolname is distinct from current_user
                      and s.setdatabase in (0, (select oid from pg_database where datname = current_database())))
         as read_only,
       current_setting('max_connections')::int as max_connections,
       current_setting('superuser_reserved_connections')::int
         + coalesce(current_setting('reserved_connections', true), '0')::int as reserved_connections,
       (select count(*) from pg_stat_activity where backend_type = 'client backend') as connections,
       (select max(age(datfrozenxid)) from pg_database) as oldest_transaction_age
"""
STATISTICS = """
select datname, numbackends, xact_commit, xact_rollback, blks_read, blks_hit, deadlocks, temp_files
from pg_stat_database where datname = current_database()
"""
ACTIVITY = f"""
select a.pid, coalesce(a.usename, '') as user, coalesce(a.application_name, '') as application,
       coalesce(host(a.client_addr), '') as client, coalesce(a.state, '') as state, coalesce(a.query, '') as query,
       extract(epoch from clock_timestamp() - a.query_start)::float as query_seconds,
       extract(epoch from clock_timestamp() - a.xact_start)::float as transaction_seconds,
       coalesce(a.wait_event_type || '/' || a.wait_event, '') as wait,
       pg_blocking_pids(a.pid) as blocked_by, a.backend_type as backend,
       coalesce(r.rolsuper, false) as superuser, a.backend_type = 'walsender' as replication
from pg_stat_activity a left join pg_roles r on r.oid = a.usesysid
where a.pid <> pg_backend_pid() and a.backend_type in ('client backend', 'walsender', 'autovacuum worker')
order by cardinality(pg_blocking_pids(a.pid)) > 0 desc, a.xact_start nulls last limit {SESSIONS}
"""
REPLICAS = """
select application_name, state, sync_state, pg_wal_lsn_diff(sent_lsn, replay_lsn)::bigint as lag_bytes
from pg_stat_replication
"""
SLOTS = """
select slot_name as name, active,
       coalesce(pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_replay_lsn()
                                     else pg_current_wal_lsn() end, restart_lsn), 0)::bigint as retained_bytes
from pg_replication_slots
"""
RIGHTS = """
select current_user as role, pg_has_role(current_user, 'pg_read_all_stats', 'member') as sees_others,
       exists(select from pg_settings where name = 'default_transaction_read_only'
              and source in ('user', 'database user')) as read_only_itself,
       (select pg_has_role(current_user, oid, 'member')
               and coalesce(current_setting('reserved_connections', true), '0')::int > 0
        from pg_roles where rolname = 'pg_use_reserved_connections') as reserved
"""
