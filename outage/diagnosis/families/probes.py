"""Probes that fail although the process works: wrong port, wrong path, wrong protocol, too little patience."""

import re
from collections.abc import Iterator

from outage.causes import Cause
from outage.diagnosis.events import message
from outage.diagnosis.families.aim import EXPECTED, asked, containers_of, port_of, retarget, served_by
from outage.diagnosis.revisions import Fix
from outage.diagnosis.signs import Signs
from outage.diagnosis.suspect import PROOF, SIGNATURE, Suspect, one_change
from outage.diagnosis.templates import Troubled, troubled
from outage.diagnosis.world import World
from outage.errors import cut
from outage.hypothesis import Action, Risk
from outage.objects import dig, ref
from outage.value import Manifest

NAMES = ("readinessProbe", "livenessProbe", "startupProbe")
PROTOCOL = re.compile(
    r"malformed HTTP|HTTP response to HTTPS|first record does not look like|Unimplemented|unknown service grpc"
    r"|does not implement the grpc health protocol"
    r"|connection reset|EOF|http2|frame too large",
    re.I,
)
NO_PROGRAM = re.compile(r"executable file not found|no such file or directory|not found in \$PATH", re.I)
TIMING = re.compile(
    r"/(?:initialDelaySeconds|periodSeconds|timeoutSeconds|failureThreshold|successThreshold)$"
)


def suspects(world: World, signs: Signs) -> Iterator[Suspect]:
    """Workloads whose probes are said to fail."""
    for one in troubled(world, signs):
        said = _said(one)
        if said:
            yield from _suspects(one, said)


def _said(one: Troubled) -> list[str]:
    pods = one.pods or one.world.pods_of(one.about)
    return [
        message(event)
        for pod in pods
        if one.is_current(pod)
        for event in one.world.warnings(ref(pod, "Pod"))
        if event.get("reason") in ("Unhealthy", "ProbeWarning", "ProbeError")
    ]


def _suspects(one: Troubled, said: list[str]) -> Iterator[Suspect]:
    text = "\n".join(said)
    fix = one.fix(r"/(?:readiness|liveness|startup)Probe(?:/|$)")
    if fix is not None and not _implausible(one, fix):
        timing = all(TIMING.search(d.pointer) for d in fix.chosen)
        only_alive = all("/livenessProbe" in d.pointer for d in fix.chosen)
        eager = timing or (only_alive and _too_eager(one, text) is not None)
        cause = Cause.LIVENESS_TOO_EAGER if eager else Cause.BAD_PROBE
        if any(d.pointer.endswith(("/scheme", "/grpc")) for d in fix.chosen) or PROTOCOL.search(text):
            cause = Cause.PROBE_PROTOCOL
        says = f"{one.about}: its probe was changed and fails since: {cut(said[-1], 140)}"
        found = one.suspect(cause, says, fix, EXPECTED)
        yield found.add(SIGNATURE + 0.1, "probes fail, and the known good template has another probe")
        return
    if (hasty := _too_eager(one, text)) is not None:
        yield hasty
        return
    for at, container in enumerate(dig(one.workload, "spec.template.spec.containers", [])):
        for name in NAMES:
            yield from _contradiction(
                one, f"/spec/template/spec/containers/{at}/{name}", container, name, text
            )


def _implausible(one: Troubled, fix: Fix) -> bool:
    """Whether the older probe asks a port that nobody serves, while the present one asks one that is served."""
    served = {str(port) for container in containers_of(one) for port in served_by(one, container)}
    ports = [d for d in fix.chosen if d.pointer.endswith("/port")]
    return any(str(d.wanted) not in served and str(d.live) in served for d in ports)


def _too_eager(one: Troubled, text: str) -> Suspect | None:
    """Killed by the liveness probe before it ever was ready."""
    if "Liveness probe failed" not in text or not one.trouble("pod-crash-loop", "pod-restarted"):
        return None
    if re.search(r"statuscode: (?:404|400|401|403)", text) or PROTOCOL.search(text):
        return None
    for at, container in enumerate(dig(one.workload, "spec.template.spec.containers", [])):
        probe = container.get("livenessProbe") or {}
        budget = probe.get("initialDelaySeconds", 0) + probe.get("periodSeconds", 10) * probe.get(
            "failureThreshold", 3
        )
        if (
            probe
            and not container.get("startupProbe")
            and budget <= 30
            and _port_known(one, container, probe)
        ):
            return _give_time(one, at, probe, budget)
    return None


