"""A cluster, a database and a record in memory that keep the promises of the real ones, and die where a test wants it.

Doubles of doors, not of our code: the cluster compares uid and resourceVersion as the API server does, counts every
write and moves versions by status reports; the record is first-wins by key as the real one.
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from outage.diagnosis.hypothesis import Action, Change
from outage.errors import ClusterConflict, ClusterMissing, ClusterThrottled, FenceLost
from outage.kubernetes.json_patch import patched_object
from outage.kubernetes.objects import ObjectRef
from outage.plans.approval import Answer, Approval, standing_answer_of
from outage.plans.fence import Fence
from outage.plans.outcome import Outcome
from outage.plans.plan import Intent, Precondition, WayBack
from outage.value import Manifest

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


class Died(BaseException):
    """kill -9, as far as a test can have it: nothing catches it."""


class Boundaries:
    """Where the process may die: every look, intent, write and settlement passes here, before and after."""

    def __init__(self, die_at: int | None = None):
        self.die_at = die_at
        self.passed = 0

    def cross(self) -> None:
        """Die when it is time."""
        self.passed += 1
        if self.passed == self.die_at:
            raise Died


class Cluster:
    """Objects by name, with versions; a door and an API server in one, and the door of a database, too."""

    def __init__(self, *manifests: Manifest):
        self.objects: dict[ObjectRef, Manifest] = {}
        self.writes: list[tuple[Action, ObjectRef]] = []
        self.evicted: list[ObjectRef] = []
        self.held: dict[str, int] = {}
        """How often a pod's budget will refuse its eviction."""
        self.boundaries = Boundaries()
        self.fail: Callable[[], None] = lambda: None
        self.lose_answers = 0
        self._counter = 100
        for manifest in manifests:
            self.put(manifest)

    def put(self, manifest: Manifest) -> Manifest:
        """Make an object, as somebody else would."""
        there = copy.deepcopy(manifest)
        there["metadata"] |= {
            "uid": f"uid-{self._next()}",
            "resourceVersion": str(self._next()),
            "generation": 1,
        }
        self.objects[_ref(there)] = there
        return there

    def edit(self, target: ObjectRef, *ops: dict[str, Any]) -> None:
        """Change an object, as somebody else would."""
        self._replace(target, patched_object(self.objects[target], ops))

    def report_status(self, target: ObjectRef) -> None:
        """Move the resourceVersion only, as every controller of a failing object does."""
        self._replace(target, self.objects[target] | {"status": {"observed": self._next()}})

    def read(self, ref: ObjectRef) -> Manifest | None:
        """As `Writer.read`."""
        self.boundaries.cross()
        return copy.deepcopy(self.objects.get(ref))

    def dry_run(self, change: Change, precondition: Precondition) -> tuple[Manifest | None, Manifest | None]:
        """As `Writer.dry_run`."""
        before = self.objects.get(change.target)
        after = patched_object(before, change.patch) if before and change.patch else change.manifest
        return copy.deepcopy(before), after

    def write(self, change: Change, precondition: Precondition, fence: Fence) -> Manifest | None:
        """As `Writer.write`; may die before or after, or lose the answer."""
        self.boundaries.cross()
        self.fail()
        fence.confirm_held()
        after = self._written(change, precondition)
        self.writes.append((change.action, change.target))
        if self.lose_answers:
            self.lose_answers -= 1
            from outage.errors import ClusterUnreachable

            raise ClusterUnreachable(f"{change.action} {change.target}: the answer got lost")
        self.boundaries.cross()
        return copy.deepcopy(after)

    def _written(self, change: Change, precondition: Precondition) -> Manifest | None:
        live = self.objects.get(change.target)
        if change.action is Action.CREATE:
            if live is not None:
                raise ClusterConflict(f"create {change.target}: 409, it exists")
            return self.put(change.manifest or {})
        if live is None:
            raise ClusterMissing(f"{change.action} {change.target}: 404")
        meta = live["metadata"]
        if (precondition.uid, precondition.resource_version) != (meta["uid"], meta["resourceVersion"]):
            raise ClusterConflict(f"{change.action} {change.target}: 409, it moved")
        if change.action in (Action.DELETE, Action.CANCEL):
            del self.objects[change.target]
            return None
        return self._replace(change.target, patched_object(live, change.patch))

    def evict(self, pod: ObjectRef, uid: str, fence: Fence) -> None:
        """As `Writer.evict`; may die before or after."""
        self.boundaries.cross()
        fence.confirm_held()
        assert self.objects[pod]["metadata"]["uid"] == uid
        if self.held.get(pod.name, 0) > 0:
            self.held[pod.name] -= 1
            raise ClusterThrottled(f"evict {pod}: 429, its budget allows no disruption")
        self.objects.pop(pod, None)
        self.evicted.append(pod)
        self.boundaries.cross()

    def pods_on(self, node: str) -> list[Manifest]:
        """As `Writer.pods_on`."""
        return [
            one
            for ref, one in self.objects.items()
            if ref.kind == "Pod" and one["spec"].get("nodeName") == node
        ]

    def _replace(self, target: ObjectRef, manifest: Manifest) -> Manifest:
        manifest["metadata"] |= {"resourceVersion": str(self._next())}
        self.objects[target] = manifest
        return manifest

    def _next(self) -> int:
        self._counter += 1
        return self._counter


