"""Healthy pictures come first: they must stay silent."""

from collections.abc import Callable

import pytest

from outage.incidents.severity import Severity
from outage.snapshots.snapshot import Probe, Rates
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_objects import ago, condition, meta, unready
from tests.outage.diagnosis.worlds.shop_snapshot import Ground, alert, platform, stranger


def nothing(_: Ground) -> None:
    """Change nothing."""


def parked(ground: Ground) -> None:
    """A workload that nobody calls is scaled to zero, long ago."""
    ground.drop("Ingress", "shop-ingress")
    ground.get("Deployment", "content")["spec"]["replicas"] = 0
    ground.get("Deployment", "content")["status"] = {}
    ground.objects["Pod"] = [one for one in ground.objects["Pod"] if one not in ground.pods("content")]
    ground.endpoints("content")


def parked_on_purpose(ground: Ground) -> None:
    """A workload with a mark that says so is scaled to zero a minute ago."""
    parked(ground)
    ground.get("Deployment", "content")["metadata"]["annotations"] = {"shop.test/parked": "true"}
    ground.event(
        "Deployment", "content", "ScalingReplicaSet", "Scaled down replica set content-aaa from 2 to 0"
    )


def rolling(ground: Ground) -> None:
    """A rolling update is going on: a new pod is starting while the old ones serve."""
    deployment = ground.get("Deployment", "user")
    deployment["spec"]["template"]["spec"]["containers"][0]["image"] = "shop/user:1.1"
    old = ground.pods("user")
    made = ground.roll("user", minutes=0.2)
    ground.objects["Pod"] = [one for one in ground.objects["Pod"] if one not in made[1:]] + old
    made[0]["status"].update(phase="Pending")
    made[0]["status"]["containerStatuses"][0]["state"] = {"waiting": {"reason": "ContainerCreating"}}
    deployment["status"].update(readyReplicas=1, updatedReplicas=1)
    ground.endpoints("user", 2)


def recreating(ground: Ground) -> None:
    """A Recreate rollout is going on: the old pods are gone and the new ones are being made."""
    ground.container("auth")["image"] = "shop/auth:1.1"
    for one in ground.roll("auth", minutes=0.15):
        one["status"]["phase"] = "Pending"
        one["status"]["containerStatuses"][0]["state"] = {"waiting": {"reason": "ContainerCreating"}}


def finished_job(ground: Ground) -> None:
    """A Job has done its work."""
    owners = [{"kind": "Job", "name": "smoke", "controller": True}]
    ground.put("Job", {"metadata": meta("smoke"), "spec": {}, "status": {"succeeded": 1}})
    ground.put(
        "Pod",
        {"metadata": meta("smoke-x", ownerReferences=owners), "spec": {}, "status": {"phase": "Succeeded"}},
    )


def failed_job(ground: Ground) -> None:
    """A Job of last night failed; nobody is hurt."""
    owners = [{"kind": "Job", "name": "report", "controller": True}]
    ground.put(
        "Pod",
        {"metadata": meta("report-x", ownerReferences=owners), "spec": {}, "status": {"phase": "Failed"}},
    )


def draining(ground: Ground) -> None:
    """A node is being drained: its pods leave, their replacements have just been made."""
    ground.touch("Node", "node-2", minutes=0.5)["spec"]["unschedulable"] = True
    for name in ("auth", "user"):
        leaving = ground.pods(name)[1]
        leaving["metadata"]["deletionTimestamp"] = ago(seconds=10)
        made = {
            **leaving,
            "metadata": {**leaving["metadata"], "name": f"{name}-aaa-9", "creationTimestamp": ago(seconds=8)},
        }
        made["metadata"].pop("deletionTimestamp")
        made["spec"] = {**leaving["spec"], "nodeName": "node-1"}
        made["status"] = {"phase": "Pending", "conditions": [condition("Ready", "False", 0.1)]}
        ground.put("Pod", made)
        ground.get("Deployment", name)["status"].update(readyReplicas=1, availableReplicas=1)


def cordoned(ground: Ground) -> None:
    """A node is cordoned, and everything still runs."""
    ground.touch("Node", "node-2")["spec"]["unschedulable"] = True


def old_restart(ground: Ground) -> None:
    """Containers restarted yesterday."""
    for one in ground.pods("auth"):
        status = one["status"]["containerStatuses"][0]
        status["restartCount"] = 7
        status["lastState"] = {
            "terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": ago(hours=20)}
        }


