"""A database role for the worker of a work pool: it reads and writes its platforms' rows of the record, and no others.

The policies stand in the record (migration 0018); here is who gets which rights. They are granted by column: a worker
adds what its responses find, plan and do, and changes no plan, no line of the timeline and no person's answer.
"""

import re
import secrets
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from psycopg import sql

from blocks.record.record_pool import Connection, RecordPool, connect_record, translated_record_errors
from blocks.record.schema_migration import migrate
from outage.errors import RecordError
from outage.value import Value

READ = (
    *("migration", "salt", "incident", "alert", "member", "trace", "phase", "entry", "evidence"),
    *("plan", "approval", "intent", "archive", "person_act", "call", "timer", "chosen_action", "fold"),
    *("standing_mitigation", "cause_claim", "action_item", "outbox", "drill", "drill_score", "planned_drill"),
    *("baseline", "fence", "process_lease"),
)
ADDED = (
    *("phase", "entry", "evidence", "plan", "approval", "intent", "archive", "person_act", "call", "timer"),
    *("chosen_action", "standing_mitigation", "cause_claim", "fold", "action_item", "outbox", "fence"),
    "process_lease",
)
CHANGED = {
    "incident": ("phase", "severity", "ending", "says", "closed_at", "seen_out_at"),
    "phase": ("key",),  # onto itself, so that what stands is returned
    "plan": ("attempt",),
    "intent": ("step_key", "outcome", "settled_at"),
    "approval": ("answer", "at", "body"),
    "archive": ("at", "body"),
    "standing_mitigation": ("attempt", "ended_at"),
    "timer": ("fired_at",),
    "cause_claim": ("incident", "at"),
    "outbox": ("state", "not_before"),
    "fence": ("token", "taken_at"),
    "process_lease": ("machine", "pid", "born", "since", "until", "term", "role"),
}
"""Table → the columns that a worker's statements set."""
DROPPED = ("cause_claim",)

PASSES_BY = """
select r.rolname as role, r.rolsuper as superuser,
       r.rolbypassrls or pg_has_role(r.oid, c.relowner, 'member') as bypasses
from pg_roles r, pg_class c where r.rolname = coalesce(%s, session_user) and c.oid = 'outage.incident'::regclass
"""


class RecordAccess(Value):
    """What a role of the database may see of the record."""

    role: str
    superuser: bool = False
    bypasses: bool = False
    """Whether row security does not hold for it: it owns the tables, or is excepted."""

    @property
    def sees_all(self) -> bool:
        """Whether it reads and writes every platform's rows."""
        return self.superuser or self.bypasses

    @property
    def says(self) -> str:
        """What it is, for a sentence."""
        if self.superuser:
            return f"{self.role}, a superuser"
        return f"{self.role}, for whom row security does not hold" if self.bypasses else self.role


def role_name(pool: str) -> str:
    """What the role of a pool's worker is called.

    Raises:
        RecordError: The pool's name makes none. Permanent.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,40}", pool):
        raise RecordError(
            f"make a role for pool {pool!r}: its name has other characters than a-z, 0-9, - and _"
        )
    return f"outage_worker_{pool}"


def make_worker_role(dsn: str, pool: str, platforms: Sequence[str]) -> str:
    """Make, or make anew, the role with which the worker of a pool connects; an earlier password ends with it.

    Changes: one role of the database, its rights, and the record's list of whose platforms it sees.

    Args:
        dsn: The record, as a role that owns it and may create roles.
        pool: The work pool.
        platforms: The platforms that name it; a platform that it had before and that is not among them is gone.

    Returns:
        The DSN of the worker: `dsn` with the role and a new password. It is a secret.

    Raises:
        RecordError: The record cannot be reached, or refuses; who may not create roles is told so. Transient.
    """
    role, password = role_name(pool), secrets.token_urlsafe(24)
    migrate(dsn)
    with (
        translated_record_errors(f"make the role {role}"),
        connect_record(dsn) as connection,
        connection.transaction(),
    ):
        _make(connection, role, password)
        _grant(connection, role)
        connection.execute("delete from outage.worker_role where role = %s", (role,))
        for platform in sorted(platforms):
            connection.execute("insert into outage.worker_role values (%s, %s, %s)", (role, pool, platform))
    return _as_role(dsn, role, password)


def _make(connection: Connection, role: str, password: str) -> None:
    there = connection.execute("select from pg_roles where rolname = %s", (role,)).fetchone()
    connection.execute(
        sql.SQL("{} role {} login nosuperuser nocreatedb nocreaterole password {}").format(
            sql.SQL("create" if there is None else "alter"), sql.Identifier(role), sql.Literal(password)
        )
    )


def _grant(connection: Connection, role: str) -> None:
    """Exactly these rights: what an earlier version granted goes."""
    who = sql.Identifier(role)
    connection.execute(sql.SQL("revoke all on all tables in schema outage from {}").format(who))
    connection.execute(sql.SQL("grant usage on schema outage to {}").format(who))
    for right, tables in (("select", READ), ("insert", ADDED), ("delete", DROPPED)):
        for table in tables:
            connection.execute(
                sql.SQL("grant {} on {} to {}").format(sql.SQL(right), sql.Identifier("outage", table), who)
            )
    for table, columns in CHANGED.items():
        listed = sql.SQL(", ").join(map(sql.Identifier, columns))
        connection.execute(
            sql.SQL("grant update ({}) on {} to {}").format(listed, sql.Identifier("outage", table), who)
        )


def record_access(record: RecordPool, role: str | None = None) -> RecordAccess | None:
    """What a role may see of the record; None for one that is gone.

    Args:
        record: Is asked.
        role: None asks about the one that we are connected as.

    Raises:
        RecordError: It cannot be asked. Transient.
    """
    found = record.row("ask who sees the record", PASSES_BY, role)
    return RecordAccess.model_validate(found) if found else None


def _as_role(dsn: str, role: str, password: str) -> str:
    parts = urlsplit(dsn)
    place = parts.netloc.rpartition("@")[2]
    query = [(name, value) for name, value in parse_qsl(parts.query) if name not in ("user", "password")]
    netloc = f"{role}:{password}@{place}"
    return urlunsplit(parts._replace(netloc=netloc, query=urlencode(query, safe="/")))
