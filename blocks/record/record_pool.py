"""The one pool through which the record is read and written, and the border where psycopg ends.

Above this module nobody sees a psycopg error: everything that goes wrong is a `RecordError`, which is transient,
because a record that is restarted by its supervisor is back within seconds.
"""

import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool, PoolTimeout
from pydantic import BaseModel

from outage.errors import RecordError, cut

Row = dict[str, Any]
Connection = psycopg.Connection[Row]

CONNECT_SECONDS = 5
"""Longer than the supervisor needs to bring a dead PostgreSQL back, shorter than a sender waits for an answer."""

STATEMENT_MILLISECONDS = 20_000
"""A statement of ours that takes longer waits for a lock that nobody will give back."""

MOST_CONNECTIONS = 6
"""Per process. PostgreSQL allows 100 by default; the server, the intake and a handful of flows share them."""

LOST_PEER = {"idle": 5, "interval": 2, "count": 3}
"""A peer whose machine is gone is given up after eleven seconds, on both sides: PostgreSQL would otherwise keep the
locks of a lost node's session for two hours. A unix socket ignores it."""

SESSION = {
    "autocommit": True,
    "row_factory": dict_row,
    "connect_timeout": CONNECT_SECONDS,
    "options": f"-c timezone=UTC -c statement_timeout={STATEMENT_MILLISECONDS}"
    + "".join(f" -c tcp_keepalives_{what}={value}" for what, value in LOST_PEER.items()),
    **{f"keepalives_{what}": value for what, value in LOST_PEER.items()},
}


class RecordPool:
    """Something that speaks to the record; the nouns build on it."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            dsn,
            kwargs=SESSION,
            min_size=1,
            max_size=MOST_CONNECTIONS,
            timeout=CONNECT_SECONDS,
            reconnect_timeout=CONNECT_SECONDS,  # the pool doubles its waits; after this it starts afresh
            open=False,
            name="record",
        )

    def close(self) -> None:
        """Give every connection back."""
        self._pool.close()

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """A connection that answers.

        The check spares every caller the broken connections after a restart, and asks the server only where that said
        something unasked: it hung up. (The pool's own check waits a second after each broken one.)
        """
        connection = self._pool.getconn()
        for _ in range(MOST_CONNECTIONS):
            if _answers(connection):
                break
            self._pool.putconn(connection)
            connection = self._pool.getconn()
        try:
            yield connection
        finally:
            self._pool.putconn(connection)

    @contextmanager
    def transaction(self, what: str) -> Iterator[Connection]:
        """Do several statements or none; `what` names them in the error."""
        with translated_record_errors(what), self._connection() as connection, connection.transaction():
            yield connection

    def rows(self, what: str, sql: str, *values: Any) -> list[Row]:
        """All rows of one statement.

        Args:
            what: What is done, for the sentence of an error.
            sql: One statement with `%s` where values go.
            values: Travel as parameters, never in the statement.

        Returns:
            Dictionaries by column; empty for a statement that gives none.

        Raises:
            RecordError: No connection in time, or PostgreSQL refuses. Transient.
        """
        with translated_record_errors(what), self._connection() as connection:
            cursor = connection.execute(sql, values)
            return cursor.fetchall() if cursor.description else []

    def row(self, what: str, sql: str, *values: Any) -> Row | None:
        """The first row of one statement, or None.

        Args:
            what: What is done, for the sentence of an error.
            sql: One statement with `%s` where values go.
            values: Travel as parameters, never in the statement.

        Raises:
            RecordError: No connection in time, or PostgreSQL refuses. Transient.
        """
        found = self.rows(what, sql, *values)
        return found[0] if found else None


def connect_record(dsn: str) -> Connection:
    """One connection outside the pool, with the same manners."""
    return psycopg.connect(dsn, **SESSION)  # type: ignore[arg-type]


@contextmanager
def translated_record_errors(what: str) -> Iterator[None]:
    """Turn psycopg's errors into ours, with the cause chained.

    Args:
        what: What was done, for the sentence of an error.

    Raises:
        RecordError: No connection in time, or PostgreSQL refuses. Transient.
    """
    try:
        yield
    except PoolTimeout as error:
        raise RecordError(f"{what}: no connection to the record within {CONNECT_SECONDS} s") from error
    except psycopg.Error as error:
        raise RecordError(f"{what}: {cut(str(error)) or type(error).__name__}") from error


def _answers(connection: Connection) -> bool:
    try:
        unasked = select.poll()
        unasked.register(connection.fileno(), select.POLLIN)
        if not unasked.poll(0):
            return True
        ConnectionPool.check_connection(connection)
    except psycopg.Error:
        return False
    return True


def advisory_lock(connection: Connection, *words: str) -> None:
    """Let only one transaction at a time go on with the same words; released when it ends."""
    connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", ("\x1f".join(words),))


def as_json(value: BaseModel | dict[str, Any]) -> Jsonb:
    """A value as JSONB."""
    return Jsonb(value.model_dump(mode="json") if isinstance(value, BaseModel) else value, dumps=_dumps)


def _dumps(value: Any) -> bytes:
    written = orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)
    # PostgreSQL cannot keep the NUL character, and a container's log may hold any.
    return orjson.dumps(_without_nul(orjson.loads(written))) if b"\\u0000" in written else written


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "�")
    if isinstance(value, list):
        return [_without_nul(one) for one in value]
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(one) for key, one in value.items()}
    return value
