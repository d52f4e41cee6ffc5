"""The smoke Job: applied, waited for, its log kept, cleaned up."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import yaml

from blocks.cluster import Cluster
from blocks.cluster.writing import Writer
from outage.errors import ClusterError, FileError, cut
from outage.hypothesis import Action, Change
from outage.objects import ObjectRef, dig, ref
from outage.plan import Precondition
from outage.platform import Platform
from outage.value import Manifest
from outage.verification import Check

LOOK_EVERY_SECONDS = 1.0
LOG_LINES = 100


def run_smoke(
    cluster: Cluster,
    writer: Writer,
    manifest: Manifest,
    within: timedelta,
    *,
    now: Callable[[], datetime],
    rest: Callable[[float], None],
    keep_log: Callable[[str], None] = lambda text: None,
) -> Check:
    """Run the platform's end-to-end test as a Job.

    Source: runbook "End-to-End Testing".
    Changes: creates the Job, and deletes it with its pods.
    Take back: nothing to take back; the Job is gone when this returns.

    Args:
        cluster: The reading door.
        writer: The writing door.
        manifest: The Job, with its namespace.
        within: How long to wait for it, from its creation.
        now: The clock.
        rest: Waits so many seconds.
        keep_log: Takes the Job's log.
    """
    target = ref(manifest, "Job")
    try:
        _delete(writer, target)  # one that an earlier run left behind
        writer.write(_change(Action.CREATE, target, manifest), Precondition())
        try:
            check = _wait(cluster, target, within, now, rest)
            log = log_of(cluster, target)
            keep_log(log)
            return (
                check if check.ok else check.model_copy(update={"says": f"{check.says}: {cut(log[-300:])}"})
            )
        finally:
            _delete(writer, target)
    except ClusterError as error:
        return Check(name="smoke", ok=None, says=f"the smoke test could not be run: {error}")


def _wait(
    cluster: Cluster,
    target: ObjectRef,
    within: timedelta,
    now: Callable[[], datetime],
    rest: Callable[[float], None],
) -> Check:
    began = now()
    while now() - began < within:
        job = cluster.find(target)
        for condition in dig(job or {}, "status.conditions", []):
            if condition.get("status") == "True" and condition.get("type") == "Complete":
                seconds = int((now() - began).total_seconds())
                return Check(name="smoke", ok=True, says=f"{target} completed in {seconds} s")
            if condition.get("status") == "True" and condition.get("type") == "Failed":
                return Check(
                    name="smoke", ok=False, says=f"{target} failed ({condition.get('reason', 'no reason')})"
                )
        rest(LOOK_EVERY_SECONDS)
    return Check(
        name="smoke", ok=False, says=f"{target} did not complete within {int(within.total_seconds())} s"
    )


def log_of(cluster: Cluster, target: ObjectRef) -> str:
    """The log of the Job's newest pod, or why there is none."""
    try:
        pods = cluster.list("Pod", target.namespace, labels=f"job-name={target.name}")
        if not pods:
            return "no pod was made"
        newest = max(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp", "")))
        return cluster.logs(target.namespace, newest["metadata"]["name"], tail=LOG_LINES)
    except ClusterError as error:
        return str(error)


def _delete(writer: Writer, target: ObjectRef) -> None:
    live = writer.read(target)
    if live is not None:
        writer.write(_change(Action.DELETE, target, None), Precondition(uid=live["metadata"]["uid"]))


def _change(action: Action, target: ObjectRef, manifest: Manifest | None) -> Change:
    return Change(action=action, target=target, manifest=manifest, why="smoke test", expected="it completes")


def smoke_manifest(platform: Platform, platform_file: Path) -> Manifest | None:
    """The Job of the platform file, in the platform's namespace, or None when it names none.

    Raises:
        FileError: The manifest cannot be read or is not a Job. Permanent.
    """
    if platform.smoke is None:
        return None
    path = (platform_file.parent / platform.smoke.manifest).resolve()
    try:
        documents = [one for one in yaml.safe_load_all(path.read_text()) if one]
    except (OSError, yaml.YAMLError) as error:
        raise FileError(f"read the smoke test {path.name}: {cut(str(error))}") from error
    job: Manifest | None = next((one for one in documents if one.get("kind") == "Job"), None)
    if job is None:
        raise FileError(f"read the smoke test {path.name}: it holds no Job")
    job["metadata"].setdefault("namespace", platform.namespace)
    return job
