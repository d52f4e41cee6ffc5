"""StatefulSets whose controller waits for a pod of a bad revision instead of replacing it: innocent ones first."""

import copy
from collections.abc import Callable

import pytest

from outage.diagnosis.hypothesis import Action, Diagnosis, Hypothesis
from outage.plans.planning import plan_for, repair_targets
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.otel_demo import Bazaar, stranger
from tests.outage.diagnosis.worlds.otel_demo_faults import ENDED, first, told
from tests.outage.diagnosis.worlds.otel_demo_objects import sick
from tests.outage.diagnosis.worlds.shop_objects import NOON, Manifest, ago
from tests.outage.kubernetes.repairing import INCIDENT

GOOD, BAD = "postgresql-1f6d9b7c5", "postgresql-2f6d9b7c5"
NO_IMAGE = ("ImagePullBackOff", "Back-off pulling image")
Change = Callable[[Bazaar], None]


def _marked(bazaar: Bazaar, revision: str) -> Manifest:
    pod = bazaar.pods("postgresql")[0]
    pod["metadata"]["labels"]["controller-revision-hash"] = revision
    return pod


def rolled_out(bazaar: Bazaar) -> None:
    """A bad image came four minutes ago; the pod is of the live template."""
    bazaar.container("postgresql")["image"] = "postgres:nope"
    pod = bazaar.patched("postgresql", waiting=NO_IMAGE)[0]
    bazaar.event(pod, "Failed", 'Failed to pull image "postgres:nope": not found')
    _revised(bazaar)


def crashing(bazaar: Bazaar) -> None:
    """A bad command came four minutes ago; the pod is of the live template."""
    bazaar.container("postgresql")["args"] = ["--nope"]
    bazaar.patched("postgresql", waiting=("CrashLoopBackOff", "back-off"), last=ENDED, restarts=5)
    _revised(bazaar)


def _revised(bazaar: Bazaar) -> None:
    _marked(bazaar, BAD)
    bazaar.workload("postgresql")["status"].update(currentRevision=GOOD, updateRevision=BAD)


def put_fields_back(bazaar: Bazaar, broken: Change = rolled_out) -> None:
    """The template was put back two minutes ago, and the revision of old got the newest number."""
    good = copy.deepcopy(bazaar.workload("postgresql")["spec"]["template"])
    broken(bazaar)
    bazaar.workload("postgresql")["spec"]["template"] = good
    bazaar.touch("StatefulSet", "postgresql", 2)
    bazaar.get("ControllerRevision", GOOD)["revision"] = 3
    bazaar.workload("postgresql")["status"].update(currentRevision=GOOD, updateRevision=GOOD)


def crashing_and_put_back(bazaar: Bazaar) -> None:
    """The bad command is gone from the template; the pod goes on ending."""
    put_fields_back(bazaar, crashing)


def mended_forward(bazaar: Bazaar) -> None:
    """A third template, with an image that exists, came two minutes ago; the pod never was ready on the second."""
    rolled_out(bazaar)
    bazaar.container("postgresql")["image"] = "postgres:18"
    revision = copy.deepcopy(bazaar.get("ControllerRevision", BAD))
    revision["metadata"].update(name="postgresql-3f6d9b7c5", creationTimestamp=ago(minutes=2))
    revision["revision"] = 3
    revision["data"]["spec"]["template"]["spec"]["containers"][0]["image"] = "postgres:18"
    bazaar.put("ControllerRevision", revision)
    bazaar.workload("postgresql")["status"]["updateRevision"] = "postgresql-3f6d9b7c5"


def _spec(**fields: object) -> Change:
    def change(bazaar: Bazaar) -> None:
        put_fields_back(bazaar)
        bazaar.workload("postgresql")["spec"].update(fields)

    return change


def _not_noticed(bazaar: Bazaar) -> None:
    put_fields_back(bazaar)
    bazaar.workload("postgresql")["metadata"]["generation"] = 9


def _ready_by_now(bazaar: Bazaar) -> None:
    good = Bazaar().pods("postgresql")[0]
    put_fields_back(bazaar)
    bazaar.pods("postgresql")[0].update(status=good["status"])
    bazaar.status("postgresql", 1)


