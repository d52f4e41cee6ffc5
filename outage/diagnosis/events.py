"""What the cluster said about its objects: every event by the object it is about, its sentence, its dates.

Promise: nothing here judges. Everything is looked up once and kept.
"""

from collections import defaultdict
from datetime import datetime
from functools import cached_property

from outage.diagnosis.moments import created, latest, moment
from outage.diagnosis.owned import Owned
from outage.objects import ObjectRef, dig
from outage.value import Manifest

OLDEST = moment("1970-01-01T00:00:00Z")


class Told(Owned):
    """One snapshot, with what was said about each object."""

    @cached_property
    def _events(self) -> dict[tuple[str, str, str], list[Manifest]]:
        found: dict[tuple[str, str, str], list[Manifest]] = defaultdict(list)
        for event in self.snapshot.kind("Event"):
            about = event.get("involvedObject") or event.get("regarding") or {}
            key = (about.get("kind", ""), about.get("namespace", "") or "", about.get("name", ""))
            found[key].append(event)
        for events in found.values():
            events.sort(key=lambda event: event_moment(event) or OLDEST or self.now)
        return found

    def events(self, about: ObjectRef) -> list[Manifest]:
        """What the cluster said about one object, oldest first."""
        key = (about.kind, about.namespace, about.name)
        if about.kind == "Node":
            return [*self._events.get(key, []), *self._events.get(("Node", "default", about.name), [])]
        return self._events.get(key, [])

    def warnings(self, about: ObjectRef) -> list[Manifest]:
        """The warnings about one object, oldest first."""
        return [event for event in self.events(about) if event.get("type") == "Warning"]

    def warnings_of_kind(self, kind: str) -> list[tuple[ObjectRef, Manifest]]:
        """Every warning about objects of a kind, in the namespaces that concern us."""
        if ("warnings", kind) not in self.memory:
            self.memory["warnings", kind] = [
                (ObjectRef(kind=kind, name=key[2], namespace=key[1]), event)
                for key, events in self._events.items()
                if key[0] == kind and (key[1] in self.namespaces or not key[1])
                for event in events
                if event.get("type") == "Warning"
            ]
        found: list[tuple[ObjectRef, Manifest]] = self.memory["warnings", kind]
        return found


def event_moment(event: Manifest) -> datetime | None:
    """When the event was last seen."""
    return latest(
        [
            moment(event.get("lastTimestamp") or event.get("deprecatedLastTimestamp")),
            moment(dig(event, "series.lastObservedTime")),
            moment(event.get("eventTime")),
        ]
    ) or created(event)


def event_began(event: Manifest) -> datetime | None:
    """When the event was first seen."""
    first = event.get("firstTimestamp") or event.get("deprecatedFirstTimestamp") or event.get("eventTime")
    return moment(first) or created(event)


def message(event: Manifest) -> str:
    """What the event says."""
    return str(event.get("message") or event.get("note") or "")


def count(event: Manifest) -> int:
    """How often it was said."""
    return int(event.get("count") or event.get("deprecatedCount") or dig(event, "series.count", 1) or 1)
