"""The record: everything about an incident that must outlive a process, in PostgreSQL.

One module per noun. Every write is idempotent by key, so that a response which is run again from its first line
writes nothing twice; where two could answer, the first stands and is returned. Errors leave as `RecordError`.
"""

from types import TracebackType
from typing import Self

from blocks.record.alerts import Alerts
from blocks.record.baselines import Baselines
from blocks.record.connection import translated
from blocks.record.drills import Drills
from blocks.record.entries import Entries
from blocks.record.incidents import Incidents
from blocks.record.intents import Intents
from blocks.record.migrating import migrate
from blocks.record.phases import Phases
from blocks.record.plans import Plans
from blocks.record.writers import Writers
from outage.errors import RecordError


class Record(Alerts, Incidents, Phases, Entries, Plans, Intents, Baselines, Drills, Writers):
    """The whole record behind one pool of connections."""

    @classmethod
    def open(cls, dsn: str) -> Self:
        """Connect, after bringing the record to this version's shape.

        Raises:
            RecordError: It cannot be reached, or is of a newer version. Transient.
        """
        migrate(dsn)
        record = cls(dsn)
        with translated("open the record"):
            record._pool.open()
        return record

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def healthy(self) -> str | None:
        """None when the record answers, else why not, as a sentence."""
        try:
            self.row("ask the record whether it lives", "select 1 as one")
        except RecordError as error:
            return str(error)
        return None


__all__ = ["Record"]
