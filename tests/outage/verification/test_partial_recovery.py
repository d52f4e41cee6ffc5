"""A plan that did not bring recovery: taken back, unless it is seen to have healed its own cause of several."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outage.diagnosis.findings.facts import Facts, Sign
from outage.diagnosis.findings.facts.sign_facts import NoEndpointsFacts
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.hypothesis import Action, Change, Diagnosis, Hypothesis, Repair
from outage.incidents.severity import Impact, assess_severity
from outage.kubernetes.field_differences import escape_pointer
from outage.kubernetes.objects import ObjectRef
from outage.plans.plan import Plan, Precondition, Step
from outage.snapshots.baseline import WOKEN
from outage.verification.partial_recovery import partly_recovered_cause

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
AUTH = ObjectRef(kind="Deployment", namespace="shop", name="auth")
FRONT = ObjectRef(kind="Service", namespace="shop", name="auth")
IMAGE = "/spec/template/spec/containers/0/image"
COMMAND = "/spec/template/spec/containers/0/command"


def cause(name: str, about: ObjectRef, path: str, **more: Any) -> Hypothesis:
    """A believed cause with a repair of one field."""
    patch = ({"op": "replace", "path": path, "value": "as it was"},)
    change = Change(action=Action.PATCH, target=about, patch=patch, why="it changed", expected="it serves")
    repair = Repair(summary=f"Mend {about}", changes=(change,))
    known: dict[str, Any] = {"score": 0.8, "onset": NOON, "repair": repair, **more}
    return Hypothesis(cause=name, about=about, says=f"{about} is wrong", **known)


BAD_IMAGE = cause("bad-image", AUTH, IMAGE)
SELECTOR = cause("service-selector", FRONT, "/spec/selector")
PLAN = Plan(
    incident="inc-1",
    attempt=1,
    hypothesis=BAD_IMAGE.key,
    summary="Undo deployment/auth",
    steps=(
        Step(
            key="1",
            change=BAD_IMAGE.repair.changes[0] if BAD_IMAGE.repair else None,
            precondition=Precondition(),
            take_back="",
        ),
    ),
    made_at=NOON + timedelta(minutes=1),
)


def sign(name: str, about: ObjectRef, facts: Facts | None = None) -> Finding:
    """One thing that is not as it should be."""
    return Finding(sign=Sign(name), about=about, says="it fails", facts=facts)


def pod(mark: str) -> ObjectRef:
    """A pod of auth, whose name nobody chose."""
    return ObjectRef(kind="Pod", namespace="shop", name=f"auth-{mark}")


NO_POD = sign("service-without-endpoints", FRONT, NoEndpointsFacts(selected=0))
NOT_READY = sign("service-without-endpoints", FRONT, NoEndpointsFacts(selected=2))
PULLS = sign("pod-image-pull", pod("5cd7877f55-89dsc"))
PULLS_STILL = sign("pod-image-pull", pod("c7cb5579b-x2x4z"))
SLOW = sign("latency-high", FRONT)


def diagnosis(
    *hypotheses: Hypothesis, down: tuple[str, ...] = ("auth",), signs: tuple[Finding, ...] = (), **more: Any
) -> Diagnosis:
    """What was concluded, with these services down."""
    assessment = assess_severity(Impact(services=4, services_down=down, **more))
    return Diagnosis(at=NOON, assessment=assessment, hypotheses=hypotheses, findings=signs)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param((BAD_IMAGE,), diagnosis(), id="nothing explains what fails now"),
        pytest.param((BAD_IMAGE, SELECTOR), diagnosis(BAD_IMAGE, SELECTOR), id="its cause stands still"),
        pytest.param((BAD_IMAGE, SELECTOR), diagnosis(SELECTOR, down=("auth", "user")), id="more is down"),
        pytest.param(
            (BAD_IMAGE, SELECTOR), diagnosis(SELECTOR, services_degraded=("web",)), id="more is hurt"
        ),
        pytest.param(
            (BAD_IMAGE, SELECTOR),
            diagnosis(SELECTOR, signs=(PULLS_STILL, NO_POD)),
            id="nothing is any better",
        ),
        pytest.param(
            (BAD_IMAGE, SELECTOR),
            diagnosis(SELECTOR.model_copy(update={"score": 0.4})),
            id="it is not believed",
        ),
        pytest.param(
            (BAD_IMAGE, SELECTOR),
            diagnosis(SELECTOR.model_copy(update={"repair": None})),
            id="a person's work",
        ),
        pytest.param(
            (BAD_IMAGE,), diagnosis(cause("crash", AUTH, IMAGE)), id="the other repair writes the same field"
        ),
        pytest.param(
            (SELECTOR,),
            diagnosis(SELECTOR),
            id="it only eased the outage",
        ),
    ],
)
def test_in_doubt_it_is_taken_back(before: tuple[Hypothesis, ...], after: Diagnosis) -> None:
    """What did not help, or cannot be told, must not stay under the next try."""
    assert partly_recovered_cause(PLAN, diagnosis(*before, signs=(PULLS, NO_POD, SLOW)), after, 0.5) is None


@pytest.mark.parametrize(
    ("before", "signs", "other"),
    [
        pytest.param((BAD_IMAGE, SELECTOR), (NO_POD,), SELECTOR, id="the other cause was seen before"),
        pytest.param((BAD_IMAGE,), (NO_POD,), SELECTOR, id="the first cause hid it"),
        pytest.param(
            (BAD_IMAGE,), (NO_POD,), cause("bad-command", AUTH, COMMAND), id="in another field beside it"
        ),
        pytest.param((BAD_IMAGE,), (PULLS_STILL, NOT_READY), SELECTOR, id="the Service finds its pods again"),
    ],
)
def test_it_stays_when_it_made_something_better_and_another_cause_explains_the_rest(
    before: tuple[Hypothesis, ...], signs: tuple[Finding, ...], other: Hypothesis
) -> None:
    """Taken back it would be broken again, and the other plan would be verified in vain."""
    seen = diagnosis(*before, signs=(PULLS, NO_POD, SLOW))

    assert partly_recovered_cause(PLAN, seen, diagnosis(other, signs=signs), 0.5) == other


def waking(one: Hypothesis, wake: Change) -> Hypothesis:
    """The cause, whose repair wakes a workload in the end."""
    assert one.repair
    changes = (*one.repair.changes, wake)
    return one.model_copy(update={"repair": one.repair.model_copy(update={"changes": changes})})


@pytest.mark.parametrize("path", ["/metadata/annotations", f"/metadata/annotations/{escape_pointer(WOKEN)}"])
def test_two_refusals_may_wake_the_same_workload_one_after_the_other(path: str) -> None:
    """The note is no part of either cause."""
    value = "2030-01-01T12:00:00Z"
    patch = {"op": "add", "path": path, "value": value if path.endswith("again") else {WOKEN: value}}
    wake = Change(
        action=Action.PATCH, target=AUTH, patch=(patch,), why="it waits", expected="its pods are made"
    )
    quota = cause(
        "quota-exceeded", ObjectRef(kind="ResourceQuota", namespace="shop", name="tight"), "/spec/hard"
    )
    limits = cause(
        "limit-range", ObjectRef(kind="LimitRange", namespace="shop", name="narrow"), "/spec/limits"
    )
    quota, limits = (waking(one, wake) for one in (quota, limits))
    steps = tuple(
        Step(key=f"{number}", change=change, precondition=Precondition(), take_back="")
        for number, change in enumerate(quota.repair.changes if quota.repair else ())
    )
    plan = PLAN.model_copy(update={"hypothesis": quota.key, "steps": steps})

    before, after = diagnosis(quota, signs=(PULLS,)), diagnosis(limits, signs=(NO_POD,))

    assert partly_recovered_cause(plan, before, after, 0.5) == limits
