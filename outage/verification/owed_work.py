"""What a workload that nobody calls owes: a run that completed, or work that goes on without complaints. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from outage.kubernetes.object_times import condition_of, created_at, parsed_moment
from outage.kubernetes.objects import ObjectRef, dig, object_ref, owner_ref
from outage.snapshots.snapshot import LogTail
from outage.text.logs.trouble_lines import bare_line
from outage.text.logs.trouble_words import complaint
from outage.value import Manifest
from outage.verification.recovery import RecoveryCheck

RUNS = frozenset({"Job", "CronJob"})
LINES = 3
"""Said without a complaint they show that it works; a single one may be its greeting."""


def runs_since(jobs: Iterable[Manifest], about: ObjectRef, since: datetime) -> list[Manifest]:
    """The runs of a Job or CronJob that were begun since, the newest first; a Job is its own run.

    Args:
        jobs: Every Job of the namespace.
        about: The Job or CronJob.
        since: When the plan began to write; a run begun before speaks of the trouble.
    """
    mine = [one for one in jobs if about in (object_ref(one, "Job"), owner_ref(one))]
    return sorted(
        (one for one in mine if (begun := _begun(one)) is not None and begun >= since),
        key=lambda one: str(_begun(one)),
        reverse=True,
    )


def run_check(runs: Sequence[Manifest], about: ObjectRef, named: str) -> RecoveryCheck:
    """Whether a run completed since the repair.

    Args:
        runs: As `runs_since` gives them.
        about: The Job or CronJob.
        named: What the platform calls it.

    Returns:
        Well when one completed and none failed after it, failed when the last one that ended failed, unseen while
        none has ended: a schedule may bring the next one tomorrow.
    """
    for one in runs:
        name = object_ref(one, "Job")
        if condition_of(one, "Complete").get("status") == "True":
            return RecoveryCheck(name="run", ok=True, says=f"{name} completed", about=(named,))
        if failed := condition_of(one, "Failed"):
            why = failed.get("message") or failed.get("reason") or "it failed"
            return RecoveryCheck(name="run", ok=False, says=f"{name}: {why}", about=(named,))
    says = f"no run of {about} has ended since the repair"
    return RecoveryCheck(name="run", ok=None, says=says, about=(named,))


def is_running(runs: Sequence[Manifest]) -> bool:
    """Whether a run is under way, so that its end may be waited for."""
    return any(
        condition_of(one, "Complete").get("status") != "True" and not condition_of(one, "Failed")
        for one in runs[:1]
    )


def is_uncalled(workload: Manifest, services: Iterable[Manifest]) -> bool:
    """Whether no Service leads to a workload's pods: then nobody's answer tells of it."""
    labels = dig(workload, "spec.template.metadata.labels", {}).items()
    selectors = (dig(one, "spec.selector", {}) for one in services)
    return not any(selector and selector.items() <= labels for selector in selectors)


def working_check(
    tails: Sequence[LogTail], since: datetime, named: str, patterns: Sequence[str], at_least: int = LINES
) -> RecoveryCheck:
    """Whether a workload says since the repair that it works, and complains of nothing.

    Args:
        tails: The ends of its pods' logs, with the kubelet's dates.
        since: When it was last made to start or its trouble was taken away.
        named: What the platform calls it.
        patterns: More words that mean trouble on this platform.
        at_least: Lines of each pod that prove work; 0 for one that proved it already, and may be idle now.

    Returns:
        Well when every pod's log goes on and no line of it complains. Unseen otherwise, never failed: whether a
        complaint is its trouble is told by the signs, not by this look.
    """
    speaks = complaint(patterns)
    said = [[text for at, text in _dated(tail) if at >= since] for tail in tails]
    complains = [line for lines in said for line in lines if speaks(line)]
    if complains:
        says = f"{named} still complains: {complains[-1]}"
    elif not said or min(len(lines) for lines in said) < at_least:
        says = f"{named} is called by nobody, and it says too little to tell whether it works"
    else:
        lines = sum(len(one) for one in said)
        says = f"{named} works: {lines} log lines since the repair, none of trouble"
        return RecoveryCheck(name="work", ok=True, says=says, about=(named,))
    return RecoveryCheck(name="work", ok=None, says=says, about=(named,))


def _begun(job: Manifest) -> datetime | None:
    return parsed_moment(dig(job, "status.startTime")) or created_at(job)


def _dated(tail: LogTail) -> list[tuple[datetime, str]]:
    pairs = ((parsed_moment(stamp), text) for stamp, text in map(bare_line, tail.text.splitlines()))
    return [(at, text) for at, text in pairs if at is not None and text]
