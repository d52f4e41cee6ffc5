"""Plans: what is written, what they rely on, what they look like, and how a write is recognised afterwards."""

from typing import Any

import pytest

from outage.diff import difference
from outage.errors import ClusterRejected
from outage.fence import anew, broken, precondition, spec_hash
from outage.hypothesis import Action, Change, Hypothesis, Repair, Risk
from outage.incident import Incident
from outage.objects import ObjectRef
from outage.plan import Plan
from outage.planning import plan_for, targets
from outage.settling import Seen, already_so, look, undoing
from outage.value import Manifest
from tests.outage.guards.places import AUTH, NODE, NOON

INCIDENT = Incident(id="inc-1", key="k", title="t", opened_at=NOON)


def auth(image: str = "auth:9", replicas: int = 2, **meta: Any) -> Manifest:
    """A Deployment as the API gives it."""
    template = {
        "metadata": {"labels": {"app": "auth"}},
        "spec": {"containers": [{"name": "app", "image": image}]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "auth",
            "namespace": "shop",
            "uid": "u",
            "resourceVersion": "7",
            "generation": 3,
            **meta,
        },
        "spec": {"replicas": replicas, "template": template},
        "status": {"readyReplicas": 0},
    }


IMAGE = {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "auth:8"}


def change(
    action: Action = Action.PATCH, *ops: dict[str, Any], target: ObjectRef = AUTH, **more: Any
) -> Change:
    """A change."""
    return Change(action=action, target=target, patch=ops, why="w", expected="e", **more)


def made(*changes: Change, live: dict[ObjectRef, Manifest | None] | None = None) -> Plan:
    """The plan of these changes."""
    cause = Hypothesis(
        cause="bad-image",
        about=AUTH,
        says="auth runs an image that is not there",
        score=1,
        repair=Repair(summary="Undo it", changes=changes),
    )
    return plan_for(cause, INCIDENT, 1, {AUTH: auth()} if live is None else live, NOON)


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
    assert targets(cause) == ()


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
        pytest.param(auth(uid="other"), "it was deleted and made anew", id="another object"),
        pytest.param(auth(deletionTimestamp="2030-01-01T12:00:00Z"), "it is being deleted", id="going"),
        pytest.param(None, "it is gone", id="gone"),
    ],
)
def test_only_what_people_edit_voids_an_approval(live: Manifest | None, because: str | None) -> None:
    """A failing object's version moves all the time; that says nothing."""
    patch = change(Action.PATCH, IMAGE)

    assert broken(precondition(auth(), patch), live, patch) == because


def test_a_change_that_scales_relies_on_the_count() -> None:
    """There the autoscaler's word is an edit."""
    scale = change(Action.SCALE, {"op": "replace", "path": "/spec/replicas", "value": 4})

    assert broken(precondition(auth(), scale), auth(replicas=5), scale) == "somebody edited it"


def test_an_object_that_must_not_exist_may_not_exist() -> None:
    """The precondition of a creation."""
    create = change(Action.CREATE, manifest=auth())

    assert broken(precondition(None, create), None, create) is None
    assert broken(precondition(None, create), auth(), create) == "it exists by now"


def test_an_object_is_made_anew_without_what_the_server_fills_in() -> None:
    """Otherwise the API server refuses it."""
    fresh = anew(auth(creationTimestamp="x", managedFields=[{}]), AUTH)

    assert fresh["metadata"] == {"name": "auth", "namespace": "shop"}
    assert "status" not in fresh


TWO_LIMITS = {
    "op": "add",
    "path": "/spec/template/spec/containers/0/resources",
    "value": {"limits": {"cpu": "1"}},
}


