from outage.text.pod_descriptions import described, ill_pods
from outage.value import Manifest
from tests.outage.text.test_derived_lists import made, picture


def pod(name: str, ready: bool, *containers: Manifest, **status: object) -> Manifest:
    """A pod with these container statuses."""
    condition = {
        "type": "Ready",
        "status": "True" if ready else "False",
        "reason": "ContainersNotReady",
        "lastTransitionTime": "2030-01-01T11:00:00Z",
    }
    return made(
        "Pod",
        name,
        spec={"nodeName": "n1", "containers": [{"name": "app"}]},
        status={
            "phase": "Running",
            "startTime": "2030-01-01T10:00:00Z",
            "conditions": [condition],
            "containerStatuses": list(containers),
            **status,
        },
    )


def test_a_pod_that_restarted_and_is_well_again_is_not_described() -> None:
    """Healthy first."""
    fine = pod("fine", True, {"name": "app", "ready": True, "restartCount": 7, "state": {"running": {}}})

    assert ill_pods(picture(Pod=[fine])) == []


def test_an_ill_pod_is_described_as_kubectl_would() -> None:
    """State, last state, what does not hold, and what the cluster said about it."""
    ended = {"reason": "OOMKilled", "exitCode": 137, "startedAt": "T1", "finishedAt": "T2"}
    status = {
        "name": "app",
        "image": "a:1",
        "ready": False,
        "restartCount": 7,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}},
        "lastState": {"terminated": ended},
    }
    about = {"kind": "Pod", "namespace": "shop", "name": "web-1"}
    backing_off = made(
        "Event",
        "e",
        involvedObject=about,
        type="Warning",
        reason="BackOff",
        message="Back-off restarting",
        count=12,
        lastTimestamp="2030-01-01T11:59:00Z",
    )
    another = {**backing_off, "involvedObject": {**about, "name": "web-2"}}
    ill = pod("web-1", False, status)
    seen = picture(Pod=[ill], Event=[backing_off, another])

    assert ill_pods(seen) == [ill]
    assert described(seen, ill).splitlines() == [
        "CrashLoopBackOff on n1 since 2030-01-01T10:00:00Z",
        "container app: waiting CrashLoopBackOff: back-off 5m0s, not ready, restarts 7, image a:1",
        "  before: terminated OOMKilled, exit code 137, from T1, to T2",
        "condition Ready is False since 2030-01-01T11:00:00Z: ContainersNotReady",
        "Warning  BackOff  pod/web-1  ×12  2030-01-01T11:59:00Z: Back-off restarting",
    ]


def test_a_pod_that_was_evicted_says_why() -> None:
    """Its containers are gone, and with them everything else."""
    evicted = pod("web-1", False, phase="Failed", reason="Evicted", message="The node was low on memory")
    del evicted["status"]["conditions"], evicted["status"]["containerStatuses"]

    assert described(picture(Pod=[evicted]), evicted) == (
        "Evicted on n1 since 2030-01-01T10:00:00Z: Evicted The node was low on memory"
    )
