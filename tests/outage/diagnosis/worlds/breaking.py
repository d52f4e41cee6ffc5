"""What all pens that break the shop share: its logs, its users' errors, its crashes; and what is said first."""

from collections.abc import Callable
from typing import Any

from outage.diagnosis.hypothesis import Hypothesis
from outage.snapshots.snapshot import LogTail, Probe
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_snapshot import SHOP, Ground, ago, condition, platform, stranger

Change = Callable[[Ground], None]


def log(ground: Ground, workload: str, *lines: str, previous: bool = False) -> None:
    """Let the first pod of a workload log something."""
    first = ground.pods(workload)[0]["metadata"]["name"]
    text = "\n".join(f"{ago(seconds=30)} {line}" for line in lines)
    tail = LogTail(namespace=SHOP, pod=first, container=workload, previous=previous, text=text)
    ground.extra["logs"] = (*ground.extra.get("logs", ()), tail)


def probes_fail(ground: Ground, *names: str, status: int = 503) -> None:
    """Let users see errors of these services."""
    ground.extra["probes"] = tuple(
        Probe(
            url=f"https://api.shop.test/{name}/health", service=name, status=status if name in names else 200
        )
        for name in ("auth", "user", "scheduler", "content")
    )


def crash(
    ground: Ground, name: str, code: int = 1, reason: str = "Error", text: str = "", **more: Any
) -> None:
    """New pods of the workload keep ending."""
    last = {"exitCode": code, "reason": reason, "message": text}
    ground.roll(name, waiting=("CrashLoopBackOff", "back-off 40s"), last=last, restarts=4, **more)


def first(change: Change, known: bool = True, good: bool = False) -> Hypothesis:
    """The likeliest cause of the broken shop."""
    baseline = Ground().baseline() if good else None
    ground = Ground()
    change(ground)
    said = diagnose(ground.snapshot(), platform() if known else stranger(), baseline)
    assert said.hypotheses, [one.says for one in said.findings]
    return said.hypotheses[0]


def release_runs(ground: Ground, minutes: float) -> None:
    """A release of user is out for so long: every pod of it runs and is ready."""
    ground.container("user")["image"] = "shop/user:2.0"
    for one in ground.roll("user", minutes=minutes):
        one["status"]["conditions"] = [condition("Ready", "True", minutes - 1)]
        one["status"]["containerStatuses"][0].update(ready=True)
    ground.get("Deployment", "user")["status"] = {"replicas": 2, "readyReplicas": 2}
    ground.endpoints("user", 2)
