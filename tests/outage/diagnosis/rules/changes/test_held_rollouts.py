"""Rollouts held by minReadySeconds: said when the wait is too long, new, and pods that are Ready do not count."""

from collections.abc import Callable

import pytest

from outage.diagnosis.hypothesis import Action
from outage.kubernetes.json_patch import patched_object
from outage.kubernetes.objects import ObjectRef
from outage.snapshots.snapshot import Rates
from practice.faults import fault_catalogue
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_objects import SHOP, Manifest, ago, condition, unready
from tests.outage.diagnosis.worlds.shop_snapshot import Ground, platform, stranger

USER = ObjectRef(kind="Deployment", namespace=SHOP, name="user")


def waits(ground: Ground, seconds: int) -> None:
    """A pod of user has to be Ready for so long; the deadline is raised with it, or the API server would refuse it."""
    ground.get("Deployment", "user")["spec"].update(
        minReadySeconds=seconds, progressDeadlineSeconds=max(600, 2 * seconds)
    )


def waited(ground: Ground, seconds: int) -> None:
    """The same of the revision before."""
    waits(ground, seconds)
    for one in ground.objects["ReplicaSet"]:
        if one["metadata"]["name"] == "user-aaa":
            one["spec"]["minReadySeconds"] = seconds


def ready(ground: Ground, made: list[Manifest], minutes: float = 1.5) -> None:
    """These new pods became Ready, and the controller waits."""
    for one in made:
        one["status"]["conditions"] = [condition("Ready", "True", minutes)]
        one["status"]["containerStatuses"][0].update(ready=True)
    ground.endpoints("user")


def beside_the_old(ground: Ground, minutes: float = 2) -> list[Manifest]:
    """A rolling update made its first pod; the old ones stay until it counts."""
    old = ground.pods("user")
    first, *others = ground.roll("user", minutes)
    ground.objects["Pod"] = [one for one in ground.objects["Pod"] if one not in others] + old
    ready(ground, [first])
    ground.get("Deployment", "user")["status"] = {
        "replicas": 3,
        "readyReplicas": 3,
        "availableReplicas": 2,
        "updatedReplicas": 1,
        "conditions": [
            condition("Available", "True", 120, "MinimumReplicasAvailable"),
            condition("Progressing", "True", minutes, "ReplicaSetUpdated"),
        ],
    }
    return [first]


def without_the_old(ground: Ground) -> None:
    """All pods were made anew; they serve, and none counts."""
    ready(ground, ground.roll("user"))
    ground.get("Deployment", "user")["status"].update(readyReplicas=2, updatedReplicas=2)


def nothing_rolled(ground: Ground) -> None:
    """The wait alone was changed, a quarter of an hour after the last rollout: its pods count no more."""
    ready(ground, ground.pods("user"), minutes=15)
    ground.touch("Deployment", "user")["status"] = {
        "replicas": 2,
        "readyReplicas": 2,
        "updatedReplicas": 2,
        "conditions": [
            condition("Available", "False", 2, "MinimumReplicasUnavailable"),
            condition("Progressing", "True", 15, "NewReplicaSetAvailable"),
        ],
    }


def short(ground: Ground) -> None:
    """Half a minute is what rollouts are watched for."""
    waits(ground, 30)
    ready(ground, beside_the_old(ground), minutes=0.2)


def just_below(ground: Ground) -> None:
    """The longest wait that the API server takes with its own deadline."""
    waits(ground, 599)
    beside_the_old(ground)


def all_count(ground: Ground) -> None:
    """It was raised, and every pod has been Ready for longer."""
    waits(ground, 3600)
    ground.touch("Deployment", "user", 3)


def replaced_one(ground: Ground) -> None:
    """It was raised, no rollout is going on, and one pod was evicted and made anew: the others suffice."""
    waits(ground, 3600)
    ground.touch("Deployment", "user", 3)
    ready(ground, ground.pods("user")[:1])


def paused(ground: Ground) -> None:
    """Somebody holds the rollout."""
    waits(ground, 3600)
    beside_the_old(ground)
    ground.get("Deployment", "user")["spec"]["paused"] = True


def always_so(ground: Ground) -> None:
    """Releases bake for an hour by choice, and one is in the oven."""
    waited(ground, 3600)
    beside_the_old(ground)


def made_so(ground: Ground) -> None:
    """It was made with that wait a few minutes ago."""
    waits(ground, 3600)
    without_the_old(ground)
    ground.drop("ReplicaSet", "user-aaa")
    ground.get("Deployment", "user")["metadata"] |= {"creationTimestamp": ago(minutes=2), "managedFields": []}


INNOCENT = (short, just_below, all_count, replaced_one, paused, always_so, made_so)
HELD = (beside_the_old, without_the_old, nothing_rolled)


@pytest.mark.parametrize("change", [pytest.param(one, id=str(one.__doc__)) for one in INNOCENT])
@pytest.mark.parametrize("known", [True, False], ids=["with platform file", "as a stranger"])
def test_a_wait_that_is_meant_or_holds_nothing_accuses_nobody(
    change: Callable[[Ground], None], known: bool
) -> None:
    """Each of them is everyday life."""
    ground = Ground()
    change(ground)

    said = diagnose(ground.snapshot(), platform() if known else stranger())

    assert [(one.cause, one.reasons) for one in said.hypotheses] == []


