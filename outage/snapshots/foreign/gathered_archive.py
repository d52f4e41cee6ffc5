"""What the readers of all archives share: lists of objects, their moment, and the namespaces that matter."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml

from outage.errors import FileError, cut
from outage.kubernetes.object_times import parsed_moment
from outage.kubernetes.objects import dig
from outage.kubernetes.trim import is_healthy_pod, trim_object
from outage.snapshots.evidence import Evidence
from outage.snapshots.snapshot import Lists, LogTail, Snapshot
from outage.text.redaction import redact
from outage.value import Manifest

SYSTEM = ("kube-", "openshift", "default")
"""How names of namespaces begin that belong to the cluster itself."""
LOG_CHARACTERS = 256 * 1024
"""Of each log: its end."""


class ArchivedCluster:
    """The objects and logs of one archive while it is read."""

    def __init__(self, tool: str, salt: str) -> None:
        """Begin with nothing.

        Args:
            tool: That made the archive, for messages.
            salt: Of the hashes that stand for the values of Secrets.
        """
        self.tool, self.salt = tool, salt
        self.objects: dict[str, dict[tuple[str, str], Manifest]] = {}
        self.listed: dict[str, set[str]] = {}
        self.logs: list[LogTail] = []
        self.missing: list[str] = []
        """What the archive itself says that it could not get, and files that cannot be read."""

    def add(self, kind: str, place: str | None, manifests: Iterable[Manifest]) -> None:
        """Keep objects of a kind.

        Args:
            kind: As `Deployment`.
            place: The namespace whose whole list this is, empty for the cluster's, None for one of many objects.
            manifests: Those that have a name; the rest is left out.
        """
        kept = self.objects.setdefault(kind, {})
        for one in manifests:
            if isinstance(one, dict) and isinstance(dig(one, "metadata.name"), str):
                meta = one["metadata"]
                kept[(meta.get("namespace") or "", meta["name"])] = trim_object(
                    {**one, "kind": kind}, self.salt
                )
        if place is not None:
            self.listed.setdefault(kind, set()).add(place)

    def log(self, namespace: str, pod: str, container: str, body: bytes, *, previous: bool) -> None:
        """Keep the end of a log, redacted; an empty one says nothing."""
        text = redact(body[-LOG_CHARACTERS:].decode("utf-8", errors="replace"))
        if text.strip():
            self.logs.append(
                LogTail(namespace=namespace, pod=pod, container=container, previous=previous, text=text)
            )

    def snapshot(self, wanted: tuple[str, ...] = ()) -> Snapshot:
        """The picture, as of the newest moment that anything in it tells.

        Args:
            wanted: Namespaces to look at closely; those with ill pods when none is named.

        Raises:
            FileError: There is no object with a date, or no such namespace. Permanent.
        """
        objects = {kind: tuple(some.values()) for kind, some in self.objects.items()}
        taken_at = max(_moments(objects, self.logs), default=None)
        if taken_at is None:
            raise FileError(f"read the {self.tool}: nothing in it has a date")
        places = wanted or _places(objects)
        there = {dig(one, "metadata.namespace", "") for some in objects.values() for one in some}
        if lost := [one for one in places if one not in there]:
            raise FileError(f"read the {self.tool}: it holds nothing of namespace {', '.join(lost)}")
        return Snapshot(
            taken_at=taken_at,
            namespaces=places,
            lists=Lists(
                home=places, listed={kind: tuple(sorted(some)) for kind, some in self.listed.items()}
            ),
            objects=objects,
            logs=tuple(self.logs),
            evidence=self._evidence(taken_at),
        )

    def _evidence(self, at: datetime) -> tuple[Evidence, ...]:
        words = f"read the {self.tool}"
        read = Evidence(id="archive", words=words, observed_at=at, duration=timedelta())
        lost = [
            Evidence(
                id=f"archive/{number}", words=words, observed_at=at, duration=timedelta(), unseen=redact(one)
            )
            for number, one in enumerate(self.missing)
        ]
        return (read, *lost)


def _moments(objects: Mapping[str, tuple[Manifest, ...]], logs: list[LogTail]) -> Iterator[datetime]:
    """Every date that may be the newest: of events, leases, heartbeats, and of the ends of logs."""
    for one in objects.get("Event", ()):
        told = (one.get("lastTimestamp"), one.get("eventTime"), dig(one, "series.lastObservedTime"))
        yield from (at for text in told if (at := parsed_moment(text)))
    for one in objects.get("Lease", ()):
        yield from (at for at in [parsed_moment(dig(one, "spec.renewTime"))] if at)
    for kind in ("Node", "Pod"):
        for one in objects.get(kind, ()):
            for each in dig(one, "status.conditions", []):
                for key in ("lastHeartbeatTime", "lastTransitionTime"):
                    yield from (at for at in [parsed_moment(each.get(key))] if at)
    for tail in logs:
        last = tail.text.rstrip().rpartition("\n")[2].partition(" ")[0]
        yield from (
            at for at in [parsed_moment(last)] if at and at.tzinfo and at <= datetime.max.replace(tzinfo=UTC)
        )


def _places(objects: Mapping[str, tuple[Manifest, ...]]) -> tuple[str, ...]:
    """The namespaces of applications, those with most ill pods first."""
    pods = objects.get("Pod", ())
    ill = Counter(dig(one, "metadata.namespace", "") for one in pods if not is_healthy_pod(one))
    own = {dig(one, "metadata.namespace", "") for one in pods}
    own = {one for one in own if one and not one.startswith(SYSTEM)} or {one for one in own if one}
    ordered = sorted(own, key=lambda one: (-ill[one], one))
    return tuple(one for one in ordered if ill[one]) or tuple(ordered)


def manifests_in(body: bytes, name: str) -> list[Manifest]:
    """The objects of a file: of a list its items, else the one object.

    Raises:
        FileError: It is neither JSON nor YAML. Permanent.
    """
    try:
        read: Any = json.loads(body) if name.endswith(".json") else yaml.load(body, Loader=LOADER)  # noqa: S506
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise FileError(f"read {name}: it is neither JSON nor YAML: {cut(str(error))}") from error
    if isinstance(read, dict) and isinstance(read.get("items"), list):
        read = read["items"]
    found = read if isinstance(read, list) else [read] if isinstance(read, dict) else []
    return [_with_texts(one) for one in found if isinstance(one, dict)]


LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same safe loader, ten times as fast where libyaml is there."""


def _with_texts(value: Any) -> Any:
    """YAML reads unquoted dates as dates: the API writes texts."""
    if isinstance(value, dict):
        return {str(key): _with_texts(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_texts(inner) for inner in value]
    if isinstance(value, datetime):
        at = value if value.tzinfo else value.replace(tzinfo=UTC)
        return at.isoformat().replace("+00:00", "Z")
    return value
