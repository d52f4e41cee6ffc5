"""Containers that start and end: command, environment, security, memory, ports, and the application itself."""

import re
from collections.abc import Iterator

from outage.diagnosis.calls.mentions import ADDRESS_KEY
from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.known_good.template_revisions import Fix
from outage.diagnosis.known_good.troubled_workloads import Troubled, troubled_workloads
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.pod_start.crash_words import (
    NO_RIGHT,
    TAKEN,
    crash_words,
    failing_container,
    not_runnable,
    second_container,
    without_history,
)
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Support
from outage.kubernetes.objects import dig
from outage.snapshots.case_index import CaseIndex
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
    (
        Cause.BAD_TEMPLATE,
        SPEC + r"(?:serviceAccount|automountServiceAccountToken|shareProcessNamespace|enableServiceLinks)",
    ),
    (Cause.BAD_TEMPLATE, SPEC + r"(?:initContainers|containers)(?:/\d+|/-)?$"),
)
"""What in a template can make a container end, by cause."""
ANY = "|".join(pattern for _, pattern in KINDS)
SECRET_KEY = re.compile(r"PASS|SECRET|TOKEN|CREDENTIAL|API_?KEY|USER(?:NAME)?$", re.I)
SECOND = SPEC + r"containers/\d+$"
TROUBLE = (
    *(Sign.POD_CRASH_LOOP, Sign.POD_CONFIG_ERROR, Sign.POD_NOT_STARTED, Sign.POD_NOT_READY),
    *(Sign.POD_RESTARTED, Sign.POD_OUT_OF_MEMORY),
)
EXPECTED = "The new pods start, stay and become ready."


def suspect_container_crashes(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Suspects for workloads whose containers end, are not created, or run without becoming ready."""
    for one in troubled_workloads(index, signs):
        if one.trouble(*TROUBLE):
            yield from _suspects(one)


def _suspects(one: Troubled) -> Iterator[SuspectDraft]:
    for pod in one.pods[:1]:
        container, text = failing_container(pod), crash_words(one, pod)
        if one.is_current(pod) and (found := _from_template(one, pod, container, text)) is not None:
            yield found
        elif one.trouble(Sign.POD_CRASH_LOOP, Sign.POD_CONFIG_ERROR):
            yield from second_container(one, text) or without_history(one, pod, container, text)


def _from_template(one: Troubled, pod: Manifest, container: str | None, text: str) -> SuspectDraft | None:
    """A change of the template that fits how the container fails; several kinds at once are the template's fault."""
    if TAKEN.search(text) and (second := one.fix(SECOND)) is not None:
        found = one.suspect(Cause.CONTAINER_PORT_CLASH, _says(one, second), second, EXPECTED)
        return found.add(
            Strength.STATED, "its address is in use, and there is one container more than before"
        )
    whole = one.fix(ANY, container)
    if whole is None:
        return None
    fixes = _by_kind(whole)
    fitting = [(cause, fix) for cause, fix in fixes if _fits(cause, pod, container, text)]
    if len(fitting) == 1 or len(fixes) == 1:
        cause, fix = (fitting or fixes)[0]
        found = one.suspect(_finer(cause, fix), _says(one, fix), fix, EXPECTED)
        found.add(Strength.CONTRADICTED, "the container fails since its template was changed here")
        return found.add(Support.TRACE, "how it fails fits what was changed") if fitting else found
    found = one.suspect(Cause.BAD_TEMPLATE, _says(one, whole), whole, EXPECTED)
    return found.add(Strength.CONTRADICTED, f"{len(fixes)} kinds of fields were changed at once")


def _by_kind(whole: Fix) -> list[tuple[Cause, Fix]]:
    """The kinds of fields that one known good template has otherwise; what only a still older one has is no news."""
    found = []
    for cause, pattern in KINDS:
        chosen = tuple(one for one in whole.chosen if re.search(pattern, one.pointer))
        others = tuple(one for one in (*whole.chosen, *whole.others) if one not in chosen)
        if chosen:
            found.append((cause, whole.model_copy(update={"chosen": chosen, "others": others})))
    return found


def _says(one: Troubled, fix: Fix | None) -> str:
    words = (
        ", ".join(d.field.removeprefix("spec.template.spec.") for d in fix.chosen[:3])
        if fix
        else "its template"
    )
    return f"{one.about} fails since {words} differs from {fix.known.source if fix else 'what was there'}"


def _fits(cause: Cause, pod: Manifest, container: str | None, text: str) -> bool:
    if cause is Cause.BAD_COMMAND:
        return bool(not_runnable(pod, container, text))
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


RULES = (
    CauseRule(
        suspect_container_crashes,
        entries=(
            CauseEntry(
                Cause.BAD_COMMAND,
                says="The container's command or arguments were changed to something that does not run.",
                shows="the container cannot be run since its command or arguments were changed",
                evidence="lastState (exit 126 to 128, StartError) and log; the template against its known good form",
                remedies=(Remedy.UNDO, Remedy.PUT_BACK, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
            CauseEntry(
                Cause.BAD_TEMPLATE,
                says="The pod template was changed and pods made from it fail.",
                shows="pods of the live template fail, and a known good one differs in what can make them fail",
                evidence="pods, events and log against older ReplicaSets, ControllerRevisions and the baseline",
                remedies=(Remedy.UNDO, Remedy.PUT_BACK, Remedy.REPLACE_POD, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
            CauseEntry(
                Cause.BAD_SECURITY_CONTEXT,
                says="A security field was changed so that the process may not do what it needs.",
                shows='"permission denied" since a security field was changed',
                evidence="log and events; securityContext and defaultMode against the known good template",
                remedies=(Remedy.UNDO, Remedy.PUT_BACK, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
            CauseEntry(
                Cause.CONTAINER_PORT_CLASH,
                says="Two containers of one pod want the same port.",
                shows='"address already in use", and there is one container more than before or two declare one port',
                evidence="log; the containers and their ports",
                remedies=(Remedy.UNDO, Remedy.PUT_BACK, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
            CauseEntry(
                Cause.APPLICATION_ERROR,
                says="The application fails by itself; nothing around it changed.",
                shows="the container ends by itself; nothing around it changed",
                evidence="log, exit code; nothing in template, configuration or neighbours differs",
                remedies=(Remedy.PERSON,),
                doubts=(Doubt.LONG_UNCHANGED, Doubt.EXPLAINED),
            ),
        ),
    ),
)
