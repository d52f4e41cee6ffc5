"""What a template answers: a fault that fits one service, with what it would touch; or why there is none."""

from enum import StrEnum
from typing import Any

from outage.incidents.fault import Expected, Fault, Injection
from outage.kubernetes.objects import ObjectRef
from outage.value import Value

ROLLOUT_SETTLES_SECONDS = 20.0
"""From the blow until new pods have failed to come."""


class Harm(StrEnum):
    """How a fault reaches the users of its service."""

    ROLLOUT = "rollout"
    """New pods do not come; how many old ones go is for the workload's strategy to say."""
    PODS = "pods"
    """Every pod goes, or answers no longer."""
    TRAFFIC = "traffic"
    """The pods stay, and nothing reaches them."""
    QUIET = "quiet"
    """Nothing stops that runs; what starts anew would fail."""


class Unfit(Value):
    """Why a fault cannot be practised on a service."""

    reason: str
    """One sentence without its end: `payments has no readiness probe to break`."""


class FaultShape(Value):
    """What a template makes of one service: the blows, the way back, and what a right answer says."""

    title: str
    blows: tuple[Injection, ...]
    mends: tuple[Injection, ...] = ()
    """What no picture can put back; objects are put back from their pictures in any case."""
    causes: tuple[str, ...]
    about: ObjectRef | None
    signs: tuple[str, ...] = ()
    settle_seconds: float = ROLLOUT_SETTLES_SECONDS
    ending: str = "Recovered"


class Blast(Value):
    """What a fault would touch, worked out before anything is broken."""

    objects: tuple[ObjectRef, ...]
    """What is written, and what its way back writes."""
    namespaces: tuple[str, ...]
    pods_down: int
    """Pods of the service that stop answering, at most."""
    pods_ready: int
    felt: bool
    """Whether users of the service are left without an answer."""
    cluster_wide: bool
    """Whether something that all tenants of the cluster share is written."""


class FittedFault(Value):
    """A fault of one service, ready to be practised."""

    service: str
    fault: Fault
    blast: Blast


def fault_of_shape(name: str, shape: FaultShape) -> Fault:
    """The shape as an entry of a catalogue: from here on it goes the way of every fault."""
    expected = Expected(causes=shape.causes, about=shape.about, signs=shape.signs, ending=shape.ending)
    return Fault(
        name=name,
        title=shape.title,
        classes=(),
        blows=shape.blows,
        mends=shape.mends,
        expected=expected,
        settle_seconds=shape.settle_seconds,
    )


def patch_of(target: ObjectRef, *operations: dict[str, Any]) -> Injection:
    """One blow that changes an object by RFC 6902 operations."""
    return Injection(do="patch", target=target, patch=list(operations))
