"""What the monitoring told us, and which incident it belongs to."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import model_validator

from outage.incidents.severity import Severity
from outage.incidents.severity_words import severity_floor
from outage.value import Value

WATCH = "watch"
"""Source of what our own watch saw and no alert told of."""
PERSON = "person"
"""Source of what a person reported by hand."""


class Alert(Value):
    """One alert as received; immutable."""

    name: str
    """`alertname` of the rule."""
    labels: dict[str, str]
    annotations: dict[str, str] = {}
    starts_at: datetime
    """When the monitoring says it began (aware UTC)."""
    firing: bool = True
    """False for a resolved notice: a note on the timeline, never a trigger."""
    source: str = "alertmanager"
    group: str = ""
    """The sender's group key; alerts of one group belong to one incident."""
    url: str = ""
    """Where the rule can be looked at."""
    floor: Severity = Severity.NONE
    """The least severity that its label asks for, by the words that were understood when it came: never measured."""

    @model_validator(mode="before")
    @classmethod
    def _read_floor(cls, given: Any) -> Any:
        """An alert that nobody read by a policy's own words is read by those that everybody understands."""
        if isinstance(given, Mapping) and "floor" not in given:
            return {**given, "floor": severity_floor(given.get("labels") or {}).severity}
        return given

    @property
    def namespace(self) -> str:
        """The namespace it speaks of, or empty."""
        return self.labels.get("namespace", "")

    @property
    def service(self) -> str:
        """The service it speaks of, in the words of whichever label is there, or empty."""
        for key in ("service", "deployment", "app", "job"):
            if self.labels.get(key):
                return self.labels[key]
        return ""

    @property
    def fingerprint(self) -> str:
        """The same for every delivery of the same alert, and different for its next episode."""
        words = [f"{key}={value}" for key, value in sorted(self.labels.items())]
        return alert_digest(self.source, *words, self.starts_at.isoformat())


def alert_digest(*words: str) -> str:
    """A short stable hash of words, for keys."""
    return hashlib.sha256("\x1f".join(words).encode()).hexdigest()[:24]