@pytest.mark.parametrize(
    ("of", "before", "live", "seen"),
    [
        pytest.param(change(Action.PATCH, IMAGE), auth(), auth("auth:8"), Seen.WRITTEN, id="patched"),
        pytest.param(
            change(Action.PATCH, IMAGE), auth(), auth(resourceVersion="9"), Seen.AS_BEFORE, id="not patched"
        ),
        pytest.param(
            change(Action.PATCH, IMAGE), auth(), auth("auth:10"), Seen.NEITHER, id="patched by somebody"
        ),
        pytest.param(change(Action.PATCH, IMAGE), auth(), None, Seen.NEITHER, id="deleted meanwhile"),
        pytest.param(
            change(Action.PATCH, IMAGE), auth(), auth("auth:8", uid="o"), Seen.NEITHER, id="made anew"
        ),
        pytest.param(change(Action.DELETE), auth(), None, Seen.WRITTEN, id="deleted"),
        pytest.param(change(Action.DELETE), auth(), auth(), Seen.AS_BEFORE, id="not deleted"),
        pytest.param(change(Action.DELETE), auth(), auth(deletionTimestamp="x"), Seen.WRITTEN, id="going"),
        pytest.param(change(Action.CREATE, manifest=auth()), None, auth(), Seen.WRITTEN, id="created"),
        pytest.param(change(Action.CREATE, manifest=auth()), None, None, Seen.AS_BEFORE, id="not created"),
        pytest.param(
            change(Action.CREATE, manifest=auth()), None, auth("x"), Seen.NEITHER, id="created by somebody"
        ),
    ],
)
def test_a_write_without_an_outcome_is_told_by_looking(
    of: Change, before: Manifest | None, live: Manifest | None, seen: Seen
) -> None:
    """Never by repeating."""
    assert look(of, before, live) is seen


def test_defaults_that_the_server_fills_in_do_not_hide_a_write() -> None:
    """What we wrote is there; that there is more of it is the server's doing."""
    live = auth()
    live["spec"]["template"]["spec"]["containers"][0]["resources"] = {
        "limits": {"cpu": "1"},
        "requests": {"cpu": "1"},
    }

    assert look(change(Action.PATCH, TWO_LIMITS), auth(), live) is Seen.WRITTEN


def test_a_list_that_moved_is_not_mistaken_for_ours() -> None:
    """Without the picture before, adding to a list cannot be recognised: then the answer is no."""
    add = {
        "op": "add",
        "path": "/spec/template/spec/containers/-",
        "value": {"name": "app", "image": "auth:9"},
    }

    assert already_so(change(Action.PATCH, IMAGE), auth("auth:8"))
    assert not already_so(change(Action.PATCH, add), auth())
    assert not already_so(change(Action.RESTART, IMAGE), auth("auth:8"))


def test_a_session_that_blocks_nobody_any_more_is_ended_enough() -> None:
    """Its query was cancelled; the session may live on."""
    end = change(Action.CANCEL, target=ObjectRef(kind="Session", name="7"), session=7)
    blocking: Manifest = {
        "kind": "Session",
        "metadata": {"name": "7", "uid": "7@x"},
        "spec": {"blocks": True},
    }
    harmless = blocking | {"spec": {"blocks": False}, "status": {"state": "active"}}

    assert look(end, blocking, harmless) is Seen.WRITTEN
    assert look(end, blocking, blocking) is Seen.AS_BEFORE
    assert already_so(end, None)
    assert undoing(end, blocking, None) is None


def test_a_diff_shows_the_one_line_that_changes() -> None:
    """Without status, versions and managed fields."""
    assert difference(auth(), auth("auth:8", resourceVersion="9", managedFields=[{"manager": "x"}])) == (
        "--- before deployment/auth\n"
        "+++ after deployment/auth\n"
        "@@ -12,4 +12,4 @@\n"
        "     spec:\n"
        "       containers:\n"
        "       - name: app\n"
        "-        image: auth:9\n"
        "+        image: auth:8"
    )


def test_a_diff_of_a_new_and_of_a_deleted_object_shows_it_whole() -> None:
    """A person approves what will be there, or what will not."""
    settings: Manifest = {"kind": "ConfigMap", "metadata": {"name": "s", "uid": "u"}, "data": {"a": "1"}}

    assert difference(None, settings).splitlines()[:2] == ["--- nothing there", "+++ after configmap/s"]
    assert "-  a: '1'" in difference(settings, None)
    assert difference(settings, settings) == ""


def test_no_secret_stands_in_a_diff() -> None:
    """Neither of Secrets nor of variables that are named like one; that they change is told."""

    def secret(value: str) -> Manifest:
        return {"kind": "Secret", "metadata": {"name": "s"}, "data": {"key": value, "same": "c2FtZQ=="}}

    def env(value: str) -> Manifest:
        made = auth()
        made["spec"]["template"]["spec"]["containers"][0]["env"] = [
            {"name": "DATABASE_PASSWORD", "value": value}
        ]
        return made

    text = difference(secret("b2xk"), secret("bmV3")) + difference(env("hunter2"), env("hunter3"))

    for hidden in ("b2xk", "bmV3", "hunter2", "hunter3", "c2FtZQ=="):
        assert hidden not in text
    assert "+  key:" in text or "-  key:" in text
