"""Who does what only one process may do at a time, on however many machines: a row that its holder renews.

No session is held for it: a row outlives a cut connection, needs no keep-alive through a pooler, and says who holds it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from blocks.record.record_pool import Connection, RecordPool, Row, connect_record
from outage.errors import RecordError
from outage.value import Value

_IS_ME = "(held.machine, held.pid, held.born) = (excluded.machine, excluded.pid, excluded.born)"
_TAKE = f"""
insert into outage.process_lease as held (name, machine, pid, born, since, until, term, role)
values (%(name)s, %(machine)s, %(pid)s, %(born)s, clock_timestamp(),
        clock_timestamp() + make_interval(secs => %(seconds)s), 1, session_user)
on conflict (name) do update set
    machine = excluded.machine, pid = excluded.pid, born = excluded.born, until = excluded.until,
    role = excluded.role,
    since = case when {_IS_ME} then held.since else excluded.since end,
    term = held.term + case when {_IS_ME} then 0 else 1 end
where held.until <= clock_timestamp() or {_IS_ME}
   or (held.machine, held.pid, held.born)
      = (%(gone_machine)s::text, %(gone_pid)s::integer, %(gone_born)s::bigint)
"""
LEASE_COLUMNS = "name, machine, pid, born, since, until, term, role, until > clock_timestamp() as good"


def runner_lease(pool: str = "") -> str:
    """The lease of whoever carries the runs of a work pool; without one, of our own runner."""
    return f"runner/{pool}" if pool else "runner"


class LeaseOwner(Value):
    """A process, so that no other is taken for it."""

    machine: str
    """Host, boot and process namespace: only within one of these a pid means something."""
    pid: int
    born: int
    """Clock ticks since boot."""

    @property
    def says(self) -> str:
        """`process 12 on HOST`."""
        return f"process {self.pid} on {self.machine.partition('/')[0]}"


class ProcessLease(Value):
    """One lease as the record has it."""

    name: str
    owner: LeaseOwner
    since: datetime
    until: datetime
    term: int
    """Grows with each holder."""
    role: str = ""
    """As whom the holder is connected to the record."""
    good: bool
    """Whether it had not run out, by the record's clock, when it was read."""


class ProcessLeases(RecordPool):
    """Who holds which lease."""

    def take_lease(
        self, name: str, me: LeaseOwner, seconds: float, dead: LeaseOwner | None = None
    ) -> ProcessLease:
        """Take a lease that is free, or renew one's own.

        Args:
            name: What only one may do.
            me: Who asks.
            seconds: How long it is held from now.
            dead: A holder that is known to be dead: the lease is not waited for.

        Returns:
            The lease as it stands now: mine when its owner is me.
        """
        gone = dead or me
        values = {
            "name": name,
            "seconds": seconds,
            **me.model_dump(),
            **{f"gone_{part}": value for part, value in gone.model_dump().items()},
        }
        with self.transaction(f"take the lease of {name}") as connection:
            connection.execute(_TAKE, values)
        if (lease := self.lease(name)) is None:
            raise RecordError(f"take the lease of {name}: it is gone the moment it was written")
        return lease

    def give_lease_back(self, name: str, me: LeaseOwner) -> None:
        """Let the next one begin at once; somebody else's lease stays as it is."""
        self.rows(
            f"give the lease of {name} back",
            "update outage.process_lease set until = clock_timestamp()"
            " where name = %s and machine = %s and pid = %s and born = %s",
            name,
            me.machine,
            me.pid,
            me.born,
        )

    def lease(self, name: str) -> ProcessLease | None:
        """One lease, running or run out; None when nobody ever held it."""
        row = self.row(
            f"read the lease of {name}",
            f"select {LEASE_COLUMNS} from outage.process_lease where name = %s",
            name,
        )
        return _lease(row) if row else None

    def record_time(self) -> datetime:
        """What the record's clock shows, aware UTC."""
        row = self.row("ask the record for the time", "select clock_timestamp() as now")
        now: datetime = (row or {})["now"]
        return now

    def leases(self) -> list[ProcessLease]:
        """All leases, by name."""
        found = self.rows(
            "read the leases", f"select {LEASE_COLUMNS} from outage.process_lease order by name"
        )
        return [_lease(row) for row in found]


class PoollessLeases(ProcessLeases):
    """The same for a process that forks: a pool's threads would not come along, so each question connects anew."""

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        connection = connect_record(self.dsn)
        try:
            yield connection
        finally:
            connection.close()


def _lease(row: Row) -> ProcessLease:
    owner = LeaseOwner(machine=row["machine"], pid=row["pid"], born=row["born"])
    return ProcessLease(
        owner=owner, **{name: row[name] for name in ("name", "since", "until", "term", "role", "good")}
    )
