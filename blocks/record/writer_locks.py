"""What only one may do at a time.

Write to a target: by a lock that dies with the process, and a token that outlives it. Answer a cause: by a row.
"""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import psycopg

from blocks.record.record_pool import (
    Connection,
    RecordPool,
    advisory_lock,
    connect_record,
    translated_record_errors,
)
from outage.errors import FenceLost
from outage.incidents.folding import CauseClaim, CauseFound, Fold, FoldDecision, decide_folding
from outage.plans.fence import Fence


class WriterLocks(RecordPool):
    """Who may write now."""

    @contextmanager
    def only_writer(self, target: str) -> Iterator[Fence | None]:
        """Hold the right to write to a target; yields None when somebody else holds it.

        The lock belongs to a connection of its own, outside the pool: it is given back when the block ends and
        when the process dies, by kill -9 too. It goes as well when that connection is lost, which a frozen process does
        not notice: so each holder gets a token that is newer than all before, and the next one makes it worthless.
        """
        with translated_record_errors(f"ask to be the only writer of {target}"):
            connection = connect_record(self.dsn)
        try:
            with translated_record_errors(f"ask to be the only writer of {target}"):
                row = connection.execute(
                    "select pg_try_advisory_lock(hashtextextended(%s, 1)) as got", (target,)
                ).fetchone()
                fence = self._newest_fence(connection, target) if row and row["got"] else None
            yield fence
        finally:
            # Without this it lasts until the server sees the connection end.
            with contextlib.suppress(psycopg.Error):
                connection.execute("select pg_advisory_unlock_all()")
            connection.close()

    def _newest_fence(self, connection: Connection, target: str) -> Fence:
        """By the connection that holds the lock: one that lost it cannot count up any more."""
        row = connection.execute(
            "insert into outage.fence as f (target, token) values (%s, 1) on conflict (pool, target)"
            " do update set token = f.token + 1, taken_at = now() returning token",
            (target,),
        ).fetchone()
        return Fence(target=target, token=row["token"] if row else 0, ask=self.confirm_fence)

    def confirm_fence(self, fence: Fence) -> None:
        """Go on only as the newest holder of a target; asked right before a write leaves.

        Raises:
            FenceLost: Somebody took it since. Permanent.
            RecordError: Nobody can tell. Transient.
        """
        with self.transaction(f"ask who holds {fence.target}") as connection:
            refuse_old_fence(connection, fence)


def refuse_old_fence(connection: Connection, fence: Fence) -> None:
    """Within a transaction: let nobody take the target before it ends, and go on only as its newest holder.

    Args:
        connection: In the transaction that writes.
        fence: What the writer holds.

    Raises:
        FenceLost: Somebody took the target since. Permanent.
    """
    for one in fence.needed:
        row = connection.execute(
            "select token, taken_at from outage.fence where target = %s and pool = outage.own_pool() for share",
            (one.target,),
        ).fetchone()
        if row is None or row["token"] != one.token:
            since = f" since {row['taken_at']:%H:%M:%S} UTC" if row else ""
            raise FenceLost(
                f"write {fence.target}: another responder holds {one.target}{since}, so this one writes nothing"
            )


class CauseClaims(RecordPool):
    """Which incident answers which cause, and which wait for another one's outcome."""

    def claim_cause(self, scope: str, found: CauseFound, at: datetime, within: timedelta) -> FoldDecision:
        """Take a cause to be answered here, or fold into the incident that answers it; asked again, it says the same.

        Who folds gives up its own claims, so that two never wait for each other.

        Args:
            scope: The cluster: within it a cause's key is unique.
            found: What the incident's investigation came to.
            at: Now, aware UTC.
            within: How long another one's outcome is waited for.
        """
        with self.transaction(f"claim {found.causes[0]} for {found.incident}") as connection:
            advisory_lock(connection, "causes", scope)
            decision = decide_folding(found, _claims(connection, scope, found.causes))
            if decision.into:
                fold = Fold(
                    incident=found.incident,
                    into=decision.into,
                    cause=found.causes[0],
                    at=at,
                    until=at + within,
                    what=found.what,
                )
                _fold(connection, fold)
            for cause in decision.mine:
                connection.execute(
                    "insert into outage.cause_claim (scope, cause, incident, at) values (%s, %s, %s, %s)"
                    " on conflict (pool, scope, cause) do update set incident = excluded.incident, at = excluded.at",
                    (scope, cause, found.incident, at),
                )
            return decision

    def fold_of(self, incident_id: str) -> Fold | None:
        """Whose outcome an incident waits for, or took over; None when it answers by itself."""
        row = self.row(
            f"read what {incident_id} waits for",
            "select incident, into_id as into, cause, at, until, what from outage.fold where incident = %s",
            incident_id,
        )
        return Fold.model_validate(row) if row else None

    def open_folds(self, into: str = "") -> list[Fold]:
        """The open incidents that wait for another one's outcome: for this one's, or for any."""
        found = self.rows(
            "read who waits for another incident's outcome",
            "select f.incident, f.into_id as into, f.cause, f.at, f.until, f.what from outage.fold f"
            " join outage.incident i on i.id = f.incident"
            " where i.closed_at is null and (%s = '' or f.into_id = %s) order by f.at, f.incident",
            into,
            into,
        )
        return [Fold.model_validate(row) for row in found]


def _claims(connection: Connection, scope: str, causes: tuple[str, ...]) -> dict[str, CauseClaim]:
    found = connection.execute(
        "select c.cause, c.incident, i.closed_at, i.ending from outage.cause_claim c"
        " join outage.incident i on i.id = c.incident where c.scope = %s and c.cause = any(%s)",
        (scope, list(causes)),
    ).fetchall()
    return {row["cause"]: CauseClaim.model_validate(row) for row in found}


def _fold(connection: Connection, fold: Fold) -> None:
    connection.execute(
        "insert into outage.fold (incident, into_id, cause, at, until, what) values (%s, %s, %s, %s, %s, %s)"
        " on conflict do nothing",
        (fold.incident, fold.into, fold.cause, fold.at, fold.until, fold.what),
    )
    connection.execute("delete from outage.cause_claim where incident = %s", (fold.incident,))
