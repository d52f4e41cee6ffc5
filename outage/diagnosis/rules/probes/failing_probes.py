"""Probes that fail although the process works: wrong port, wrong path, wrong protocol, too little patience."""

import re
from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.known_good.template_revisions import Fix
from outage.diagnosis.known_good.troubled_workloads import Troubled, troubled_workloads
from outage.diagnosis.remedies.finished_repairs import Words, retarget
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.probes.liveness_budget import too_eager
from outage.diagnosis.rules.probes.probe_target import (
    EXPECTED,
    asked_port,
    port_of,
    probed_containers,
    retarget_probe,
    served_by,
)
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.thresholds import RECENT_CHANGE
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength
from outage.errors import cut
from outage.kubernetes.events import event_message
from outage.kubernetes.field_differences import FieldDifference, shown_value
from outage.kubernetes.objects import dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

NAMES = ("readinessProbe", "livenessProbe", "startupProbe")
PROTOCOL = re.compile(
    r"malformed HTTP|HTTP response to HTTPS|first record does not look like|Unimplemented|unknown service grpc"
    r"|does not implement the grpc health protocol|frame too large",
    re.I,
)
"""What only an answer in another protocol is called."""
BROKEN_OFF = re.compile(r"connection reset|EOF|http2", re.I)
"""What another protocol gives, and so does a process that ends or has too much to do while it is asked."""
PLAIN = re.compile(r"HTTP response to HTTPS|first record does not look like", re.I)
TLS = re.compile(r"malformed HTTP response \S?\\x15\\x03", re.I)
"""A TLS alert, read as if it were HTTP."""
CPU = re.compile(r"/resources(?:/(?:limits|requests)(?:/cpu)?)?$")
LATE = re.compile(r"deadline exceeded|timed out|Client\.Timeout", re.I)
NO_PROGRAM = re.compile(r"executable file not found|no such file or directory|not found in \$PATH", re.I)
TIMING = re.compile(
    r"/(?:initialDelaySeconds|periodSeconds|timeoutSeconds|failureThreshold|successThreshold)$"
)


