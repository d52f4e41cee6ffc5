"""What `outage investigate` answers: as lines for a person and as a documented, versioned JSON value."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from outage.diagnosis.hypothesis import Diagnosis, Hypothesis, Mitigation
from outage.incidents.severity import Severity
from outage.kubernetes.objects import ObjectRef
from outage.reports.change_lines import change_in_json, changes_in_words
from outage.reports.first_screen import first_screen
from outage.reports.home_namespace import home_of, without_home
from outage.snapshots.evidence import Evidence, Hindrance
from outage.snapshots.snapshot import Snapshot
from outage.text.listing import ago_in_words, some_of
from outage.text.logs.log_templates import template_row
from outage.text.redaction import printable, redact

VERSION = 1
FINDINGS_SHOWN = 12
"""The failing ones stand first; whoever needs more than these needs a program."""
CHANGES_SHOWN = 8
UNSEEN_SHOWN = 8
TEMPLATES_SHOWN = 6
TEMPLATE_CHARACTERS = 150
NAMES_SHOWN = 6


def investigation_in_json(diagnosis: Diagnosis, snapshot: Snapshot) -> dict[str, Any]:
    """The whole answer; the shape is documented in docs/json.md and changes only with its version."""
    assessment = diagnosis.assessment
    answer: dict[str, Any] = printable(
        {
            "version": VERSION,
            "taken_at": snapshot.taken_at.isoformat(),
            "namespaces": list(snapshot.namespaces),
            "severity": str(assessment.severity),
            "severity_reason": assessment.reason,
            "findings": [
                {
                    "sign": one.sign,
                    "about": _about(one.about),
                    "says": one.says,
                    "since": one.since.isoformat() if one.since else None,
                    "evidence": list(one.evidence),
                    "facts": one.facts.model_dump(mode="json") if one.facts else {},
                }
                for one in diagnosis.findings
            ],
            "hypotheses": [_hypothesis(one) for one in diagnosis.proposals],
            "changes": [change_in_json(one) for one in diagnosis.changes],
            "unknowns": list(diagnosis.unknowns),
            "log_templates": [one.model_dump(mode="json") for one in diagnosis.log_templates],
            "looks": [_look(one) for one in snapshot.evidence],
        }
    )
    return answer


def _about(ref: ObjectRef) -> dict[str, str]:
    return {"kind": ref.kind, "namespace": ref.namespace, "name": ref.name}


def _hypothesis(one: Hypothesis | Mitigation) -> dict[str, Any]:
    return {
        "cause": one.cause,
        "about": _about(one.about),
        "field": one.field,
        "live": one.live,
        "wanted": one.wanted,
        "says": one.says,
        "score": round(one.score, 3),
        "reasons": list(one.reasons),
        "onset": one.onset.isoformat() if one.onset else None,
        "evidence_for": list(one.evidence_for),
        "evidence_against": list(one.evidence_against),
        "settle": one.settle,
        "repair": one.repair.summary if one.repair else None,
    }


def _look(one: Evidence) -> dict[str, Any]:
    return {
        "id": one.id,
        "words": one.words,
        "observed_at": one.observed_at.isoformat(),
        "seconds": round(one.duration.total_seconds(), 4),
        "seen": one.unseen is None,
        "unseen": one.unseen,
    }


def investigation_in_words(diagnosis: Diagnosis, snapshot: Snapshot) -> str:
    """The answer for a terminal: severity, causes in order, findings, what could not be seen."""
    assessment = diagnosis.assessment
    unseen = [one for one in snapshot.evidence if one.unseen]
    rows = [
        f"{assessment.severity}  {assessment.reason}",
        *first_screen(diagnosis),
        "",
        f"{len(snapshot.evidence)} looks at {', '.join(snapshot.namespaces)}, {len(unseen)} of them in vain",
        "",
    ]
    if not diagnosis.proposals:
        healthy = assessment.severity is Severity.NONE
        rows += ["Nothing is wrong that could be seen." if healthy else "No cause stands out.", ""]
    for number, one in enumerate(diagnosis.proposals, 1):
        rows += [*_told(number, one, snapshot.taken_at), ""]
    rows += _section("What changed, newest first", changes_in_words(diagnosis), CHANGES_SHOWN)
    rows += _section("What is seen", (one.says for one in diagnosis.findings), FINDINGS_SHOWN)
    said = (template_row(one, TEMPLATE_CHARACTERS) for one in diagnosis.log_templates)
    rows += _section("What the logs complain of", said, TEMPLATES_SHOWN)
    rows += _section("What could not be seen", grouped_findings(unseen), UNSEEN_SHOWN)
    return redact(_at_home("\n".join(rows).rstrip(), diagnosis)) + "\n"


def _at_home(text: str, diagnosis: Diagnosis) -> str:
    """The text without the namespace that nearly everything is in: it is said once, at the end."""
    home = home_of(diagnosis)
    if not home or len(diagnosis.findings) < 2:
        return text
    return f"{without_home(text, home)}\n\nObjects are in namespace {home} where no other is named."


def _told(number: int, one: Hypothesis | Mitigation, now: datetime) -> Iterator[str]:
    yield f"{number}. {one.cause}  {one.about}  (score {one.score:.2f})"
    yield f"   {one.says}"
    if one.onset:
        yield f"   began {one.onset:%Y-%m-%d %H:%M:%S} UTC, {ago_in_words(one.onset, now)}"
    if one.field:
        wanted = f", should be {one.wanted}" if one.wanted else ""
        yield f"   field {one.field}: is {one.live}{wanted}"
    yield from (f"   + {sentence}" for sentence in one.evidence_for[:6])
    yield from (f"   - {sentence}" for sentence in one.evidence_against[:4])
    if one.repair:
        yield f"   repair: {one.repair.summary}"
    if one.settle:
        yield f"   would settle it: {one.settle}"


def _section(title: str, sentences: Iterator[str], at_most: int) -> list[str]:
    all_of_them = list(sentences)
    if not all_of_them:
        return []
    more = (
        [f"  … and {len(all_of_them) - at_most} more: --json has all"] if len(all_of_them) > at_most else []
    )
    return [f"{title}:", *(f"  {one}" for one in all_of_them[:at_most]), *more, ""]


def grouped_findings(unseen: list[Evidence]) -> Iterator[str]:
    """What could not be seen, the same reason once: RBAC of one namespace forbids twenty looks alike."""
    by_reason: dict[str, list[Evidence]] = {}
    for one in unseen:
        forbidden = one.hindrance is Hindrance.FORBIDDEN
        by_reason.setdefault(FORBIDDEN if forbidden else _reason(one.unseen or ""), []).append(one)
    for reason, alike in by_reason.items():
        names = some_of([one.id for one in alike], NAMES_SHOWN)
        if len(alike) == 1 and ": " in (alike[0].unseen or ""):
            yield alike[0].unseen or ""
        elif reason is FORBIDDEN:
            yield f"{FORBIDDEN} {names}"
        else:
            yield f"{names}: {reason}"


FORBIDDEN = "our identity may not look at"
ADDRESS = re.compile(r'(Get|Post) "[^\s"]*(": )?')
"""How the API server quotes what it asked a kubelet for: another address for each pod, and the same trouble."""


def _reason(unseen: str) -> str:
    """Why a look was not made, without what it was about."""
    what, _, why = unseen.partition(": ")
    return ADDRESS.sub("", why) or what