def _port_known(one: Troubled, container: Manifest, probe: Manifest) -> bool:
    return port_of(probe) in served_by(one, container)


def _give_time(one: Troubled, at: int, probe: Manifest, budget: int) -> Suspect:
    says = f"{one.about}: the liveness probe gives up after {budget} s, before the container has started"
    found = one.suspect(Cause.LIVENESS_TOO_EAGER, says, None, "")
    found.add(SIGNATURE, "the liveness probe kills containers that never became ready")
    pointer = f"/spec/template/spec/containers/{at}/startupProbe"
    startup = {key: value for key, value in probe.items() if key in ("httpGet", "tcpSocket", "exec", "grpc")}
    startup.update(periodSeconds=5, failureThreshold=36)
    found.field, found.live = pointer[1:].replace("/", "."), "(absent)"
    found.wanted = "a startup probe of 180 s"
    patch = [{"op": "add", "path": pointer, "value": startup}]
    words = f"Give {one.about} a startup probe of 180 s"
    found.repair = one_change(Action.PATCH, one.about, patch, words, EXPECTED, Risk.MEDIUM)
    found.settle = (
        "How long the container takes to its first success; its log shows whether it was still starting."
    )
    return found


def _contradiction(
    one: Troubled, pointer: str, container: Manifest, name: str, text: str
) -> Iterator[Suspect]:
    probe = container.get(name) or {}
    port, served = port_of(probe), served_by(one, container)
    word = name.removesuffix("Probe").capitalize()
    if not probe or f"{word} probe" not in text:
        return
    wrong_path = bool(re.search(r"statuscode: (?:404|400|405)", text)) and "httpGet" in probe
    if PROTOCOL.search(text) and "httpGet" in probe:
        yield _scheme(one, pointer, probe, text)
    elif ("grpc" in probe and PROTOCOL.search(text)) or ("exec" in probe and NO_PROGRAM.search(text)):
        yield _unanswerable(one, pointer, probe, text)
    elif (port is not None and served and port not in served) or wrong_path:
        field = "httpGet.path" if wrong_path and port in served else "port"
        says = f"{one.about}: its {word.lower()} probe asks {field} {asked(probe)}, which the container does not serve"
        found = one.suspect(Cause.BAD_PROBE, says, None, "")
        found.add(SIGNATURE, "the probe asks for what no port or Service of the pods has")
        retarget(one, found, pointer, probe)
        yield found


def _unanswerable(one: Troubled, pointer: str, probe: Manifest, text: str) -> Suspect:
    """A probe that calls a program or a protocol which the container does not have."""
    cause = Cause.PROBE_PROTOCOL if "grpc" in probe else Cause.BAD_PROBE
    line = next(
        line for line in text.splitlines() if (PROTOCOL if "grpc" in probe else NO_PROGRAM).search(line)
    )
    found = one.suspect(cause, f"{one.about}: {cut(line, 200)}", None, "")
    found.add(SIGNATURE, "the container cannot answer such a probe at all")
    retarget(one, found, pointer, probe)
    return found


def _scheme(one: Troubled, pointer: str, probe: Manifest, text: str) -> Suspect:
    scheme = dig(probe, "httpGet.scheme", "HTTP")
    wanted = "HTTP" if scheme == "HTTPS" else "HTTPS"
    line = next((line for line in text.splitlines() if PROTOCOL.search(line)), text)
    found = one.suspect(Cause.PROBE_PROTOCOL, f"{one.about}: {cut(line, 160)}", None, "")
    found.add(PROOF, "the answer to the probe is of another protocol")
    field = f"{pointer}/httpGet/scheme"
    found.field, found.live, found.wanted = field[1:].replace("/", "."), scheme, wanted
    patch = [{"op": "add", "path": field, "value": wanted}]
    words = f"Let the probe of {one.about} speak {wanted}"
    found.repair = one_change(Action.PATCH, one.about, patch, words, EXPECTED, Risk.MEDIUM)
    return found
