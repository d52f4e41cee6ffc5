"""How a container ends, in its own words: which one, what it said last, and where that alone tells the cause.

This is all there is when no older template can be compared with, or when nothing in it changed.
"""

import re
from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.edges.last_words import last_words
from outage.diagnosis.findings.container_signs import container_statuses
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.known_good.troubled_workloads import Troubled
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.thresholds import SETTLED_TEMPLATE
from outage.diagnosis.weighing.strength import Strength, Support
from outage.errors import cut
from outage.kubernetes.object_times import age_of
from outage.kubernetes.objects import dig
from outage.text.logs.trouble_kinds import TroubleKind, trouble_kind
from outage.value import Manifest

UNRUNNABLE = re.compile(
    r"executable file not found|no such file or directory|exec format error|not found in \$PATH"
    r"|permission denied|is a directory",
    re.I,
)
NOT_STARTED = ("StartError", "RunContainerError", "ContainerCannotRun", "CreateContainerError")
NO_PROGRAM_CODES = (126, 127, 128)
"""What a shell or the runtime gives instead of a program's own exit code: it cannot be run, or is not there."""
OTHERWISE = re.compile(r"error mounting|OOM-killed|no space left", re.I)
"""Why a container is not started although its program may be right."""
EXEC = re.compile(
    r"^(?:\d{4}-\d\d-\d\dT\S+ )?(?:standard_init_linux\.go:\d+: )?exec [^:\n]+: .*", re.M | re.I
)
"""The only line of a log that is the runtime's and not the application's."""
NO_RIGHT = re.compile(
    r"^(?!.*(?:permission denied (?:for|to) |SQLSTATE|rpc error|publickey))"
    r".*?(?P<words>permission denied|operation not permitted|read-only file system|must run as|runAsNonRoot).*",
    re.I | re.M,
)
"""What the kernel or the kubelet denies; a database or another service denies in other words."""
STATES = ("state.waiting", "lastState.terminated", "state.terminated")
TRACE = re.compile(
    r"Traceback|panic:|goroutine \d|\bat [\w.$]+\([\w.]+:\d+\)|Exception in thread|segfault|SIGSEGV", re.I
)
TAKEN = re.compile(r"address already in use|EADDRINUSE|bind: .*in use|port is already allocated", re.I)


def failing_container(pod: Manifest) -> str | None:
    """The container that is worst off."""
    found = container_statuses(pod)
    init_names = {status.get("name") for status in dig(pod, "status.initContainerStatuses", [])}
    for status in found:
        ended = dig(status, "state.terminated.exitCode", 0)
        if dig(status, "state.waiting.reason") not in (None, "PodInitializing", "ContainerCreating") or ended:
            return str(status.get("name"))
        if status.get("name") in init_names and dig(status, "state.running") and not status.get("ready"):
            return str(status.get("name"))
    unready = [status for status in found if not status.get("ready") and status.get("name") not in init_names]
    return str(unready[0].get("name")) if len(unready) == 1 else None


def not_runnable(pod: Manifest, container: str | None, text: str) -> str:
    """The words of the runtime that a container's program cannot be run; empty when the program itself speaks."""
    for status in container_statuses(pod):
        if container in (None, status.get("name")):
            for path in STATES:
                if _never_ran(dig(status, path, {})):
                    return _told(dig(status, path, {}))
    found = EXEC.search(text)
    return found.group() if found and UNRUNNABLE.search(found.group()) else ""


def _never_ran(state: Manifest) -> bool:
    reason, said = state.get("reason"), str(state.get("message") or "")
    if OTHERWISE.search(said):
        return False
    if reason in NOT_STARTED and said:
        return UNRUNNABLE.search(said) is not None
    return reason == "StartError" or state.get("exitCode") in NO_PROGRAM_CODES


def _told(state: Manifest) -> str:
    return f"{state.get('reason', '')} {state.get('message', '')} exit {state.get('exitCode', '')}"


def crash_words(one: Troubled, pod: Manifest) -> str:
    """What the containers and their logs said last."""
    said = [_told(dig(status, path, {})) for status in container_statuses(pod) for path in STATES]
    name = pod["metadata"]["name"]
    said += [tail.text[-4000:] for tail in one.index.snapshot.logs if tail.pod == name]
    return "\n".join(said)


def second_container(one: Troubled, text: str) -> list[SuspectDraft]:
    """Two containers declare one port: the app is the first, the other one is in its way."""
    containers = dig(one.workload, "spec.template.spec.containers", [])
    ports = [{port.get("containerPort") for port in c.get("ports") or []} for c in containers]
    clash = [at for at in range(1, len(ports)) if any(ports[at] & ports[before] for before in range(at))]
    if not clash or not TAKEN.search(text):
        return []
    at = clash[0] if containers[clash[0]].get("name") != one.about.name else _other(ports, clash[0])
    name = containers[at].get("name")
    says = f"{one.about}: container {name} wants a port that another container of the pod has"
    found = one.suspect(Cause.CONTAINER_PORT_CLASH, says, None, "")
    found.field, found.live = f"spec.template.spec.containers.{at}", str(name)
    found.add(Strength.STATED, "a container says that its address is in use")
    found.settle = f"Whether {name} is meant to be there: nothing recorded tells, so a person removes it."
    return [found]


def _other(ports: list[set[object]], at: int) -> int:
    """The container before it that wants the same port: the one that is named like the workload is the app."""
    return next(before for before in range(at) if ports[before] & ports[at])


def without_history(one: Troubled, pod: Manifest, container: str | None, text: str) -> Iterator[SuspectDraft]:
    """No older template to compare with, or nothing in it changed: read what the container says."""
    fresh = one.changed_at is not None and one.onset is not None and one.changed_at >= one.onset
    said = cut(last_words(one.index, pod, container), 160) or "nothing"
    if (denied := _denied(one, pod, container, text)) is not None:
        yield denied
        return
    if one.trouble(Sign.POD_CONFIG_ERROR):
        return
    says = f"{one.about}: container {container or '?'} ends by itself; it said: {said}"
    heap = trouble_kind(said) is TroubleKind.OUT_OF_HEAP
    cause = Cause.OUT_OF_MEMORY if heap else Cause.APPLICATION_ERROR
    found = one.suspect(cause, says, None, "", elsewhere=True)
    found.effect = True
    found.add(Strength.FITS, "it starts and ends, and nothing around it was seen to change")
    found.add(Support.DETAIL if heap else None, "it says itself that its heap is used up")
    if TRACE.search(text):
        found.add(Support.TRACE, "its log ends with a stack trace")
    if fresh or age_of(one.workload, one.index.now) < SETTLED_TEMPLATE:
        found.evidence_against.append("the workload is young: its template may be wrong from the start")
    found.settle = (
        "The owners of the code, with the log of the container's previous life. Nothing to put back."
    )
    yield found


def _denied(one: Troubled, pod: Manifest, container: str | None, text: str) -> SuspectDraft | None:
    """A program that cannot be run, or may not do what it has to, as the words alone tell."""
    if told := not_runnable(pod, container, text):
        cause, reason = Cause.BAD_COMMAND, "the runtime cannot run the container's program"
    elif right := NO_RIGHT.search(text):
        cause, told = Cause.BAD_SECURITY_CONTEXT, right.group()
        reason = f"the container says {right.group('words')!r}"
    else:
        return None
    found = one.suspect(cause, f"{one.about}: {cut(told, 160)}", None, "")
    found.settle = "What the container should run, and as whom: nothing recorded tells."
    return found.add(Strength.CONTRADICTED, reason)
