"""Plans: what is written, and what they rely on."""

import pytest

from outage.diagnosis.hypothesis import Action, Hypothesis, Risk
from outage.errors import ClusterRejected
from outage.plans.plan import Plan
from outage.plans.planning import plan_for, repair_targets
from outage.plans.preconditions import broken_precondition, precondition, precondition_anew, spec_hash
from outage.value import Manifest
from tests.outage.kubernetes.repairing import IMAGE, INCIDENT, auth, change, made
from tests.outage.policies.guards.guard_places import AUTH, NODE, NOON


def test_a_plan_is_bound_to_the_objects_it_was_made_against() -> None:
    """Steps have stable keys, preconditions and ways back."""
    [step] = made(change(Action.PATCH, IMAGE)).steps

    assert step.key == "1-patch-deployment-auth"
    assert (step.precondition.uid, step.precondition.resource_version, step.precondition.generation) == (
        "u",
        "7",
        3,
    )
    assert step.precondition.spec_hash == spec_hash(auth())
    assert "Restore the changed fields of deployment/auth" in step.take_back


def test_a_cause_without_a_repair_gives_a_plan_without_steps() -> None:
    """Guards refuse it; a person gets it."""
    cause = Hypothesis(cause="application-error", about=AUTH, says="it crashes", score=1)

    assert plan_for(cause, INCIDENT, 1, {}, NOON).steps == ()
    assert repair_targets(cause) == ()


def test_the_worst_step_is_the_plan_s_risk() -> None:
    """Policy speaks in risks."""
    assert made(change(Action.PATCH, IMAGE), change(Action.RESTART, risk=Risk.HIGH)).risk is Risk.HIGH


@pytest.mark.parametrize(
    ("annotations", "path"),
    [
        pytest.param(None, "/spec/template/metadata/annotations", id="a template without annotations"),
        pytest.param(
            {"a": "b"},
            "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt",
            id="a template with annotations keeps them",
        ),
    ],
)
def test_a_restart_writes_what_kubectl_writes(annotations: dict[str, str] | None, path: str) -> None:
    """So that both look the same in the history."""
    live = auth()
    live["spec"]["template"]["metadata"] |= {"annotations": annotations} if annotations else {}
    [step] = made(change(Action.RESTART), live={AUTH: live}).steps

    assert step.change.patch[0]["path"] == path
    assert "2030-01-01T12:00:00Z" in str(step.change.patch[0]["value"])


def test_cordoning_and_uncordoning_are_patches() -> None:
    """Nothing more than the one field; what is not cordoned is not uncordoned."""
    node: Manifest = {"kind": "Node", "metadata": {"name": "node-1", "uid": "n"}, "spec": {}}
    cordoned = node | {"spec": {"unschedulable": True}}

    assert made(change(Action.CORDON, target=NODE), live={NODE: node}).steps[0].change.patch == (
        {"op": "add", "path": "/spec/unschedulable", "value": True},
    )
    assert made(change(Action.UNCORDON, target=NODE), live={NODE: cordoned}).steps[0].change.patch == (
        {"op": "remove", "path": "/spec/unschedulable"},
    )
    assert made(change(Action.UNCORDON, target=NODE), live={NODE: node}).steps[0].change.patch == ()


def test_later_steps_on_one_object_follow_earlier_ones() -> None:
    """Their precondition is what our own write left; a deleted object must not exist when it is created anew."""
    first, second, third = made(
        change(Action.PATCH, IMAGE), change(Action.DELETE), change(Action.CREATE, manifest=auth("auth:8"))
    ).steps

    assert first.precondition.follows is None
    assert second.precondition.follows == first.key
    assert (third.precondition.follows, third.precondition.uid) == (second.key, None)


def test_a_patch_that_does_not_fit_any_more_is_told_when_planning() -> None:
    """The object changed between the picture and the plan."""
    gone = {"op": "remove", "path": "/spec/template/spec/containers/1"}

    with pytest.raises(ClusterRejected, match="apply a patch to Deployment auth"):
        made(change(Action.PATCH, gone), change(Action.RESTART))


def test_the_hash_is_of_everything_that_will_be_written() -> None:
    """And of the diff that was shown, but not of the moment."""
    plan = made(change(Action.PATCH, IMAGE))

    assert (
        plan.hash
        == made(change(Action.PATCH, IMAGE)).model_copy(update={"made_at": NOON.replace(hour=13)}).hash
    )
    assert plan.hash != made(change(Action.PATCH, IMAGE | {"value": "auth:7"})).hash
    shown = plan.model_copy(update={"steps": (plan.steps[0].model_copy(update={"diff": "x"}),)})
    assert plan.hash != shown.hash
    assert Plan.model_validate_json(plan.model_dump_json()).hash == plan.hash


@pytest.mark.parametrize(
    ("live", "because"),
    [
        pytest.param(auth(resourceVersion="900", generation=3), None, id="a status report"),
        pytest.param(auth(replicas=5), None, id="an autoscaler at work"),
        pytest.param(auth(annotations={"deployment.kubernetes.io/revision": "9"}), None, id="bookkeeping"),
        pytest.param(auth("auth:10"), "somebody edited it", id="another image"),
        pytest.param(auth(labels={"team": "b"}), "somebody edited it", id="another label"),
        pytest.param(
            auth("auth:10", managedFields=[{"manager": "kubectl-edit", "time": "2030-01-01T11:59:00Z"}]),
            "somebody edited it (kubectl-edit at 2030-01-01T11:59:00Z)",
            id="with the name of who wrote",
        ),
        pytest.param(
            auth(
                "auth:10",
                managedFields=[
                    {"manager": "outage", "time": "2030-01-01T11:59:00Z"},
                    {"manager": "kubectl-edit", "time": "2030-01-01T11:59:00Z"},
                ],
            ),
            "somebody edited it (kubectl-edit at 2030-01-01T11:59:00Z)",
            id="in the second in which we wrote it ourselves",
        ),
        pytest.param(auth(uid="other"), "it was deleted and made anew", id="another object"),
        pytest.param(auth(deletionTimestamp="2030-01-01T12:00:00Z"), "it is being deleted", id="going"),
        pytest.param(None, "it is gone", id="gone"),
    ],
)
def test_only_what_people_edit_voids_an_approval(live: Manifest | None, because: str | None) -> None:
    """A failing object's version moves all the time; that says nothing."""
    patch = change(Action.PATCH, IMAGE)

    assert broken_precondition(precondition(auth(), patch), live, patch) == because


def test_a_change_that_scales_relies_on_the_count() -> None:
    """There the autoscaler's word is an edit."""
    scale = change(Action.SCALE, {"op": "replace", "path": "/spec/replicas", "value": 4})

    assert broken_precondition(precondition(auth(), scale), auth(replicas=5), scale) == "somebody edited it"


def test_an_object_that_must_not_exist_may_not_exist() -> None:
    """The precondition of a creation."""
    create = change(Action.CREATE, manifest=auth())

    assert broken_precondition(precondition(None, create), None, create) is None
    assert broken_precondition(precondition(None, create), auth(), create) == "it exists by now"


def test_an_object_is_made_anew_without_what_the_server_fills_in() -> None:
    """Otherwise the API server refuses it."""
    fresh = precondition_anew(auth(creationTimestamp="x", managedFields=[{}]), AUTH)

    assert fresh["metadata"] == {"name": "auth", "namespace": "shop"}
    assert "status" not in fresh