def _deleted(said: Diagnosis) -> list[str]:
    repairs = [one.repair for one in said.hypotheses if one.repair]
    return [one.target.name for each in repairs for one in each.changes if one.action is Action.DELETE]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda bazaar: None, id="all is well"),
        pytest.param(_ready_by_now, id="the pod of the old revision is ready, so it is replaced in its turn"),
        pytest.param(_not_noticed, id="its controller has not seen the template yet"),
        pytest.param(_spec(podManagementPolicy="Parallel"), id="pods are managed in parallel"),
        pytest.param(_spec(updateStrategy={"type": "OnDelete"}), id="a person deletes the pods"),
        pytest.param(
            _spec(updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}),
            id="the partition keeps the pod at its revision",
        ),
    ],
)
def test_no_pod_is_deleted_that_its_controller_replaces_or_keeps(change: Change) -> None:
    """What goes on by itself, or is held back on purpose, is left alone."""
    assert _deleted(told(change)) == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(put_fields_back, id="bad image put back"),
        pytest.param(crashing_and_put_back, id="bad command put back"),
        pytest.param(mended_forward, id="bad image replaced by a third one"),
    ],
)
def test_a_pod_that_is_left_behind_is_deleted_and_the_template_stays(change: Change) -> None:
    """To undo again would bring the bad revision back."""
    one = first(change)

    assert one.repair is not None
    assert [(each.action, each.target.name) for each in one.repair.changes] == [
        (Action.DELETE, "postgresql-0")
    ]
    assert one.live == BAD


@pytest.mark.parametrize("change", [put_fields_back, crashing_and_put_back])
def test_a_revision_that_was_left_is_never_offered(change: Change) -> None:
    """It has an older number, but it was the way in."""
    repairs: list[Hypothesis] = [one for one in told(change).hypotheses if one.repair]

    assert not any(
        one.action is not Action.DELETE for each in repairs if each.repair for one in each.repair.changes
    )


def test_undoing_a_template_is_followed_by_the_deletion_of_its_stuck_pod() -> None:
    """Else the controller would wait for it for ever, and the right repair would be taken back."""
    one = first(rolled_out)

    assert (one.cause, one.repair is not None) == ("bad-image", True)
    assert one.repair is not None
    assert [(each.action, each.target.kind) for each in one.repair.changes] == [
        (Action.UNDO, "StatefulSet"),
        (Action.DELETE, "Pod"),
    ]
    assert one.repair.summary.endswith(", then delete pod/postgresql-0")


def test_with_a_baseline_only_the_stuck_one_of_two_pods_is_deleted() -> None:
    """The other one still runs the good template."""
    bazaar = Bazaar()
    bazaar.workload("postgresql")["spec"]["replicas"] = 2
    good = bazaar.baseline()
    old = copy.deepcopy(_marked(bazaar, GOOD))
    rolled_out(bazaar)
    _marked(bazaar, BAD)["metadata"]["name"] = "postgresql-1"
    bazaar.objects["Event"] = []
    bazaar.objects["Pod"].append(old)
    bazaar.status("postgresql", 1)

    one = diagnose(bazaar.snapshot(), stranger(), good).hypotheses[0]

    assert one.repair is not None
    assert [each.target.name for each in one.repair.changes] == ["postgresql", "postgresql-1"]


def test_a_pod_that_misses_its_partner_does_not_condemn_its_revision() -> None:
    """It was ready until the other one went: the older revision stays the way out."""
    bazaar = Bazaar()
    bazaar.workload("postgresql")["spec"]["replicas"] = 2
    old = copy.deepcopy(_marked(bazaar, GOOD))
    rolled_out(bazaar)
    _marked(bazaar, BAD)["metadata"]["name"] = "postgresql-1"
    sick(old, 3)
    bazaar.objects["Pod"].append(old)
    bazaar.status("postgresql", 0)

    one = diagnose(bazaar.snapshot(), stranger()).hypotheses[0]

    assert one.repair is not None
    assert [each.target.name for each in one.repair.changes] == ["postgresql", "postgresql-1"]


def test_the_deletion_is_bound_to_the_pod_that_was_seen() -> None:
    """A pod made anew in the meantime is another one; and its controller is the way back."""
    bazaar = Bazaar()
    rolled_out(bazaar)
    one = diagnose(bazaar.snapshot(), stranger()).hypotheses[0]
    live = {target: bazaar.get(target.kind, target.name) for target in repair_targets(one)}

    undo, delete = plan_for(one, INCIDENT, 1, live, NOON).steps

    assert delete.precondition.uid == bazaar.pods("postgresql")[0]["metadata"]["uid"]
    assert "puts a new pod in its place" in delete.take_back
    assert undo.key != delete.key
