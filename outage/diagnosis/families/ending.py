"""How a container ends, in its own words: which one, what it said last, and where that alone tells the cause.

This is all there is when no older template can be compared with, or when nothing in it changed.
"""

import re
from collections.abc import Iterator

from outage.causes import Cause
from outage.diagnosis.moments import age
from outage.diagnosis.signs.containers import statuses
from outage.diagnosis.suspect import HINT, NEAR, PROOF, SIGNATURE, Suspect
from outage.diagnosis.templates import Troubled
from outage.errors import cut
from outage.objects import dig
from outage.value import Manifest

NOT_RUNNABLE = re.compile(
    r"executable file not found|no such file or directory|exec format error|exec: |not found in \$PATH|StartError",
    re.I,
)
NO_RIGHT = re.compile(
    r"permission denied|operation not permitted|read-only file system|must run as|runAsNonRoot", re.I
)
TRACE = re.compile(
    r"Traceback|panic:|goroutine \d|\bat [\w.$]+\([\w.]+:\d+\)|Exception in thread|segfault|SIGSEGV", re.I
)
TAKEN = re.compile(r"address already in use|EADDRINUSE|bind: .*in use|port is already allocated", re.I)


def failing_container(pod: Manifest) -> str | None:
    """The container that is worst off."""
    found = statuses(pod)
    init_names = {status.get("name") for status in dig(pod, "status.initContainerStatuses", [])}
    for status in found:
        ended = dig(status, "state.terminated.exitCode", 0)
        if dig(status, "state.waiting.reason") not in (None, "PodInitializing", "ContainerCreating") or ended:
            return str(status.get("name"))
        if status.get("name") in init_names and dig(status, "state.running") and not status.get("ready"):
            return str(status.get("name"))
    unready = [status for status in found if not status.get("ready") and status.get("name") not in init_names]
    return str(unready[0].get("name")) if len(unready) == 1 else None


def last_words(one: Troubled, pod: Manifest) -> str:
    """What the containers and their logs said last."""
    said = []
    for status in statuses(pod):
        for path in ("state.waiting", "lastState.terminated", "state.terminated"):
            state = dig(status, path, {})
            said.append(
                f"{state.get('reason', '')} {state.get('message', '')} exit {state.get('exitCode', '')}"
            )
    name = pod["metadata"]["name"]
    said += [tail.text[-4000:] for tail in one.world.snapshot.logs if tail.pod == name]
    return "\n".join(said)


def second_container(one: Troubled, text: str) -> list[Suspect]:
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
    found.add(PROOF, "a container says that its address is in use")
    found.settle = f"Whether {name} is meant to be there: nothing recorded tells, so a person removes it."
    return [found]


def _other(ports: list[set[object]], at: int) -> int:
    """The container before it that wants the same port: the one that is named like the workload is the app."""
    return next(before for before in range(at) if ports[before] & ports[at])


def without_history(one: Troubled, container: str | None, text: str) -> Iterator[Suspect]:
    """No older template to compare with, or nothing in it changed: read what the container says."""
    fresh = one.changed_at is not None and one.onset is not None and one.changed_at >= one.onset
    lines = [line for line in text.splitlines() if line.strip()]
    said = cut(lines[-1], 160) if lines else "nothing"
    for cause, pattern in ((Cause.BAD_COMMAND, NOT_RUNNABLE), (Cause.BAD_SECURITY_CONTEXT, NO_RIGHT)):
        if match := pattern.search(text):
            found = one.suspect(cause, f"{one.about}: {cut(_line(text, match.start()), 160)}", None, "")
            found.settle = "What the container should run, and as whom: nothing recorded tells."
            yield found.add(SIGNATURE, f"the container says {match.group(0)!r}")
            return
    if one.trouble("pod-config-error"):
        return
    says = f"{one.about}: container {container or '?'} ends by itself; it last said: {said}"
    found = one.suspect(Cause.APPLICATION_ERROR, says, None, "", elsewhere=True)
    found.effect = True
    found.add(HINT, "it starts and ends, and nothing around it was seen to change")
    if TRACE.search(text):
        found.add(NEAR, "its log ends with a stack trace")
    if fresh or age(one.workload, one.world.now).total_seconds() < 3600:
        found.evidence_against.append("the workload is young: its template may be wrong from the start")
    found.settle = (
        "The owners of the code, with the log of the container's previous life. Nothing to put back."
    )
    yield found


def _line(text: str, at: int) -> str:
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    return text[start : end if end >= 0 else None]
