"""One writer per target: an advisory lock that dies with the process that holds it."""

from collections.abc import Iterator
from contextlib import contextmanager

from blocks.record.record_pool import RecordPool, connect_record, translated_record_errors


class WriterLocks(RecordPool):
    """Who may write now."""

    @contextmanager
    def only_writer(self, target: str) -> Iterator[bool]:
        """Hold the right to write to a target; yields False when somebody else holds it.

        The lock belongs to a connection of its own, outside the pool: it is given back when the block ends and
        when the process dies, by kill -9 too.
        """
        with translated_record_errors(f"ask to be the only writer of {target}"):
            connection = connect_record(self.dsn)
        try:
            with translated_record_errors(f"ask to be the only writer of {target}"):
                row = connection.execute(
                    "select pg_try_advisory_lock(hashtextextended(%s, 1)) as got", (target,)
                ).fetchone()
            yield bool(row and row["got"])
        finally:
            connection.close()
