"""The verdict on a plan: its own signs decide, and its own harm; the table begins with what is well."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outage.diagnosis.findings.facts import Facts, Sign
from outage.diagnosis.findings.facts.sign_facts import NoEndpointsFacts
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.hypothesis import Action, Change, Diagnosis, Hypothesis, Mitigation, Repair
from outage.incidents.severity import Impact, assess_severity
from outage.kubernetes.field_differences import escape_pointer
from outage.kubernetes.objects import ObjectRef
from outage.plans.plan import Plan, Precondition, Step
from outage.platforms.platform import Platform, Service
from outage.snapshots.baseline import WOKEN
from outage.verification.plan_effect import PlanEffect, PlanVerdict
from outage.verification.plan_verdict import plan_verdict
from outage.verification.recovery import RecoveryCheck, VerifiedRecovery

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
    known: dict[str, Any] = {
        "score": 0.8,
        "onset": NOON,
        "repair": repair,
        "explains": (str(about), "everything") if about.kind == "ConfigMap" else (str(about),),
        **more,
    }
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


EASED = Mitigation.model_validate(BAD_IMAGE.model_dump(exclude={"strength", "doubts"}))
EASING = PLAN.model_copy(update={"hypothesis": EASED.key})


def easing(*signs: Finding, causes: tuple[Hypothesis, ...] = ()) -> Diagnosis:
    """An investigation that came to something which only eases."""
    return diagnosis(*causes, signs=signs).model_copy(update={"mitigations": (EASED,)})


def sign(name: str, about: ObjectRef, says: str = "it fails", facts: Facts | None = None) -> Finding:
    """One thing that is not as it should be."""
    return Finding(sign=Sign(name), about=about, says=says, facts=facts)


def pod(mark: str) -> ObjectRef:
    """A pod of auth, whose name nobody chose."""
    return ObjectRef(kind="Pod", namespace="shop", name=f"auth-{mark}")


NO_POD = sign("service-without-endpoints", FRONT, facts=NoEndpointsFacts(selected=0))
NOT_READY = sign("service-without-endpoints", FRONT, facts=NoEndpointsFacts(selected=2))
PULLS = sign("pod-image-pull", pod("5cd7877f55-89dsc"))
PULLS_STILL = sign("pod-image-pull", pod("c7cb5579b-x2x4z"))
SLOW = sign("latency-high", FRONT)


def diagnosis(
    *hypotheses: Hypothesis, down: tuple[str, ...] = ("auth",), signs: tuple[Finding, ...] = (), **more: Any
) -> Diagnosis:
    """What was concluded, with these services down."""
    assessment = assess_severity(Impact(services=4, services_down=down, **more))
    return Diagnosis(at=NOON, assessment=assessment, hypotheses=hypotheses, findings=signs)


EFFECTIVE, NOT_EFFECTIVE, INCONCLUSIVE = PlanEffect
USER_DEPLOYMENT = ObjectRef(kind="Deployment", namespace="shop", name="user")
USER_IMAGE = cause("bad-image", USER_DEPLOYMENT, IMAGE)
PLATFORM = Platform(
    name="Shop",
    namespace="shop",
    services=(
        Service(name="auth", workload="deployment/auth", service="auth", selector={"app": "auth"}),
        Service(name="user", workload="deployment/user", service="user", selector={"app": "user"}),
        Service(name="web", workload="deployment/web", service="web", depends_on=("auth",)),
    ),
)
WELL = VerifiedRecovery(recovered=True, says="recovered: 3 checks are well")
UNSEEN = VerifiedRecovery(recovered=False, says="not seen to have recovered: the endpoints could not be seen")


def failing(name: str, *about: str, own: bool = True) -> VerifiedRecovery:
    """A proof in which one check failed."""
    check = RecoveryCheck(name=name, ok=False, says=f"{name} fail", about=about, own=own)
    return VerifiedRecovery(recovered=False, says=f"not recovered: {name} fail", checks=(check,))


ILL = failing("endpoints", "auth")
OTHERS_ILL = failing("probes", "user", own=False)


def judged(
    before: Diagnosis, after: Diagnosis, proof: VerifiedRecovery = ILL, plan: Plan = PLAN
) -> PlanVerdict:
    """The verdict, where causes from one half on are believed."""
    return plan_verdict(plan, before, after, proof, PLATFORM, 0.5)


BEFORE = diagnosis(BAD_IMAGE, signs=(PULLS, NO_POD, SLOW))
NOTHING = diagnosis(down=())


@pytest.mark.parametrize(
    ("before", "after", "proof", "effect"),
    [
        pytest.param(BEFORE, NOTHING, WELL, EFFECTIVE, id="all is well"),
        pytest.param(
            BEFORE, diagnosis(down=(), signs=(SLOW,)), WELL, EFFECTIVE, id="a slow minute is no sign"
        ),
        pytest.param(
            BEFORE,
            diagnosis(USER_IMAGE, down=("user",)),
            OTHERS_ILL,
            EFFECTIVE,
            id="another service broke since",
        ),
        pytest.param(
            BEFORE, diagnosis(down=("user",)), OTHERS_ILL, EFFECTIVE, id="and nobody knows why it did"
        ),
        pytest.param(
            BEFORE,
            diagnosis(SELECTOR, signs=(NO_POD,)),
            ILL,
            EFFECTIVE,
            id="a second cause was behind the first",
        ),
        pytest.param(
            BEFORE,
            diagnosis(cause("bad-command", AUTH, COMMAND), signs=(NO_POD,)),
            ILL,
            EFFECTIVE,
            id="the second is in another field of the same object",
        ),
        pytest.param(
            diagnosis(BAD_IMAGE, signs=(SLOW,)),
            diagnosis(USER_IMAGE, down=("user",)),
            VerifiedRecovery(
                recovered=False,
                says="not recovered",
                checks=(
                    *OTHERS_ILL.checks,
                    RecoveryCheck(name="health", ok=True, says="200", about=("auth",)),
                ),
            ),
            EFFECTIVE,
            id="only users saw it, and they are content with what was mended",
        ),
        pytest.param(
            BEFORE, NOTHING, UNSEEN, INCONCLUSIVE, id="its signs are gone, and its users were not seen"
        ),
        pytest.param(
            BEFORE,
            diagnosis(BAD_IMAGE.model_copy(update={"cause": "unknown", "score": 1.0})),
            ILL,
            INCONCLUSIVE,
            id="an empty view afterwards",
        ),
        pytest.param(
            BEFORE,
            diagnosis(signs=(PULLS_STILL,)),
            WELL,
            INCONCLUSIVE,
            id="users are content, and its sign stands",
        ),
        pytest.param(
            BEFORE,
            diagnosis(),
            failing("health", "auth"),
            INCONCLUSIVE,
            id="its users fail for no reason known",
        ),
        pytest.param(
            diagnosis(BAD_IMAGE, signs=(NO_POD,)),
            diagnosis(SELECTOR, signs=(NO_POD,)),
            ILL,
            INCONCLUSIVE,
            id="its one sign stands, which another cause explains as well",
        ),
        pytest.param(
            BEFORE, diagnosis(BAD_IMAGE, signs=(PULLS_STILL,)), ILL, NOT_EFFECTIVE, id="its cause stands"
        ),
        pytest.param(BEFORE, diagnosis(signs=(PULLS_STILL,)), ILL, NOT_EFFECTIVE, id="its signs stand"),
        pytest.param(
            BEFORE,
            diagnosis(USER_IMAGE, signs=(PULLS_STILL, NO_POD), down=("auth", "user")),
            ILL,
            NOT_EFFECTIVE,
            id="its signs stand, and another service's cause does not explain them",
        ),
        pytest.param(
            BEFORE,
            diagnosis(SELECTOR.model_copy(update={"score": 0.4}), signs=(NO_POD,)),
            ILL,
            NOT_EFFECTIVE,
            id="the other cause is not believed",
        ),
        pytest.param(
            BEFORE,
            diagnosis(cause("crash", AUTH, IMAGE), signs=(NO_POD,)),
            ILL,
            NOT_EFFECTIVE,
            id="the other repair writes the same field",
        ),
        pytest.param(
            BEFORE, diagnosis(), ILL, NOT_EFFECTIVE, id="its rollout or its endpoints are not as wanted"
        ),
        pytest.param(
            diagnosis(BAD_IMAGE, signs=(SLOW,)),
            diagnosis(),
            failing("probes", "auth"),
            NOT_EFFECTIVE,
            id="only users saw it, and they still do",
        ),
    ],
)
def test_a_plan_is_judged_by_the_signs_of_its_own_cause(
    before: Diagnosis, after: Diagnosis, proof: VerifiedRecovery, effect: PlanEffect
) -> None:
    """Only a plan that is not effective is taken back for what it did not do."""
    verdict = judged(before, after, proof)

    assert (verdict.effect, verdict.harm) == (effect, ""), verdict.says
    assert verdict.takes_back is (effect is NOT_EFFECTIVE)


@pytest.mark.parametrize(
    ("before", "after", "harm"),
    [
        pytest.param(BEFORE, diagnosis(down=("auth",)), "", id="what failed before fails still"),
        pytest.param(BEFORE, diagnosis(down=("auth", "user")), "", id="a stranger fails since"),
        pytest.param(
            BEFORE,
            diagnosis(
                cause("bad-command", ObjectRef(kind="Deployment", namespace="shop", name="web"), COMMAND),
                down=("auth", "web"),
            ),
            "",
            id="a caller fails since, for a cause of its own",
        ),
        pytest.param(
            BEFORE,
            diagnosis(down=("auth", "web")),
            "web fails, which did not before",
            id="a caller fails since, and nothing else explains it",
        ),
        pytest.param(
            diagnosis(BAD_IMAGE, down=(), signs=(PULLS,)),
            diagnosis(down=("auth",)),
            "auth fails, which did not before",
            id="what was written fails since",
        ),
        pytest.param(
            diagnosis(BAD_IMAGE, down=(), services_degraded=("auth",), signs=(PULLS,)),
            diagnosis(down=("auth",)),
            "auth is down, which was not before",
            id="what was written lacked pods, and has none since",
        ),
    ],
)
def test_harm_is_what_its_own_write_can_explain(before: Diagnosis, after: Diagnosis, harm: str) -> None:
    """The same object, what depends on it, its rollout; nothing else is laid at its door."""
    verdict = judged(before, after, OTHERS_ILL)

    assert verdict.harm == harm
    assert verdict.takes_back is bool(harm)


def test_an_outage_that_was_only_eased_says_what_it_left_where_it_is() -> None:
    """Recovered, cause untouched."""
    verdict = judged(easing(NO_POD, causes=(SELECTOR,)), NOTHING, WELL, EASING)

    assert verdict.mended
    assert verdict.untouched == SELECTOR.says
    assert WELL.model_copy(update={"verdict": verdict}).ending_words("Switch to green") == (
        f"Switch to green; cause untouched: {SELECTOR.says}"
    )


def test_what_was_to_ease_the_outage_and_did_not_is_not_effective() -> None:
    """It has no signs of its own: users decide."""
    assert judged(easing(PULLS), diagnosis(), ILL, EASING).effect is NOT_EFFECTIVE


def test_a_service_that_finds_its_pods_again_is_better_although_none_is_ready() -> None:
    """The selector was right; what stands behind it has another cause."""
    plan = PLAN.model_copy(update={"hypothesis": SELECTOR.key, "steps": ()})
    verdict = judged(
        diagnosis(SELECTOR, signs=(NO_POD, PULLS)), diagnosis(BAD_IMAGE, signs=(NOT_READY, PULLS)), ILL, plan
    )

    assert (verdict.effect, verdict.other_cause) == (EFFECTIVE, BAD_IMAGE.says)


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
        "quota-exceeded",
        ObjectRef(kind="ResourceQuota", namespace="shop", name="tight"),
        "/spec/hard",
        explains=(str(AUTH),),
    )
    limits = cause(
        "limit-range",
        ObjectRef(kind="LimitRange", namespace="shop", name="narrow"),
        "/spec/limits",
        explains=(str(AUTH),),
    )
    quota, limits = (waking(one, wake) for one in (quota, limits))
    steps = tuple(
        Step(key=f"{number}", change=change, precondition=Precondition(), take_back="")
        for number, change in enumerate(quota.repair.changes if quota.repair else ())
    )
    plan = PLAN.model_copy(update={"hypothesis": quota.key, "steps": steps})

    before, after = diagnosis(quota, signs=(PULLS,)), diagnosis(limits, signs=(NO_POD,))

    assert judged(before, after, ILL, plan).other_cause == limits.says