def suspect_failing_probes(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Workloads whose probes are said to fail."""
    for one in troubled_workloads(index, signs):
        said = _said(one)
        if said:
            yield from _suspects(one, said)


def _said(one: Troubled) -> list[str]:
    pods = one.pods or one.index.pods_of(one.about)
    return [
        event_message(event)
        for pod in pods
        if one.is_current(pod)
        for event in one.index.warnings(object_ref(pod, "Pod"))
        if event.get("reason") in ("Unhealthy", "ProbeWarning", "ProbeError")
    ]


def _suspects(one: Troubled, said: list[str]) -> Iterator[SuspectDraft]:
    text = "\n".join(said)
    fix = one.fix(r"/(?:readiness|liveness|startup)Probe(?:/|$)")
    if fix is not None and not _implausible(one, fix):
        timing = all(TIMING.search(d.pointer) for d in fix.chosen)
        only_alive = all("/livenessProbe" in d.pointer for d in fix.chosen)
        eager = timing or (only_alive and _hasty(one, text) is not None)
        cause = Cause.LIVENESS_TOO_EAGER if eager else Cause.BAD_PROBE
        if any(d.pointer.endswith(("/scheme", "/grpc")) for d in fix.chosen) or PROTOCOL.search(text):
            cause = Cause.PROBE_PROTOCOL
        says = f"{one.about}: its probe was changed and fails since: {cut(said[-1], 140)}"
        found = one.suspect(cause, says, fix, EXPECTED)
        yield found.add(Strength.STATED, "probes fail, and the known good template has another probe")
        return
    if (slow := _slowed(one, text)) is not None:
        yield slow
        return
    if (hasty := _hasty(one, text)) is not None:
        yield hasty
        return
    for at, container in enumerate(probed_containers(one)):
        for name in NAMES:
            where = f"/spec/template/spec/containers/{at}/{name}"
            own = [line for line in said if f"{name.removesuffix('Probe').capitalize()} probe" in line]
            yield from _contradiction(one, where, container, name, "\n".join(own))


def _slowed(one: Troubled, text: str) -> SuspectDraft | None:
    """A template that gives less CPU than before, whose probes wait in vain since."""
    fix = one.fix(CPU.pattern) if LATE.search(text) else None
    if fix is None or any(d.pointer.endswith("/image") for d in fix.others):
        return None
    first = fix.chosen[0]
    says = f"{one.about}: {first.field.removeprefix('spec.template.spec.')} is {shown_value(first.live)} and was "
    says += f"{shown_value(first.wanted)}; its probes get no answer in time since"
    found = one.suspect(Cause.BAD_TEMPLATE, says, fix, EXPECTED)
    return found.add(Strength.CONTRADICTED, "probes time out since its CPU was cut")


def _hasty(one: Troubled, text: str) -> SuspectDraft | None:
    """A liveness probe without patience; one that gets a wrong answer would get it later too."""
    if re.search(r"statuscode: (?:404|400|401|403)", text) or PROTOCOL.search(text):
        return None
    return too_eager(one, text)


def _implausible(one: Troubled, fix: Fix) -> bool:
    """Whether the older probe asks a port that nobody serves, while the present one asks one that is served."""
    served = {str(port) for container in probed_containers(one) for port in served_by(one, container)}
    ports = [d for d in fix.chosen if d.pointer.endswith("/port")]
    return any(str(d.wanted) not in served and str(d.live) in served for d in ports)


def _contradiction(
    one: Troubled, pointer: str, container: Manifest, name: str, text: str
) -> Iterator[SuspectDraft]:
    probe = container.get(name) or {}
    port, served = port_of(probe), served_by(one, container)
    word = name.removesuffix("Probe").lower()
    if not probe or not text:
        return
    wrong_path = bool(re.search(r"statuscode: (?:404|400|405)", text)) and "httpGet" in probe
    if (PLAIN if dig(probe, "httpGet.scheme") == "HTTPS" else TLS).search(text) and "httpGet" in probe:
        yield _scheme(one, pointer, probe, text)
    elif (NO_PROGRAM if "exec" in probe else PROTOCOL).search(text):
        yield _unanswerable(one, pointer, probe, text)
    elif (port is not None and served and port not in served) or wrong_path:
        field = "httpGet.path" if wrong_path and port in served else "port"
        says = f"{one.about}: its {word} probe asks {field} {asked_port(probe)}, which the container does not serve"
        found = one.suspect(Cause.BAD_PROBE, says, None, "")
        found.add(Strength.CONTRADICTED, "the probe asks for what no port or Service of the pods has")
        retarget_probe(one, found, pointer, probe)
        yield found
    elif BROKEN_OFF.search(text) and "exec" not in probe and _young_and_alive(one):
        yield _broken_off(one, pointer, probe, text)


def _young_and_alive(one: Troubled) -> bool:
    """Whether the template is so young that nobody has seen its probes succeed, and its containers stay."""
    young = one.changed_at is not None and one.index.now - one.changed_at <= RECENT_CHANGE
    return young and not one.trouble(Sign.POD_CRASH_LOOP, Sign.POD_RESTARTED, Sign.POD_OUT_OF_MEMORY)


def _broken_off(one: Troubled, pointer: str, probe: Manifest, text: str) -> SuspectDraft:
    found = one.suspect(Cause.PROBE_PROTOCOL, f"{one.about}: {_line(BROKEN_OFF, text)}", None, "")
    found.field, found.live = pointer[1:].replace("/", "."), asked_port(probe)
    found.settle = "Which protocol the port speaks: a busy or broken process breaks off as well."
    return found.add(Strength.FITS, "the probe's connection is broken off, as by a port of another protocol")


def _line(pattern: re.Pattern[str], text: str) -> str:
    """The line of a probe that says so."""
    return cut(next((line for line in text.splitlines() if pattern.search(line)), text), 200)


def _unanswerable(one: Troubled, pointer: str, probe: Manifest, text: str) -> SuspectDraft:
    """A probe that calls a program or a protocol which the container does not have."""
    program = "exec" in probe
    cause = Cause.BAD_PROBE if program else Cause.PROBE_PROTOCOL
    says = f"{one.about}: {_line(NO_PROGRAM if program else PROTOCOL, text)}"
    found = one.suspect(cause, says, None, "")
    found.add(Strength.CONTRADICTED, "the container cannot answer such a probe at all")
    retarget_probe(one, found, pointer, probe)
    return found


def _scheme(one: Troubled, pointer: str, probe: Manifest, text: str) -> SuspectDraft:
    scheme = dig(probe, "httpGet.scheme", "HTTP")
    wanted = "HTTP" if scheme == "HTTPS" else "HTTPS"
    found = one.suspect(Cause.PROBE_PROTOCOL, f"{one.about}: {_line(PROTOCOL, text)}", None, "")
    found.add(Strength.STATED, "the answer to the probe is of another protocol")
    field = FieldDifference(pointer=f"{pointer}/httpGet/scheme", wanted=wanted)  # HTTP need not be stated
    words = Words(f"Let the probe of {one.about} speak {wanted}", EXPECTED)
    return retarget(found, one.about, [field], words, live=scheme)


RULES = (
    CauseRule(
        suspect_failing_probes,
        entries=(
            CauseEntry(
                Cause.BAD_PROBE,
                says="A probe asks the wrong port or path.",
                shows="probes fail, and their port or path is another than the known good or than the Service's",
                evidence="events Unhealthy; the probe against the older template, the container ports and the Service",
                remedies=(Remedy.UNDO, Remedy.PUT_BACK, Remedy.RETARGET, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
            CauseEntry(
                Cause.PROBE_PROTOCOL,
                says="A probe speaks another protocol than its port.",
                shows="the probe is answered in another protocol than it speaks",
                evidence="events Unhealthy (malformed HTTP, HTTP to HTTPS, gRPC unimplemented)",
                remedies=(Remedy.UNDO, Remedy.PUT_BACK, Remedy.RETARGET, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
            CauseEntry(
                Cause.LIVENESS_TOO_EAGER,
                says="The liveness probe kills the container before it has started.",
                shows="the container is killed by its liveness probe at an age below its own start-up",
                evidence="events Killing and Unhealthy, restart ages; the probe's delays and periods",
                remedies=(Remedy.UNDO, Remedy.PUT_BACK, Remedy.RAISE, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
        ),
    ),
)