class Ledger:
    """The record's part, first-wins by key."""

    def __init__(self, boundaries: Boundaries | None = None):
        self.boundaries = boundaries or Boundaries()
        self.answers: list[Approval] = []
        self.kept: dict[tuple[str, str], Intent] = {}
        self.held: set[str] = set()
        self.tokens: dict[str, int] = {}

    def answer(self, incident_id: str, approval: Approval, *, quorum: int = 1) -> Approval:
        """As `Record.answer`: who answered keeps the first answer, but may still decline until it is decided."""
        given = self.approvals(incident_id, approval.plan_hash)
        if decided := standing_answer_of(given, quorum):
            return decided
        mine = next((one for one in given if one.by == approval.by), None)
        if mine is None:
            self.answers.append(approval)
            return approval
        if approval.answer is not Answer.DECLINE:
            return mine
        self.answers[self.answers.index(mine)] = approval
        return approval

    def intend(
        self,
        incident_id: str,
        plan_hash: str,
        step_key: str,
        way_back: WayBack,
        at: datetime,
        fence: Fence,
    ) -> Intent:
        """As `Record.intend`."""
        self.boundaries.cross()
        fence.confirm_held()
        intent = Intent(
            incident=incident_id, plan_hash=plan_hash, step_key=step_key, way_back=way_back, at=at
        )
        kept = self.kept.setdefault(
            (plan_hash, step_key), Intent.model_validate_json(intent.model_dump_json())
        )
        self.boundaries.cross()
        return kept

    def settle(
        self,
        incident_id: str,
        plan_hash: str,
        step_key: str,
        outcome: Outcome,
        at: datetime,
        fence: Fence,
    ) -> Intent:
        """As `Record.settle`."""
        self.boundaries.cross()
        fence.confirm_held()
        standing = self.kept[plan_hash, step_key]
        if standing.outcome is None:
            self.kept[plan_hash, step_key] = standing.model_copy(update={"outcome": outcome})
        self.boundaries.cross()
        return self.kept[plan_hash, step_key]

    def intents(self, incident_id: str) -> list[Intent]:
        """As `Record.intents`."""
        return list(self.kept.values())

    def approvals(self, incident_id: str, plan_hash: str | None = None) -> list[Approval]:
        """As `Record.approvals`."""
        return [one for one in self.answers if plan_hash in (None, one.plan_hash)]

    @contextmanager
    def only_writer(self, target: str) -> Iterator[Fence | None]:
        """As `Record.only_writer`: given back however the block ends."""
        if target in self.held:
            yield None
            return
        self.held.add(target)
        self.tokens[target] = self.tokens.get(target, 0) + 1
        try:
            yield Fence(target, self.tokens[target], self._confirm)
        finally:
            self.held.discard(target)

    def _confirm(self, fence: Fence) -> None:
        if self.tokens[fence.target] != fence.token:
            raise FenceLost(f"write {fence.target}: another responder holds it")


def _ref(manifest: Manifest) -> ObjectRef:
    meta = manifest["metadata"]
    return ObjectRef(kind=manifest["kind"], name=meta["name"], namespace=meta.get("namespace", ""))


class Clock:
    """A clock that moves only when somebody rests."""

    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        """The moment."""
        return self.time

    def rest(self, seconds: float) -> None:
        """Let time pass."""
        self.time += timedelta(seconds=seconds)
