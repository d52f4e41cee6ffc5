"""The known-good picture and what drifted from it."""

from outage.baseline import drift, normalise
from outage.objects import ObjectRef
from tests.outage.diagnosis.world import SHOP, Ground, ago


def test_nothing_drifts_while_nothing_is_changed() -> None:
    """Status, versions, restarts and controllers' own marks are no drift."""
    ground = Ground()
    good = ground.baseline()
    deployment = ground.get("Deployment", "auth")
    deployment["status"] = {}
    deployment["metadata"]["resourceVersion"] = "99"
    note = {"kubectl.kubernetes.io/restartedAt": ago(minutes=1)}
    deployment["spec"]["template"]["metadata"]["annotations"] = note

    assert drift(good, ground.snapshot()) == ()


def test_a_deleted_object_is_visible_by_its_absence() -> None:
    """Absence leaves nothing to inspect but the baseline."""
    ground = Ground()
    good = ground.baseline()
    ground.drop("Service", "auth")

    found = drift(good, ground.snapshot())

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

    found = {str(one.about): one for one in drift(good, ground.snapshot())}

    assert found[f"service/auth in {SHOP}"].says.endswith("spec.ports.0.targetPort is 9999, was http")


def test_a_kind_that_could_not_be_seen_does_not_count_as_deleted() -> None:
    """No right to list is no deletion."""
    ground = Ground()
    good = ground.baseline()
    snapshot = ground.snapshot()
    blind = snapshot.model_copy(
        update={"objects": {k: v for k, v in snapshot.objects.items() if k != "Service"}}
    )

    assert drift(good, blind) == ()


def test_the_baseline_knows_an_object_by_its_name() -> None:
    """And says None for what was not there."""
    good = Ground().baseline()

    assert good.get(ObjectRef(kind="Service", name="auth", namespace=SHOP)) is not None
    assert good.get(ObjectRef(kind="Service", name="nobody", namespace=SHOP)) is None


def test_what_the_server_writes_is_taken_off() -> None:
    """What stays is what somebody asked for."""
    plain = normalise(Ground().get("Deployment", "auth"))

    assert set(plain) == {"kind", "metadata", "spec"}
    assert set(plain["metadata"]) == {"name", "namespace", "labels"}
