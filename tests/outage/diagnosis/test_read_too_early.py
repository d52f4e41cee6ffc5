"""Pods that started while a ConfigMap held a wrong value hold it still, when it has long been put back."""

from outage.diagnosis.hypothesis import Action, Diagnosis
from outage.snapshots.snapshot import LogTail
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_snapshot import SHOP, Ground, ago, meta, platform


def put_fields_back(host: str = "postgres-old") -> Ground:
    """The database's address was wrong for a minute; auth started in that minute and looks for the wrong host."""
    ground = Ground()
    config = ground.put(
        "ConfigMap", {"metadata": meta("app-config", SHOP), "data": {"DATABASE_HOST": "postgres"}}
    )
    config["metadata"]["managedFields"] = [{"manager": "kubectl-edit", "time": ago(minutes=5)}]
    for container in (
        ground.container("auth"),
        ground.get("ReplicaSet", "auth-aaa")["spec"]["template"]["spec"]["containers"][0],
    ):
        container["envFrom"] = [{"configMapRef": {"name": "app-config"}}]
    failing = ground.fail("auth", minutes=5)
    for pod in failing:
        pod["metadata"]["creationTimestamp"] = ago(minutes=6)
        for status in pod["status"].get("containerStatuses", []):
            status["state"] = {"running": {"startedAt": ago(minutes=6)}}
    text = f"{ago(seconds=30)} ERROR dial tcp: lookup {host} on 10.79.0.10:53: no such host"
    tail = LogTail(namespace=SHOP, pod=failing[0]["metadata"]["name"], container="auth", text=text)
    ground.extra["logs"] = (tail,)
    return ground


def said(ground: Ground) -> Diagnosis:
    """What is said of it, without a baseline."""
    return diagnose(ground.snapshot(), platform())


def test_who_looks_for_a_host_that_nothing_names_any_more_starts_anew() -> None:
    """The value is right now; only the pods are old."""
    first = said(put_fields_back()).hypotheses[0]

    assert (first.cause, first.about.name) == ("stale-env", "auth")
    assert first.repair is not None
    assert [(one.action, one.target.name) for one in first.repair.changes] == [(Action.RESTART, "auth")]


def test_who_looks_for_a_host_that_is_still_named_did_not_read_too_early() -> None:
    """Then the address itself, or DNS, is to blame: a restart would change nothing."""
    assert "stale-env" not in [one.cause for one in said(put_fields_back("postgres")).hypotheses]


def test_pods_that_started_after_the_change_read_what_is_there() -> None:
    """Whatever they fail of, it is no old value."""
    ground = put_fields_back()
    for pod in ground.pods("auth"):
        pod["metadata"]["creationTimestamp"] = ago(minutes=3)
        for status in pod["status"].get("containerStatuses", []):
            status["state"] = {"running": {"startedAt": ago(minutes=3)}}

    assert "stale-env" not in [one.cause for one in said(ground).hypotheses]
