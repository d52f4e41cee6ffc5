"""The smoke Job: applied, waited for, its log kept, cleaned up."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import yaml

from blocks.kubernetes import Cluster
from blocks.kubernetes.writer import Writer
from outage.diagnosis.hypothesis import Action, Change
from outage.errors import ClusterConflict, ClusterError, ClusterRejected, FileError, cut
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.plans.fence import Fence
from outage.plans.plan import Precondition
from outage.platforms.platform import Platform
from outage.text.redaction import redact
from outage.value import Manifest
from outage.verification.recovery import RecoveryCheck
from tasks.verify.await_cluster import await_cluster

LOG_LINES = 100
TOLD_CHARACTERS = 300
"""Of the end of a failed test's log, where it says why."""
LONGEST_NAME = 63
"""Of a Job: its pods carry it as a label."""
MADE_WITHIN = timedelta(seconds=30)
"""For making the Job and for removing it: an API server that restarts is back by then."""


def run_smoke(
    cluster: Cluster,
    writer: Writer,
    manifest: Manifest,
    within: timedelta,
    fence: Fence,
    *,
    stopped: Callable[[], str | None],
    now: Callable[[], datetime],
    rest: Callable[[float], None],
    keep_log: Callable[[str], None] = lambda text: None,
) -> RecoveryCheck:
    """Run the platform's end-to-end test as a Job.

    A Job that the cluster rejects is a failed test: nothing of ours would be taken either. One that we may not
    make, or that nobody answers for, is a test that could not be made.

    A Job of that name that runs already is ours: an earlier process made it for the same proof.

    Source: runbook "End-to-End Testing".
    Changes: creates the Job, and deletes it with its pods.
    Take back: nothing to take back; the Job is gone when this returns.

    Args:
        cluster: The reading door.
        writer: The writing door.
        manifest: The Job, with its namespace, under a name that no other proof has.
        within: How long to wait for it, from its creation.
        fence: What the writer holds; compared right before each write.
        stopped: Why writing is switched off, or None; asked right before each try to make the Job.
        now: The clock.
        rest: Waits so many seconds.
        keep_log: Takes the Job's log.
    """
    target = object_ref(manifest, "Job")
    if not_made := _make(writer, target, manifest, fence, stopped, now, rest):
        return not_made
    try:
        check = _completed(cluster, target, within, now, rest)
        log = redact(smoke_log(cluster, target))  # before it is cut: a cut may part a password from its name
        keep_log(log)
    finally:
        left_behind = _remove(writer, target, fence, now, rest)
    says = check.says if check.ok else f"{check.says}: {cut(log[-TOLD_CHARACTERS:], TOLD_CHARACTERS)}"
    return check.model_copy(update={"says": says + left_behind})


def _make(
    writer: Writer,
    target: ObjectRef,
    manifest: Manifest,
    fence: Fence,
    stopped: Callable[[], str | None],
    now: Callable[[], datetime],
    rest: Callable[[float], None],
) -> RecoveryCheck | None:
    """Create the Job, or find it made, through the cluster's weather; a check when there is none to wait for."""

    def make() -> str | None:
        if why := stopped():
            return f"the smoke test was not run, the kill switch is thrown: {why}"
        try:
            writer.write(_change(Action.CREATE, target, manifest), Precondition(), fence)
        except ClusterConflict:
            return _settle_twin(writer, target, fence)
        return ""

    try:
        why_not = await_cluster(make, MADE_WITHIN, now=now, rest=rest)
    except ClusterRejected as error:
        return RecoveryCheck(
            name="smoke", ok=False, says=f"the cluster does not take the smoke test: {error}"
        )
    except ClusterError as error:
        return RecoveryCheck(name="smoke", ok=None, says=f"the smoke test could not be run: {error}")
    if why_not is None:
        why_not = f"the smoke test could not be run: another {target} stood in its place"
    return RecoveryCheck(name="smoke", ok=None, says=why_not) if why_not else None