def test_a_wait_that_the_baseline_has_as_well_accuses_nobody() -> None:
    """All was well with it, whatever the revisions tell."""
    ground = Ground()
    waits(ground, 3600)
    baseline = ground.baseline()
    beside_the_old(ground)

    assert diagnose(ground.snapshot(), platform(), baseline).hypotheses == ()


def test_pods_that_are_not_ready_are_a_question_of_their_own() -> None:
    """The wait holds nobody who has not come so far."""
    ground = Ground()
    waits(ground, 3600)
    for one in beside_the_old(ground):
        unready(one, waiting=("CrashLoopBackOff", "back-off 40s"), last={"exitCode": 1}, restarts=4)

    causes = [one.cause for one in diagnose(ground.snapshot(), platform()).hypotheses]

    assert causes
    assert "min-ready-too-long" not in causes


@pytest.mark.parametrize("good", [False, True], ids=["from objects alone", "with a baseline"])
def test_a_bad_release_that_the_wait_holds_is_taken_back_first(good: bool) -> None:
    """Otherwise the repair would bring it to everybody."""
    ground = Ground()
    baseline = ground.baseline() if good else None
    waits(ground, 3600)
    ground.container("user")["image"] = "shop/user:2.0"
    beside_the_old(ground)
    rates = (Rates(service="user", error_ratio=0.4, error_ratio_before=0.0, requests_per_second=5.0),)

    said = diagnose(ground.snapshot(rates=rates), platform(), baseline).hypotheses

    assert [one.cause for one in said] == ["bad-image", "min-ready-too-long"]


@pytest.mark.parametrize("change", HELD, ids=lambda one: one.__name__.replace("_", " "))
@pytest.mark.parametrize("good", [False, True], ids=["from objects alone", "with a baseline"])
@pytest.mark.parametrize("known", [True, False], ids=["with platform file", "as a stranger"])
def test_an_hour_is_too_long(change: Callable[[Ground], None], good: bool, known: bool) -> None:
    """It is the one thing that is said, and taking it back is all that is written."""
    ground = Ground()
    baseline = ground.baseline() if good else None
    waits(ground, 3600)
    change(ground)

    (found,) = diagnose(ground.snapshot(), platform() if known else stranger(), baseline).hypotheses

    assert (found.cause, found.about, found.live) == ("min-ready-too-long", USER, "3600")
    assert found.repair is not None
    (write,) = found.repair.changes
    paths = ["/spec/minReadySeconds", "/spec/progressDeadlineSeconds"][: 2 if good else 1]
    assert (write.action, write.target) == (Action.PATCH, USER)
    assert sorted(op["path"] for op in write.patch) == paths
    assert {op["op"] for op in write.patch} == {"remove"}


@pytest.mark.parametrize("good", [False, True], ids=["from the older revision", "from the baseline"])
def test_the_wait_goes_back_to_what_it_was(good: bool) -> None:
    """Ten seconds were meant, and stay."""
    ground = Ground()
    waited(ground, 10)
    baseline = ground.baseline() if good else None
    waits(ground, 3600)
    beside_the_old(ground)

    (found,) = diagnose(ground.snapshot(), platform(), baseline).hypotheses

    assert (found.field, found.live, found.wanted) == ("spec.minReadySeconds", "3600", "10")


def test_a_revision_that_was_held_itself_proves_nothing() -> None:
    """A second release came while the first one stood still: the one before both tells."""
    ground = Ground()
    waits(ground, 3600)
    beside_the_old(ground, minutes=20)
    for one in ground.objects["ReplicaSet"]:
        if one["metadata"]["name"] == "user-bbb":
            one["metadata"]["name"], one["spec"]["minReadySeconds"] = "user-abb", 3600
    beside_the_old(ground)
    ground.get("ReplicaSet", "user-bbb")["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "3"

    (found,) = diagnose(ground.snapshot(), platform()).hypotheses

    assert found.cause == "min-ready-too-long"
    assert any("revision 1" in one for one in found.reasons)


@pytest.mark.parametrize("good", [False, True], ids=["from objects alone", "with a baseline"])
def test_the_fault_that_practises_it_breaks_what_the_rule_reads(good: bool) -> None:
    """Until its picture is taken on the cluster, its own patch is laid over a healthy shop."""
    (fault,) = [one for one in fault_catalogue() if one.name == "min-ready"]
    ground = Ground()
    deployment = ground.get("Deployment", "user")
    deployment["spec"]["progressDeadlineSeconds"] = 60
    baseline = ground.baseline() if good else None
    deployment["spec"] = patched_object(deployment, tuple(fault.blows[0].patch))["spec"]
    beside_the_old(ground)

    found = diagnose(ground.snapshot(), platform(), baseline).hypotheses

    assert [one.cause for one in found] == list(fault.expected.causes)
