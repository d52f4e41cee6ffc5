"""The record: everything about an incident that must outlive a process, in PostgreSQL.

One module per noun. Every write is idempotent by key, so that a response which is run again from its first line
writes nothing twice; where two could answer, the first stands and is returned. Errors leave as `RecordError`.
"""

from types import TracebackType
from typing import Self

from blocks.record.history.drill_scores import DrillScores
from blocks.record.history.incident_history import IncidentHistory
from blocks.record.history.kept_baselines import KeptBaselines
from blocks.record.history.planned_drills import PlannedDrills
from blocks.record.history.record_counts import RecordCounts
from blocks.record.history.score_rows import ScoreRows
from blocks.record.history.standing_incidents import StandingIncidents
from blocks.record.history.tabletop_rows import TabletopRows
from blocks.record.incident_rows import IncidentRows
from blocks.record.people.action_rows import ActionRows
from blocks.record.people.cause_history import CauseHistory
from blocks.record.people.chat_rows import ChatRows
from blocks.record.people.escalation_rows import EscalationRows
from blocks.record.people.lead_rows import LeadRows
from blocks.record.people.outbox_rows import OutboxRows
from blocks.record.people.person_codes import PersonCodes
from blocks.record.people.watchdog_rows import WatchdogRows
from blocks.record.phase_results import PhaseResults
from blocks.record.plan_rows import PlanRows
from blocks.record.process_leases import ProcessLeases
from blocks.record.received_alerts import ReceivedAlerts
from blocks.record.record_pool import translated_record_errors
from blocks.record.schema_migration import migrate
from blocks.record.step_intents import StepIntents
from blocks.record.timeline_entries import TimelineEntries
from blocks.record.writer_locks import CauseClaims, WriterLocks
from outage.errors import RecordError


class Record(
    ReceivedAlerts,
    IncidentRows,
    PhaseResults,
    TimelineEntries,
    PlanRows,
    StepIntents,
    KeptBaselines,
    DrillScores,
    ScoreRows,
    PlannedDrills,
    TabletopRows,
    WriterLocks,
    CauseClaims,
    OutboxRows,
    ChatRows,
    EscalationRows,
    PersonCodes,
    IncidentHistory,
    StandingIncidents,
    RecordCounts,
    ActionRows,
    CauseHistory,
    WatchdogRows,
    LeadRows,
    ProcessLeases,
):
    """The whole record behind one pool of connections."""

    @classmethod
    def open(cls, dsn: str) -> Self:
        """Connect, after bringing the record to this version's shape.

        Raises:
            RecordError: It cannot be reached, or is of a newer version. Transient.
        """
        migrate(dsn)
        record = cls(dsn)
        with translated_record_errors("open the record"):
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
