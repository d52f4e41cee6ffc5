"""What each phase found out, kept under the incident so that a re-entered response reads it back."""

from datetime import datetime
from typing import Any, cast

from pydantic import BaseModel

from blocks.record.record_pool import RecordPool, as_json
from outage.diagnosis.hypothesis import Diagnosis
from outage.diagnosis.resolution_action import ResolutionAction
from outage.incidents.phase_key import KeptPhase, PhaseKey, investigated


class PhaseResults(RecordPool):
    """Results of phases, and what is archived when an incident closes."""

    def phase(self, incident_id: str, key: PhaseKey) -> dict[str, Any] | None:
        """The result that stands for a phase, or None when it was not finished."""
        row = self.row(
            f"read phase {key} of {incident_id}",
            "select body from outage.phase where incident = %s and key = %s",
            incident_id,
            str(key),
        )
        return cast("dict[str, Any]", row["body"]) if row else None

    def keep_phase(
        self, incident_id: str, key: PhaseKey, body: BaseModel | dict[str, Any], at: datetime
    ) -> dict[str, Any]:
        """Keep a phase's result; the first one stands, and what stands is returned.

        Args:
            incident_id: Of the incident.
            key: Which phase of which attempt.
            body: The result; what a process that dies now would have to find again.
            at: Now, aware UTC.
        """
        row = self.row(
            f"keep phase {key} of {incident_id}",
            "insert into outage.phase (incident, key, at, body) values (%s, %s, %s, %s)"
            # Writing the key onto itself makes `returning` give the row that stands.
            " on conflict (incident, key) do update set key = excluded.key returning body",
            incident_id,
            str(key),
            at,
            as_json(body),
        )
        return cast("dict[str, Any]", row["body"]) if row else {}

    def diagnosis(self, incident_id: str, attempt: int) -> Diagnosis | None:
        """What the investigation of one attempt concluded, or None when it was not finished."""
        body = self.phase(incident_id, investigated(attempt))
        return None if body is None else Diagnosis.model_validate(body)

    def phases(self, incident_id: str) -> dict[PhaseKey, dict[str, Any]]:
        """All finished phases by key, in the order in which they were finished."""
        found = self.rows(
            f"read the phases of {incident_id}",
            "select key, body from outage.phase where incident = %s order by at, key",
            incident_id,
        )
        return {PhaseKey(row["key"]): row["body"] for row in found}

    def taken_choices(self, incident_id: str) -> list[ResolutionAction]:
        """What people chose and an investigation has taken up, oldest first; the diagnoses themselves stay unread."""
        found = self.rows(
            f"read the choices taken up for {incident_id}",
            "select body #> '{chosen,action}' as action from outage.phase where incident = %s"
            " and starts_with(key, %s) and body #> '{chosen,action}' is not null order by at, key",
            incident_id,
            str(KeptPhase.INVESTIGATE),
        )
        return [ResolutionAction.model_validate(row["action"]) for row in found]

    def keep_archive(self, incident_id: str, name: str, body: dict[str, Any], at: datetime) -> None:
        """Keep a document for good (what the incident was at its close); the newest stands.

        Args:
            incident_id: Of the incident.
            name: Of the document.
            body: Its JSON.
            at: Now, aware UTC.
        """
        self.row(
            f"archive {name} of {incident_id}",
            "insert into outage.archive (incident, name, at, body) values (%s, %s, %s, %s)"
            " on conflict (incident, name) do update set at = excluded.at, body = excluded.body",
            incident_id,
            name,
            at,
            as_json(body),
        )

    def archive(self, incident_id: str, name: str) -> dict[str, Any] | None:
        """An archived document, or None."""
        row = self.row(
            f"read archive {name} of {incident_id}",
            "select body from outage.archive where incident = %s and name = %s",
            incident_id,
            name,
        )
        return cast("dict[str, Any]", row["body"]) if row else None

    def archives(self, incident_id: str, prefix: str) -> list[dict[str, Any]]:
        """All archived documents whose name begins so, by name."""
        found = self.rows(
            f"read the archives {prefix} of {incident_id}",
            "select body from outage.archive where incident = %s and starts_with(name, %s) order by name",
            incident_id,
            prefix,
        )
        return [row["body"] for row in found]
