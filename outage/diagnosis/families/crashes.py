"""Containers that start and end: command, environment, security, memory, ports, and the application itself."""

import re
from collections.abc import Iterator

from outage.causes import Cause
from outage.diagnosis.known import Fix
from outage.diagnosis.mentions import ADDRESS_KEY
from outage.diagnosis.moments import age
from outage.diagnosis.signs import Signs
from outage.diagnosis.signs.pods import statuses
from outage.diagnosis.suspect import HINT, NEAR, PROOF, SIGNATURE, Suspect
from outage.diagnosis.templates import Troubled, troubled
from outage.diagnosis.world import World
from outage.errors import cut
from outage.objects import dig
from outage.value import Manifest

SPEC = r"^/spec/template/spec/"
CONTAINER = SPEC + r"(?:initContainers|containers)/(?:\d+|-)/"
KINDS: tuple[tuple[Cause, str], ...] = (
    (Cause.BAD_IMAGE, CONTAINER + r"image$"),
    (Cause.BAD_COMMAND, CONTAINER + r"(?:command|args|workingDir|lifecycle)(?:/|$)"),
    (Cause.BAD_ENV, CONTAINER + r"(?:env|envFrom)(?:/|$)"),
    (Cause.BAD_SECURITY_CONTEXT, r"/securityContext(?:/|$)|/defaultMode$"),
    (
        Cause.BAD_TEMPLATE,
        CONTAINER + r"(?:volumeMounts|ports)(?:/|$)|" + SPEC + r"(?:volumes|dns|host|runtime)",
    ),
    (Cause.BAD_TEMPLATE, SPEC + r"(?:initContainers|containers)(?:/\d+|/-)?$"),
)
"""What in a template can make a container end, by cause."""
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
SECRET_KEY = re.compile(r"PASS|SECRET|TOKEN|CREDENTIAL|API_?KEY|USER(?:NAME)?$", re.I)
TAKEN = re.compile(r"address already in use|EADDRINUSE|bind: .*in use|port is already allocated", re.I)
SECOND = SPEC + r"containers/\d+$"
TROUBLE = (
    *("pod-crash-loop", "pod-config-error", "pod-not-started", "pod-not-ready"),
    *("pod-restarted", "pod-out-of-memory"),
)
EXPECTED = "The new pods start, stay and become ready."


def suspects(world: World, signs: Signs) -> Iterator[Suspect]:
    """Suspects for workloads whose containers end, are not created, or run without becoming ready."""
    for one in troubled(world, signs):
        if one.trouble(*TROUBLE):
            yield from _suspects(one)


def _suspects(one: Troubled) -> Iterator[Suspect]:
    for pod in one.pods[:1]:
        container, text = failing_container(pod), last_words(one, pod)
        if one.is_current(pod) and (found := _from_template(one, pod, container, text)) is not None:
            yield found
        elif one.trouble("pod-crash-loop", "pod-config-error"):
            yield from _second_container(one, text) or _without_history(one, container, text)


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


def _from_template(one: Troubled, pod: Manifest, container: str | None, text: str) -> Suspect | None:
    """A change of the template that fits how the container fails; several kinds at once are the template's fault."""
    if TAKEN.search(text) and (second := one.fix(SECOND)) is not None:
        found = one.suspect(Cause.CONTAINER_PORT_CLASH, _says(one, second), second, EXPECTED)
        return found.add(PROOF, "its address is in use, and there is one container more than before")
    fixes = [(cause, fix) for cause, pattern in KINDS if (fix := one.fix(pattern, container)) is not None]
    if not fixes:
        return None
    fitting = [(cause, fix) for cause, fix in fixes if _fits(cause, text)]
    if len(fitting) == 1 or len(fixes) == 1:
        cause, fix = (fitting or fixes)[0]
        found = one.suspect(_finer(cause, fix), _says(one, fix), fix, EXPECTED)
        found.add(SIGNATURE, "the container fails since its template was changed here")
        return found.add(NEAR, "how it fails fits what was changed") if fitting else found
    pattern = "|".join(pattern for cause, pattern in KINDS if cause in {cause for cause, _ in fixes})
    whole = one.fix(pattern, container)
    found = one.suspect(Cause.BAD_TEMPLATE, _says(one, whole), whole, EXPECTED)
    return found.add(SIGNATURE, f"{len(fixes)} kinds of fields were changed at once")


def _says(one: Troubled, fix: Fix | None) -> str:
    words = (
        ", ".join(d.field.removeprefix("spec.template.spec.") for d in fix.chosen[:3])
        if fix
        else "its template"
    )
    return f"{one.about} fails since {words} differs from {fix.known.source if fix else 'what was there'}"


def _fits(cause: Cause, text: str) -> bool:
    if cause is Cause.BAD_COMMAND:
        return bool(NOT_RUNNABLE.search(text))
    if cause is Cause.BAD_SECURITY_CONTEXT:
        return bool(NO_RIGHT.search(text))
    return False


def _finer(cause: Cause, fix: Fix) -> Cause:
    """What kind of environment variable it is: an address, a credential or something else."""
    if cause is not Cause.BAD_ENV:
        return cause
    if any(_twice(one.live) for one in fix.chosen):
        return Cause.DUPLICATE_ENV
    words = " ".join(_name_of(one.pointer, one.live, one.wanted, fix) for one in fix.chosen)
    if any(_address(one.live) or _address(one.wanted) for one in fix.chosen):
        return Cause.WRONG_ADDRESS
    if SECRET_KEY.search(words):
        return Cause.WRONG_CREDENTIAL
    return Cause.WRONG_ADDRESS if ADDRESS_KEY.search(words) else cause


def _twice(value: object) -> bool:
    """Whether a list of variables gives one name more than once."""
    names = [str(dig(one, "name", "")) for one in value] if isinstance(value, list) else []
    return len(names) != len(set(names))


def _name_of(pointer: str, live: object, wanted: object, fix: Fix) -> str:
    """The variable's name, from the entry itself or from where the pointer leads in the known good template."""
    for value in (live, wanted):
        if isinstance(value, dict) and "name" in value:
            return str(value["name"])
    found = re.search(r"/(containers|initContainers)/(\d+)/env/(\d+)/", pointer)
    path = f"spec.{found.group(1)}.{found.group(2)}.env.{found.group(3)}.name" if found else "?"
    return str(dig(fix.known.manifest, path, ""))


def _address(value: object) -> bool:
    value = value.get("value") if isinstance(value, dict) else value
    return isinstance(value, str) and bool(re.search(r"://|^[a-z][-a-z0-9.]*:\d{2,5}$", value))


def _second_container(one: Troubled, text: str) -> list[Suspect]:
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


def _without_history(one: Troubled, container: str | None, text: str) -> Iterator[Suspect]:
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
