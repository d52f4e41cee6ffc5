"""The number of pods that somebody changed, told by what the Deployment's controller said of it."""

import re
from collections.abc import Iterator
from datetime import datetime

from outage.diagnosis.history.change_moments import scaled_by_hand
from outage.diagnosis.history.recorded_change import ChangedField, ChangeKind, RecordedChange
from outage.diagnosis.thresholds import FILLED_WITHIN, ROLLOUT_TURNS
from outage.kubernetes.events import event_message, event_moment
from outage.kubernetes.objects import ObjectRef, dig
from outage.snapshots.case_index import CaseIndex
from outage.value import Value

SAID = re.compile(
    r"Scaled (?:up|down) replica set (?P<of>\S+) "
    r"(?:to (?P<to>\d+) from (?P<was>\d+)|from (?P<was2>\d+) to (?P<to2>\d+))"
)
"""How the Deployment controller says it; the order of the numbers changed with a release of Kubernetes."""


class _Step(Value):
    of: str
    was: int
    now: int
    at: datetime


def last_scaling(index: CaseIndex, about: ObjectRef) -> RecordedChange | None:
    """The change that gave a workload its present number of pods, unless it was part of a rollout."""
    by_hand, told = scaled_by_hand(index, about), _told(index, about)
    if told is not None and told.at is not None:
        same = by_hand is not None and abs(by_hand.at - told.at) <= ROLLOUT_TURNS
        return told.model_copy(update={"by": by_hand.by}) if same and by_hand else told
    if by_hand is None:
        return None
    return RecordedChange(about=about, kind=ChangeKind.SCALED, at=by_hand.at, by=by_hand.by)


def _told(index: CaseIndex, about: ObjectRef) -> RecordedChange | None:
    steps = sorted(_steps(index, about), key=lambda one: one.at) if about.kind == "Deployment" else []
    last = steps[-1] if steps else None
    if (
        last is None
        or last.now != dig(index.get(about), "spec.replicas", 1)
        or _is_rollout(index, last, steps)
    ):
        return None
    field = ChangedField(field="spec.replicas", was=str(last.was), now=str(last.now))
    source = "its controller's event"
    return RecordedChange(about=about, kind=ChangeKind.SCALED, at=last.at, fields=(field,), against=source)


def _is_rollout(index: CaseIndex, last: _Step, steps: list[_Step]) -> bool:
    turns = any(other.of != last.of and abs(other.at - last.at) <= ROLLOUT_TURNS for other in steps)
    return turns or (last.was == 0 and _first(index, last))


def _steps(index: CaseIndex, about: ObjectRef) -> Iterator[_Step]:
    for event in index.events(about):
        said, at = SAID.search(event_message(event)), event_moment(event)
        if said and at:
            was, now = said["was"] or said["was2"], said["to"] or said["to2"]
            yield _Step(of=said["of"], was=int(was), now=int(now), at=at)


def _first(index: CaseIndex, one: _Step) -> bool:
    """Whether it only filled a ReplicaSet that had just been made."""
    made = [each for each in index.all("ReplicaSet") if dig(each, "metadata.name") == one.of]
    births = [dig(each, "metadata.creationTimestamp", "") for each in made]
    return any(abs(one.at - datetime.fromisoformat(born)) < FILLED_WITHIN for born in births if born)
