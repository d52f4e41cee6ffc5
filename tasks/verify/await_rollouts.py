"""Wait until what the plan touched has rolled out, or until it is certain that it will not."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from blocks.kubernetes import Cluster
from outage.errors import OutageError
from outage.kubernetes.objects import ObjectRef
from outage.kubernetes.workloads import WORKLOADS
from outage.verification.recovery import RecoveryCheck
from outage.verification.rollout_status import rollout_state, rollout_stuck

LOOK_EVERY_SECONDS = 1.0


def wait_for_rollouts(
    cluster: Cluster,
    targets: Iterable[ObjectRef],
    within: timedelta,
    *,
    now: Callable[[], datetime],
    rest: Callable[[float], None],
    tell: Callable[[str], None] = lambda says: None,
) -> tuple[RecoveryCheck, ...]:
    """Wait for every workload among the targets, side by side; an API server that is away is waited for, too.

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
    began, done, said = now(), dict[ObjectRef, RecoveryCheck](), ""
    while waiting:
        for target in list(waiting):
            done[target], final = _look(cluster, target, began)
            if final:
                waiting.remove(target)
        says = "; ".join(check.says for check in done.values())
        if says != said:
            tell(says)
            said = says
        if not waiting or now() >= began + within:
            break
        rest(LOOK_EVERY_SECONDS)
    return tuple(done.values())


def _look(cluster: Cluster, target: ObjectRef, since: datetime) -> tuple[RecoveryCheck, bool]:
    """How far one rollout is, and whether that is its last word."""
    try:
        live = cluster.find(target)
    except OutageError as error:
        unseen = RecoveryCheck(name="rollout", ok=None, says=f"{target} could not be seen: {error}")
        return unseen, not error.transient
    check = rollout_state(live, str(target))
    if check.ok or live is None:
        return check, True
    if why := rollout_stuck(live, since):
        return check.model_copy(update={"says": f"{check.says}; it will not complete: {why}"}), True
    return check, False