def _settle_twin(writer: Writer, target: ObjectRef, fence: Fence) -> str | None:
    """A Job of our name stands there: one that runs is ours; one that ended proved another moment, and goes."""
    live = writer.read(target)
    if live is None or dig(live, "metadata.deletionTimestamp"):
        return None
    if not any(one.get("status") == "True" for one in dig(live, "status.conditions", [])):
        return ""
    _delete(writer, target, fence)
    return None


def _completed(
    cluster: Cluster,
    target: ObjectRef,
    within: timedelta,
    now: Callable[[], datetime],
    rest: Callable[[float], None],
) -> RecoveryCheck:
    """Wait for the Job's own word."""
    began = now()

    def ended() -> RecoveryCheck | None:
        for condition in dig(cluster.find(target) or {}, "status.conditions", []):
            if condition.get("status") == "True" and condition.get("type") == "Complete":
                seconds = int((now() - began).total_seconds())
                return RecoveryCheck(name="smoke", ok=True, says=f"{target} completed in {seconds} s")
            if condition.get("status") == "True" and condition.get("type") == "Failed":
                says = f"{target} failed ({condition.get('reason', 'no reason')})"
                return RecoveryCheck(name="smoke", ok=False, says=says)
        return None

    try:
        found = await_cluster(ended, within, now=now, rest=rest)
    except ClusterError as error:
        return RecoveryCheck(name="smoke", ok=None, says=f"the end of {target} could not be seen: {error}")
    says = f"{target} did not complete within {int(within.total_seconds())} s"
    return found or RecoveryCheck(name="smoke", ok=False, says=says)


def _remove(
    writer: Writer,
    target: ObjectRef,
    fence: Fence,
    now: Callable[[], datetime],
    rest: Callable[[float], None],
) -> str:
    """Remove the Job; when that cannot be done, the words to add: nobody's verdict hangs on it."""
    try:
        await_cluster(lambda: _delete(writer, target, fence), MADE_WITHIN, now=now, rest=rest)
    except ClusterError as error:
        return f"; it is left behind: {error}"
    return ""


def smoke_log(cluster: Cluster, target: ObjectRef) -> str:
    """The log of the Job's newest pod, or why there is none."""
    try:
        pods = cluster.list("Pod", target.namespace, labels=f"job-name={target.name}")
        if not pods:
            return "no pod was made"
        newest = max(pods, key=lambda pod: str(pod["metadata"].get("creationTimestamp", "")))
        return cluster.logs(target.namespace, newest["metadata"]["name"], tail=LOG_LINES)
    except ClusterError as error:
        return str(error)


def _delete(writer: Writer, target: ObjectRef, fence: Fence) -> bool:
    """Delete the Job when it is there, and tell whether it was."""
    live = writer.read(target)
    if live is not None:
        writer.write(_change(Action.DELETE, target, None), Precondition(uid=live["metadata"]["uid"]), fence)
    return live is not None


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
        documents = list(yaml.safe_load_all(path.read_text()))
    except (OSError, yaml.YAMLError) as error:
        raise FileError(f"read the smoke test {path.name}: {cut(str(error))}") from error
    jobs = [one for one in documents if isinstance(one, dict) and one.get("kind") == "Job"]
    if not jobs:
        raise FileError(f"read the smoke test {path.name}: it holds no Job")
    job: Manifest = jobs[0]
    meta = job.get("metadata")
    if not isinstance(meta, dict) or not isinstance(meta.get("name"), str):
        raise FileError(
            f"read the smoke test {path.name}: its Job has no metadata.name, by which it is waited for"
        )
    meta.setdefault("namespace", platform.namespace)
    return job


def smoke_of_attempt(manifest: Manifest, incident_id: str, attempt: int) -> Manifest:
    """The Job under a name of its own: whoever makes it again for the same proof meets the first one.

    Args:
        manifest: As the platform file has it.
        incident_id: Whose proof it is.
        attempt: Which plan of the incident is proven.
    """
    own = f"-{incident_id.removeprefix('inc-')}-{attempt}"
    name = manifest["metadata"]["name"][: LONGEST_NAME - len(own)].rstrip("-.") + own
    return {**manifest, "metadata": {**manifest["metadata"], "name": name}}