def old_policies(ground: Ground) -> None:
    """A default deny with narrow allows for every call, as old as the platform."""
    spec = {"podSelector": {}, "policyTypes": ["Ingress"]}
    ground.put("NetworkPolicy", {"metadata": meta("default-deny"), "spec": spec})
    ground.put(
        "NetworkPolicy",
        {"metadata": meta("allow"), "spec": {**spec, "ingress": [{"from": [{"podSelector": {}}]}]}},
    )


def old_webhook(ground: Ground) -> None:
    """A webhook, a quota and a limit range that were always there."""
    ground.put("ResourceQuota", {"metadata": meta("quota"), "spec": {"hard": {"pods": "50"}}})
    ground.put("LimitRange", {"metadata": meta("limits"), "spec": {"limits": []}})
    ground.put(
        "ValidatingWebhookConfiguration", {"metadata": meta("hook", None), "webhooks": [{"name": "a.b.c"}]}
    )


def old_log_errors(ground: Ground) -> None:
    """Somebody scaled up a minute ago: one more pod is starting."""
    deployment = ground.touch("Deployment", "user", minutes=0.3)
    deployment["spec"]["replicas"] = 3
    extra = {**ground.pods("user")[0]}
    extra["metadata"] = {**extra["metadata"], "name": "user-aaa-7", "creationTimestamp": ago(seconds=12)}
    extra["status"] = {"phase": "Pending", "conditions": [condition("PodScheduled", "True", 0.2)]}
    ground.put(
        "Pod",
        unready({**extra, "status": {**extra["status"], "containerStatuses": []}}, 0.2, phase="Pending"),
    )


def restarted(ground: Ground) -> None:
    """Somebody restarted a workload; the templates differ by that only."""
    note = {"kubectl.kubernetes.io/restartedAt": ago(minutes=3)}
    ground.get("Deployment", "auth")["spec"]["template"]["metadata"]["annotations"] = note
    made = ground.roll("auth", minutes=3)
    for one in made:
        one["status"]["conditions"] = [condition("Ready", "True", 2.5)]
        one["status"]["containerStatuses"][0].update(ready=True)
    ground.get("Deployment", "auth")["status"].update(
        readyReplicas=2, conditions=[condition("Progressing", "True", 2.5, "NewReplicaSetAvailable")]
    )
    ground.endpoints("auth", 2)


QUIET = [
    nothing,
    parked,
    parked_on_purpose,
    rolling,
    recreating,
    finished_job,
    failed_job,
    draining,
    cordoned,
    old_restart,
    old_policies,
    old_webhook,
    old_log_errors,
    restarted,
]


@pytest.mark.parametrize("change", [pytest.param(one, id=str(one.__doc__)) for one in QUIET])
@pytest.mark.parametrize("known", [True, False], ids=["with platform file", "as a stranger"])
def test_these_pictures_give_no_hypothesis(change: Callable[[Ground], None], known: bool) -> None:
    """What is meant or passing is no outage."""
    ground = Ground()
    change(ground)

    said = diagnose(ground.snapshot(), platform() if known else stranger())

    assert [(one.cause, one.about.name, one.reasons) for one in said.hypotheses] == []


def test_a_healthy_platform_has_no_finding_and_no_severity() -> None:
    """Nothing is wrong is an answer, also with a baseline, probes and rates."""
    ground = Ground()
    probes = (Probe(url="https://api.shop.test/auth/health", service="auth", status=200, seconds=0.01),)
    rates = (Rates(service="auth", error_ratio=0.0, error_ratio_before=0.0, requests_per_second=2.0),)

    said = diagnose(ground.snapshot(probes=probes, rates=rates), platform(), ground.baseline())

    assert said.findings == ()
    assert said.hypotheses == ()
    assert said.assessment.severity is Severity.NONE


def test_the_watchdog_alert_is_not_a_finding() -> None:
    """It always fires, so that its silence is heard."""
    said = diagnose(Ground().snapshot(alerts=(alert("Watchdog"),)), platform())

    assert said.findings == ()


def test_an_empty_picture_is_unknown_and_not_healthy() -> None:
    """Where nothing could be seen, nothing is claimed, least of all that all is well."""
    snapshot = Ground().snapshot().model_copy(update={"objects": {}})

    said = diagnose(snapshot, stranger())

    assert [one.cause for one in said.hypotheses] == ["unknown"]
    assert said.hypotheses[0].repair is None
