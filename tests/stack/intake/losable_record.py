"""The real record on a real PostgreSQL, whose connections are cut after so many statements."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from blocks.record import Record
from blocks.record.record_pool import Connection, connect_record


class LosableRecord(Record):
    """As the record; set `lost_after` to have every connection of the pool cut in the middle of the next doing."""

    lost_after: int | None = None
    was_lost = False
    _counting = threading.Lock()

    def end_lock_sessions(self) -> None:
        """What a network that forgets a silent connection does to whoever holds a lock; until the locks are free."""
        locks = "from pg_locks where locktype = 'advisory' and pid <> pg_backend_pid()"
        here = "and database = (select oid from pg_database where datname = current_database())"
        with connect_record(self.dsn) as other:
            other.execute(f"select pg_terminate_backend(pid, 5000) {locks} {here}")

    def heal(self) -> None:
        """From here on nothing is cut."""
        self.lost_after, self.was_lost = None, False

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        with super()._connection() as connection:
            real = connection.execute

            def execute(*words: Any, **more: Any) -> Any:
                if self._is_over():
                    self._cut()
                return real(*words, **more)

            connection.execute = execute  # type: ignore[method-assign]
            try:
                yield connection
            finally:
                connection.execute = real  # type: ignore[method-assign]

    def _is_over(self) -> bool:
        with self._counting:
            if self.lost_after is None:
                return False
            self.lost_after -= 1
            return self.lost_after < 0

    def _cut(self) -> None:
        """What a restart of the server does to everybody who is connected."""
        self.lost_after, self.was_lost = None, True
        with connect_record(self.dsn) as other:
            other.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
