"""Liveness probes without patience: they end containers that are still starting.

How long a container lived tells: one that the probe ended as soon as it could never answered it.
"""

import math
import re
from datetime import timedelta

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.known_good.troubled_workloads import Troubled
from outage.diagnosis.remedies.finished_repairs import Words, retarget
from outage.diagnosis.rules.probes.probe_target import EXPECTED, port_of, probed_containers, served_by
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.weighing.strength import Strength
from outage.kubernetes.events import event_message
from outage.kubernetes.field_differences import FieldDifference
from outage.kubernetes.object_times import created_at, parsed_moment, since_condition
from outage.kubernetes.objects import dig, object_ref
from outage.value import Manifest

SLACK = timedelta(seconds=5)
"""Dates are of whole seconds, and the kubelet asks when it comes round."""
STOPPED = (0, 137, 143)
"""How a container ends that was told to; other codes are its own."""
PATIENCE = 180
"""Seconds that a start may take at least, once somebody has said that the present time does not do."""
ASKED_EVERY = 5


def too_eager(one: Troubled, text: str) -> SuspectDraft | None:
    """Ended by the liveness probe as soon as the probe could, before the container ever was ready."""
    if "Liveness probe failed" not in text or not one.trouble(Sign.POD_CRASH_LOOP, Sign.POD_RESTARTED):
        return None
    for at, container in enumerate(probed_containers(one)):
        probe = container.get("livenessProbe") or {}
        known = port_of(probe) in served_by(one, container)
        if not probe or container.get("startupProbe") or not known:
            continue
        if any(one.is_current(pod) and _ended_at_once(one, pod, container) for pod in one.pods):
            return _give_time(one, at, probe)
    return None


def _budget(probe: Manifest) -> int:
    """Seconds from the start until the probe gives up."""
    period, failures = probe.get("periodSeconds") or 10, probe.get("failureThreshold") or 3
    return int(probe.get("initialDelaySeconds") or 0) + int(period) * int(failures)


def _ended_at_once(one: Troubled, pod: Manifest, container: Manifest) -> bool:
    """Whether the container's last life was as long as the probe's patience, and not its own to end."""
    probe = container["livenessProbe"]
    ended = _last_end(pod, str(container.get("name")))
    started, finished = parsed_moment(ended.get("startedAt")), parsed_moment(ended.get("finishedAt"))
    if not started or not finished or _was_ready(pod, container):
        return False
    if ended.get("exitCode") not in STOPPED and not _said_so(one, pod):
        return False
    least = timedelta(seconds=_budget(probe) - int(probe.get("periodSeconds") or 10)) - SLACK
    wait = int(probe.get("timeoutSeconds") or 1) + _grace(pod, probe, ended)
    return least <= finished - started <= timedelta(seconds=_budget(probe) + wait) + SLACK


def _last_end(pod: Manifest, name: str) -> Manifest:
    for status in dig(pod, "status.containerStatuses", []):
        if status.get("name") == name:
            return dict(dig(status, "lastState.terminated") or dig(status, "state.terminated") or {})
    return {}


def _grace(pod: Manifest, probe: Manifest, ended: Manifest) -> int:
    """Seconds between the word to stop and the end: all that are granted only when it had to be killed."""
    granted = probe.get("terminationGracePeriodSeconds") or dig(pod, "spec.terminationGracePeriodSeconds")
    granted = 30 if granted is None else int(granted)
    return granted if ended.get("exitCode") == 137 else min(granted, 30)


def _was_ready(pod: Manifest, container: Manifest) -> bool:
    """Whether a pod whose readiness is probed lost it, instead of never having had it."""
    born, lost = parsed_moment(dig(pod, "status.startTime")) or created_at(pod), since_condition(pod, "Ready")
    return bool(container.get("readinessProbe") and born and lost and lost - born > 2 * SLACK)


def _said_so(one: Troubled, pod: Manifest) -> bool:
    events = one.index.events(object_ref(pod, "Pod"))
    return any(re.search(r"failed liveness probe", event_message(event), re.I) for event in events)


def _give_time(one: Troubled, at: int, probe: Manifest) -> SuspectDraft:
    budget = _budget(probe)
    times = math.ceil(max(PATIENCE, 2 * budget) / ASKED_EVERY)
    says = f"{one.about}: the liveness probe gives up after {budget} s, before the container has started"
    found = one.suspect(Cause.LIVENESS_TOO_EAGER, says, None, "")
    found.add(Strength.CONTRADICTED, "the liveness probe kills containers that never became ready")
    pointer = f"/spec/template/spec/containers/{at}/startupProbe"
    kept = ("httpGet", "tcpSocket", "exec", "grpc", "timeoutSeconds")
    startup = {key: value for key, value in probe.items() if key in kept}
    startup.update(periodSeconds=ASKED_EVERY, failureThreshold=times)
    wanted = f"a startup probe of {times * ASKED_EVERY} s"
    field = FieldDifference(pointer=pointer, wanted=startup)
    retarget(found, one.about, [field], Words(f"Give {one.about} {wanted}", EXPECTED), wanted=wanted)
    found.settle = (
        "How long the container takes to its first success; its log shows whether it was still starting."
    )
    return found
