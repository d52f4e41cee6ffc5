"""What a node and a pod of the crowd look like to the API server, and what their status claims."""

from typing import Any

from bench.crowd.fake_kubelets import KUBELET_PORT

PODS_PER_NODE = 110


def node_status() -> dict[str, Any]:
    """A node that is ready and has room."""
    conditions = [
        {
            "type": kind,
            "status": "True" if kind == "Ready" else "False",
            "reason": "Crowd",
            "lastHeartbeatTime": "2030-01-01T00:00:00Z",
            "lastTransitionTime": "2030-01-01T00:00:00Z",
        }
        for kind in ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")
    ]
    reached = [{"type": "InternalIP", "address": "198.18.0.2"}]
    holds = {"cpu": "32", "memory": "128Gi", "pods": str(PODS_PER_NODE + 10)}
    return {
        "conditions": conditions,
        "capacity": holds,
        "allocatable": holds,
        "addresses": reached,
        "daemonEndpoints": {"kubeletEndpoint": {"Port": KUBELET_PORT}},
    }


def fake_pod(name: str, node: str) -> dict[str, Any]:
    """A pod as a team of the platform would run it."""
    container = {
        "name": "worker",
        "image": "registry.example/team/worker:1.2.3",
        "ports": [{"name": "http", "containerPort": 8080}],
        "env": [{"name": f"SETTING_{n}", "value": f"value-{n}"} for n in range(8)],
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "64Mi"}},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": "worker", "team": "crowd"}},
        "spec": {
            "nodeName": node,
            "tolerations": [{"operator": "Exists"}],
            "automountServiceAccountToken": False,
            "containers": [container],
        },
    }


def pod_status(number: int, ill: bool) -> dict[str, Any]:
    """A pod that runs and is ready, or one that crash-loops."""
    ready, since = "False" if ill else "True", "2030-01-01T00:00:00Z"
    waiting = {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}
    state = {"waiting": waiting} if ill else {"running": {"startedAt": since}}
    kinds = ("Initialized", "Ready", "ContainersReady", "PodScheduled")
    return {
        "phase": "Running",
        "podIP": f"10.200.{number // 250}.{number % 250}",
        "startTime": since,
        "conditions": [
            {
                "type": kind,
                "status": ready if "eady" in kind else "True",
                "lastTransitionTime": since,
            }
            for kind in kinds
        ],
        "containerStatuses": [
            {
                "name": "worker",
                "image": "registry.example/team/worker:1.2.3",
                "imageID": "sha256:0",
                "ready": not ill,
                "started": not ill,
                "restartCount": 9 if ill else 0,
                "state": state,
            }
        ],
    }
