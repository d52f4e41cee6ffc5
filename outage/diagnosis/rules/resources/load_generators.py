"""Load jobs: something that came shortly before, and makes more load than the platform bears."""

import re
from collections.abc import Iterator

from outage.diagnosis.calls.call_graph import CallGraph
from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.known_good.recent_arrival import is_newcomer
from outage.diagnosis.remedies.finished_repairs import hold_actor
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Support, Trust
from outage.kubernetes.object_times import created_at, earliest_of
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

LOAD = re.compile(
    r"(?<![a-z])(?:load(?:-?gen\w*|-?test\w*)?|hey|ab|wrk)(?![a-z])(?!-?balanc)"
    r"|flood|stress|bench|burn|hammer|attack|siege|vegeta|k6|locust|yes >|dd if",
    re.I,
)


def suspect_load_generators(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Jobs and Deployments of the platform's namespaces that run what makes load."""
    if not signs.failing and not signs.of(Sign.LATENCY_HIGH):
        return
    for kind in ("Job", "Deployment"):
        for one in index.all(kind):
            if dig(one, "metadata.namespace") in index.home:
                yield from _load(index, signs, {"kind": kind, **one})


def _programs(actor: Manifest) -> str:
    """What its containers run, without the settings: `--wait-first-load` makes no load."""
    words = []
    for container in dig(actor, "spec.template.spec.containers", []):
        said = [*(container.get("command") or []), *(container.get("args") or [])]
        words += [container.get("image", ""), *(str(one) for one in said if not str(one).startswith("-"))]
    return " ".join(words)


def _load(index: CaseIndex, signs: Signs, actor: Manifest) -> Iterator[SuspectDraft]:
    about = object_ref(actor)
    onset = earliest_of(one.since for one in signs.failing) or index.now
    hot = [*signs.of(Sign.LATENCY_HIGH, Sign.ERROR_RATIO_HIGH, Sign.NODE_PRESSURE), *_slow_pods(signs)]
    if not hot or not is_newcomer(index, actor, onset):
        return
    looks = None if _serves(index, about) else LOAD.search(f"{about.name} {_programs(actor)}")
    running = dig(actor, "status.active", 0) or dig(actor, "status.readyReplicas", 0)
    if not looks or not running:
        return
    says = f"{about} came shortly before the first failure and makes load"
    found = SuspectDraft(cause=Cause.LOAD_JOB, about=about, says=says, explains=names_of(about))
    found.explains |= {str(one.about) for one in hot}
    found.add(Strength.FITS, f"its name or command speaks of load ({looks.group(0)})").time(
        created_at(actor), onset
    )
    found.add(Support.SYMPTOM, "latency, errors or pressure rose").add(
        Trust.BASELINE if index.baseline else None, "the baseline has it not"
    )
    found.evidence_for = [one.says for one in hot][:5]
    found.alone = bool(signs.of(Sign.LATENCY_HIGH))  # users wait, though nothing fails yet
    hold_actor(found, "The load falls and latency with it.", live=dig(actor, "spec.replicas", 1))
    found.settle = "Who started it, and whether the traffic falls when it is held."
    yield found


def _slow_pods(signs: Signs) -> list[Finding]:
    """Pods that are not ready since their probes are answered too late; other reasons are no load."""
    return [
        one
        for one in signs.of(Sign.POD_NOT_READY)
        if re.search(r"time.?out|deadline exceeded", one.quoted, re.I)
    ]


def _serves(index: CaseIndex, about: ObjectRef) -> bool:
    """Whether others come in through it: an entry from outside, or a Service that somebody calls."""
    fronts = index.fronts(about)
    open_door = any(dig(one, "spec.type") in ("LoadBalancer", "NodePort") for one in fronts)
    return open_door or any(CallGraph.of(index).anyone_needs(object_ref(one, "Service")) for one in fronts)


RULES = (
    CauseRule(
        suspect_load_generators,
        entries=(
            CauseEntry(
                Cause.LOAD_JOB,
                says="A new job floods the platform.",
                shows="what came just before speaks of load in name or command, and latency, errors or pressure rose",
                evidence="creation time, command, owner labels; the baseline has it not",
                remedies=(Remedy.HOLD, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
        ),
    ),
)
