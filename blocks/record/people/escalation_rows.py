"""What people did about an incident, whom we called, and what is due when."""

from datetime import datetime

from blocks.record.record_pool import RecordPool
from outage.people.escalation import DueCall, PastCall
from outage.people.person_act import ActKind, PersonAct
from outage.value import Value


class Timer(Value):
    """Something that is due at a time, also when nobody is there to remember it."""

    incident: str
    kind: str
    turn: int
    due_at: datetime
    fired_at: datetime | None = None


class EscalationRows(RecordPool):
    """Acts, calls and timers."""

    def add_act(self, incident_id: str, act: PersonAct) -> bool:
        """Keep what a person did; the first of a key stands. True when it is new.

        An incident that was seen out is watched again: what was done after its end is told like what was done before.
        """
        row = self.row(
            f"keep an act of {act.by} for {incident_id}",
            "with added as (insert into outage.person_act (incident, key, kind, what, by, at)"
            " values (%s, %s, %s, %s, %s, %s) on conflict do nothing returning incident, key),"
            " watched as (update outage.incident set seen_out_at = null where id in (select incident from added))"
            " select key from added",
            *(incident_id, act.key, act.kind, act.what, act.by, act.at),
        )
        return row is not None

    def acts(self, incident_id: str, kind: ActKind | None = None) -> list[PersonAct]:
        """What people did, oldest first."""
        found = self.rows(
            f"read the acts of {incident_id}",
            "select key, kind, what, by, at from outage.person_act"
            " where incident = %s and (%s::text is null or kind = %s) order by at, key",
            *(incident_id, kind, kind),
        )
        return [PersonAct.model_validate(row) for row in found]

    def add_call(self, incident_id: str, call: DueCall, at: datetime) -> bool:
        """Keep that a rung was called. True when it is new.

        Args:
            incident_id: Of the incident.
            call: Rung, turn and whom.
            at: Now, aware UTC.
        """
        row = self.row(
            f"keep the call of {call.rung} for {incident_id}",
            "insert into outage.call (incident, rung, turn, at, why) values (%s, %s, %s, %s, %s)"
            " on conflict do nothing returning rung",
            *(incident_id, call.rung, call.turn, at, call.why),
        )
        return row is not None

    def calls(self, incident_id: str) -> list[PastCall]:
        """The calls that were made, oldest first."""
        found = self.rows(
            f"read the calls of {incident_id}",
            "select rung, turn, at from outage.call where incident = %s order by at, rung, turn",
            incident_id,
        )
        return [PastCall.model_validate(row) for row in found]

    def set_timer(self, incident_id: str, kind: str, turn: int, due_at: datetime) -> None:
        """Promise something for a time; a promise of the same turn stands.

        Args:
            incident_id: Of the incident.
            kind: What will be due: `update`, `escalation`, …
            turn: Which of its kind, from 1.
            due_at: When, aware UTC.
        """
        self.rows(
            f"set timer {kind} of {incident_id}",
            "insert into outage.timer (incident, kind, turn, due_at) values (%s, %s, %s, %s) on conflict do nothing",
            *(incident_id, kind, turn, due_at),
        )

    def fire_timer(self, timer: Timer, at: datetime) -> bool:
        """Mark a timer as fired; False when somebody else did."""
        row = self.row(
            f"fire timer {timer.kind} of {timer.incident}",
            "update outage.timer set fired_at = %s where incident = %s and kind = %s and turn = %s"
            " and fired_at is null returning kind",
            *(at, timer.incident, timer.kind, timer.turn),
        )
        return row is not None

    def timers(self, incident_id: str) -> list[Timer]:
        """All timers of an incident, by turn."""
        found = self.rows(
            f"read the timers of {incident_id}",
            "select incident, kind, turn, due_at, fired_at from outage.timer where incident = %s order by kind, turn",
            incident_id,
        )
        return [Timer.model_validate(row) for row in found]
