"""The known-good picture and what drifted from it."""

import pytest

from outage.kubernetes.objects import ObjectRef
from outage.snapshots.baseline import drift_from_baseline, normalised
from outage.snapshots.snapshot import Lists
from tests.outage.diagnosis.worlds.shop_objects import SHOP, ago
from tests.outage.diagnosis.worlds.shop_snapshot import Ground


def test_nothing_drifts_while_nothing_is_changed() -> None:
    """Status, versions, restarts and controllers' own marks are no drift."""
    ground = Ground()
    good = ground.baseline()
    deployment = ground.get("Deployment", "auth")
    deployment["status"] = {}
    deployment["metadata"]["resourceVersion"] = "99"
    note = {"kubectl.kubernetes.io/restartedAt": ago(minutes=1)}
    deployment["spec"]["template"]["metadata"]["annotations"] = note

    assert drift_from_baseline(good, ground.snapshot()) == ()


def test_a_deleted_object_is_visible_by_its_absence() -> None:
    """Absence leaves nothing to inspect but the baseline."""
    ground = Ground()
    good = ground.baseline()
    ground.drop("Service", "auth")

    found = drift_from_baseline(good, ground.snapshot())

    assert [(one.about.name, one.missing, one.says) for one in found] == [
        ("auth", True, f"service/auth in {SHOP} is gone")
    ]


def test_a_new_and_a_changed_object_are_told_apart() -> None:
    """One sentence each, with what it is and was."""
    ground = Ground()
    good = ground.baseline()
    ground.get("Service", "auth")["spec"]["ports"][0]["targetPort"] = 9999
    ground.put("NetworkPolicy", {"metadata": {"name": "lock", "namespace": SHOP}, "spec": {}})
    good = good.model_copy(update={"objects": {**good.objects, "NetworkPolicy": ()}})

    found = {str(one.about): one for one in drift_from_baseline(good, ground.snapshot())}

    assert found[f"service/auth in {SHOP}"].says.endswith("spec.ports.0.targetPort is 9999, was http")
    assert found[f"networkpolicy/lock in {SHOP}"].says == f"networkpolicy/lock in {SHOP} is new"


def test_a_kind_that_could_not_be_seen_does_not_count_as_deleted() -> None:
    """No right to list is no deletion."""
    ground = Ground()
    good = ground.baseline()
    snapshot = ground.snapshot()
    blind = snapshot.model_copy(
        update={"objects": {k: v for k, v in snapshot.objects.items() if k != "Service"}}
    )

    assert drift_from_baseline(good, blind) == ()


def test_the_baseline_knows_an_object_by_its_name() -> None:
    """And says None for what was not there."""
    good = Ground().baseline()

    assert good.get(ObjectRef(kind="Service", name="auth", namespace=SHOP)) is not None
    assert good.get(ObjectRef(kind="Service", name="nobody", namespace=SHOP)) is None


def test_what_the_server_writes_is_taken_off() -> None:
    """What stays is what somebody asked for."""
    plain = normalised(Ground().get("Deployment", "auth"))

    assert set(plain) == {"kind", "metadata", "spec"}
    assert set(plain["metadata"]) == {"name", "namespace", "labels"}


@pytest.mark.parametrize(
    "kind", ["ResourceQuota", "NetworkPolicy", "CronJob", "LimitRange", "PodDisruptionBudget"]
)
def test_a_new_object_is_seen_where_its_kind_had_none(kind: str) -> None:
    """The first quota or policy of a namespace is what stops it."""
    ground = Ground()
    good = ground.baseline()
    ground.put(kind, {"metadata": {"name": "lock", "namespace": SHOP}, "spec": {}})

    assert [one.says for one in drift_from_baseline(good, ground.snapshot())] == [
        f"{kind.lower()}/lock in {SHOP} is new"
    ]


def test_an_object_of_a_namespace_that_the_baseline_does_not_know_is_no_drift() -> None:
    """An ill pod's neighbours elsewhere were never part of the picture."""
    ground = Ground()
    good = ground.baseline()
    ground.put("NetworkPolicy", {"metadata": {"name": "lock", "namespace": "elsewhere"}, "spec": {}})

    assert drift_from_baseline(good, ground.snapshot()) == ()


def test_an_object_whose_list_did_not_come_back_is_neither_gone_nor_new() -> None:
    """One 500 on a list of one namespace says nothing about what is there."""
    ground = Ground()
    listed = Lists(home=(SHOP,), listed={"Service": ("kube-system",), "Deployment": (SHOP,)})
    good = ground.baseline()
    ground.drop("Service", "auth")
    ground.drop("Deployment", "auth")
    seen = ground.snapshot().model_copy(update={"lists": listed})

    assert [one.says for one in drift_from_baseline(good, seen)] == [f"deployment/auth in {SHOP} is gone"]
    half = good.model_copy(update={"objects": {**good.objects, "Service": ()}, "lists": listed})
    assert [one.about.name for one in drift_from_baseline(half, Ground().snapshot()) if one.new] == [
        "kube-dns"
    ]


def test_what_is_secret_is_hidden_on_both_sides_of_a_drift() -> None:
    """A sentence and a JSON of a drift are read by many."""
    ground = Ground()
    ground.put(
        "ConfigMap", {"metadata": {"name": "web", "namespace": SHOP}, "data": {"DB_PASSWORD": "hunter22"}}
    )
    ground.container("auth")["env"].append({"name": "REDIS_AUTH", "value": "hunter23"})
    good = ground.baseline()
    ground.get("ConfigMap", "web")["data"]["DB_PASSWORD"] = "newpass99"
    ground.container("auth")["env"][-1]["value"] = "newpass98"

    found = drift_from_baseline(good, ground.snapshot())

    said = " ".join(one.says + one.model_dump_json() for one in found)
    assert not [word for word in ("hunter2", "newpass9", "hash:") if word in said]
    assert f"configmap/web in {SHOP}: data.DB_PASSWORD is (hidden), was (hidden)" in said
