"""Every kind of write that leaves the house, through the real doors, and where its process may be frozen."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import psycopg

from blocks.channels.channel import Channel
from blocks.channels.open_channel import open_channel
from blocks.kubernetes import Access, Cluster
from blocks.kubernetes.writer import Writer
from blocks.postgres.session_writer import DatabaseWriter
from blocks.record import Record
from outage.diagnosis.hypothesis import Action, Change
from outage.incidents.fault import Injection
from outage.kubernetes.objects import ObjectRef
from outage.plans.fence import Fence
from outage.plans.plan import Precondition, WayBack
from outage.value import Value
from stack.outbox.deliver_message import deliver_message
from tasks.drill.injection import inject_step
from tasks.drill.marked_ground import MarkedGround
from tests.blocks.channels.configured import parsed
from tests.blocks.frozen.target_server import WHO


class FrozenAt(StrEnum):
    """Where the process is stopped."""

    BEFORE_INTENT = "between lock and intent"
    BEFORE_CALL = "between intent and call"
    AFTER_CHECK = "between the last check and the call"


class FrozenCase(Value):
    """One write of one kind, and where its process is stopped."""

    kind: str
    name: str
    """Of the object or the channel; of a session its pid."""
    at: FrozenAt
    incident: str
    unfenced: bool = False
    """With the token taken out of the program: then the promises must be seen to break."""

    @property
    def target(self) -> str:
        """What is locked."""
        if self.kind in ("message", "end-session"):
            return f"outbox/{self.name}" if self.kind == "message" else f"session/{self.name}"
        kind = {"scale": "Deployment", "evict": "Pod"}.get(self.kind, "ConfigMap")
        return str(ObjectRef(kind=kind, name=self.name, namespace="shop"))


class DoorsGiven(Value):
    """What a process needs to open its doors."""

    who: str
    record: str
    api: str
    database: str
    channel: dict[str, Any]


@dataclass(frozen=True)
class FrozenDoors:
    """The doors of one process."""

    who: str
    record: Record
    cluster: Cluster
    database: str
    channel: Channel

    @classmethod
    def open(cls, given: DoorsGiven) -> "FrozenDoors":
        """Open all of them."""
        access = Access(given.api, "fake", "shop", None, lambda: {WHO: given.who})
        return cls(
            given.who,
            Record.open(given.record),
            Cluster(access),
            given.database,
            open_channel(parsed(given.channel)),
        )

    @property
    def writer(self) -> Writer:
        """The door to the cluster."""
        return Writer(self.cluster)

    def ground(self, fence: Fence) -> MarkedGround:
        """The drill's ground, whose statements say who ran them."""
        return MarkedGround(self.cluster, "shop", fence, self._sql)

    def _sql(self, statement: str) -> None:
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute("insert into ran values (%s, %s)", (self.who, statement))


def _changed(kind: str, action: Action, patch: dict[str, Any] | None, name: str) -> Change:
    target = ObjectRef(kind=kind, name=name, namespace="shop")
    made = {"metadata": {"name": name}, "data": {}} if action is Action.CREATE else None
    return Change(
        action=action, target=target, patch=(patch,) if patch else (), manifest=made, why="", expected=""
    )


def to_cluster(kind: str, action: Action, patch: dict[str, Any] | None = None) -> "FrozenWrite":
    """As the step executor does it: look, and rely on what was seen."""

    def act(doors: FrozenDoors, name: str, fence: Fence) -> None:
        change = _changed(kind, action, patch, name)
        meta = (doors.writer.read(change.target) or {}).get("metadata", {})
        relies = Precondition(uid=meta.get("uid"), resource_version=meta.get("resourceVersion"))
        doors.writer.write(change, relies, fence)

    return act


def _evict(doors: FrozenDoors, name: str, fence: Fence) -> None:
    pod = ObjectRef(kind="Pod", name=name, namespace="shop")
    doors.writer.evict(pod, doors.cluster.get(pod)["metadata"]["uid"], fence)


def _end_session(doors: FrozenDoors, name: str, fence: Fence) -> None:
    to = psycopg.conninfo.conninfo_to_dict(doors.database)
    to.pop("connect_timeout", None)
    door = DatabaseWriter(lambda: nullcontext(dict(to)), "database shop")
    target = ObjectRef(kind="Session", name=name)
    if (live := door.read(target)) is None:
        return
    change = Change(action=Action.CANCEL, target=target, session=int(name), why="", expected="")
    door.write(change, Precondition(uid=live["metadata"]["uid"]), fence)


def _send(doors: FrozenDoors, name: str, fence: Fence) -> None:
    message = doors.record.next_message(name, datetime.now(UTC))
    if message:  # another one has sent it
        deliver_message(doors.record, doors.channel, message, fence)


def _blow(do: Any, **more: Any) -> "FrozenWrite":
    def act(doors: FrozenDoors, name: str, fence: Fence) -> None:
        target = ObjectRef(kind="ConfigMap", name=name, namespace="shop")
        inject_step(doors.ground(fence), Injection(do=do, target=target, **more))

    return act


FrozenWrite = Callable[[FrozenDoors, str, Fence], None]
LEVEL = {"op": "replace", "path": "/data/level", "value": "debug"}
WRITES: dict[str, FrozenWrite] = {
    "patch": to_cluster("ConfigMap", Action.PATCH, LEVEL),
    "scale": to_cluster("Deployment", Action.SCALE, {"op": "replace", "path": "/spec/replicas", "value": 4}),
    "create": to_cluster("ConfigMap", Action.CREATE),
    "delete": to_cluster("ConfigMap", Action.DELETE),
    "evict": _evict,
    "end-session": _end_session,
    "message": _send,
    "drill-patch": _blow("patch", patch=[LEVEL]),
    "drill-merge": _blow("patch", merge={"data": {"level": "debug"}}),
    "drill-create": _blow("create", manifest={"data": {}}),
    "drill-delete": _blow("delete"),
    "drill-sql": _blow("sql", sql="select 1"),
}
"""One of each kind that a response, a drill or the outbox sends."""
LAST_CHECK = dict.fromkeys((one for one in WRITES if one.startswith("drill-")), 2)
"""Which of the checks is the last before the call, where it is not the first: a drill asks before each blow, too."""


def carry_out(doors: FrozenDoors, case: FrozenCase, fence: Fence, stop: Callable[[FrozenAt], None]) -> None:
    """Do one write with its intent, passing the three points."""
    asked = [0]

    def ask(mine: Fence) -> None:
        fence.ask(mine)
        asked[0] += 1
        if asked[0] == LAST_CHECK.get(case.kind, 1):
            stop(FrozenAt.AFTER_CHECK)

    watched = replace(fence, ask=ask)
    stop(FrozenAt.BEFORE_INTENT)
    if case.kind == "message":
        begin = doors.record.begin_try

        def begin_try(*words: Any) -> Any:
            begun = begin(*words)
            stop(FrozenAt.BEFORE_CALL)
            return begun

        object.__setattr__(doors.record, "begin_try", begin_try)
        try:
            WRITES[case.kind](doors, case.name, watched)
        finally:
            object.__setattr__(doors.record, "begin_try", begin)
        return
    way_back = WayBack(before=None, says=doors.who)
    doors.record.intend(case.incident, "hash", case.target, way_back, datetime.now(UTC), fence)
    stop(FrozenAt.BEFORE_CALL)
    WRITES[case.kind](doors, case.name, watched)
