"""Wait until what the plan touched has rolled out, or until it is certain that it will not."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from blocks.cluster import Cluster
from outage.objects import ObjectRef
from outage.verification import Check, rollout, stuck

LOOK_EVERY_SECONDS = 1.0
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")


def wait_for_rollouts(
    cluster: Cluster,
    targets: Iterable[ObjectRef],
    within: timedelta,
    *,
    now: Callable[[], datetime],
    rest: Callable[[float], None],
    tell: Callable[[str], None] = lambda says: None,
) -> tuple[Check, ...]:
    """Wait for every workload among the targets, side by side.

    Source: runbook "Service Restart" (`kubectl rollout status`).

    Args:
        cluster: The reading door.
        targets: What the plan wrote; only workloads are waited for.
        within: Time for all of them together.
        now: The clock.
        rest: Waits so many seconds.
        tell: Called with a sentence whenever the picture changes.
    """
    waiting = [one for one in dict.fromkeys(targets) if one.kind in WORKLOADS]
    until, done, said = now() + within, dict[ObjectRef, Check](), ""
    while waiting:
        for target in list(waiting):
            live = cluster.find(target)
            done[target] = rollout(live, str(target))
            if done[target].ok or stuck(live) or live is None:
                waiting.remove(target)
        says = "; ".join(check.says for check in done.values())
        if says != said:
            tell(says)
            said = says
        if not waiting or now() >= until:
            break
        rest(LOOK_EVERY_SECONDS)
    return tuple(done.values())
