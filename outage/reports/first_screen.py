"""The first screen: what is broken for whom, the likeliest cause with what shows it best, what changed, what to do."""

from collections.abc import Iterator
from datetime import timedelta

from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.hypothesis import Diagnosis, Hypothesis, Mitigation
from outage.incidents.severity import Severity
from outage.reports.change_lines import changes_in_words
from outage.text.logs.trouble_kinds import trouble_kind
from outage.text.redaction import redact

STRONGEST, CHANGES, HURT = 2, 3, 3
"""Lines of each kind on the first screen."""
FIRST = "First answer, by the objects alone"
GOES_ON = "Logs, programs and databases are still being looked at."
NEWS = timedelta(days=2)
"""An older change stands in the whole list below, and not on the first screen."""
OF_USERS = (
    Sign.PROBE_FAILING,
    Sign.NAME_UNRESOLVED,
    Sign.ERROR_RATIO_HIGH,
    Sign.LATENCY_HIGH,
    Sign.HEALTH_FAILING,
)
"""Signs that a user feels, those that need no explanation first."""
QUOTING = (
    *(Sign.PODS_REFUSED, Sign.POD_IMAGE_PULL, Sign.POD_CONFIG_ERROR, Sign.POD_VOLUME, Sign.POD_UNSCHEDULABLE),
    *(Sign.POD_OUT_OF_MEMORY, Sign.POD_CRASH_LOOP),
)
"""Signs in which the cluster itself says why."""


def first_screen(diagnosis: Diagnosis) -> Iterator[str]:
    """The answer in a dozen lines; what it leaves out follows below it."""
    hurt = [one.says for sign in OF_USERS for one in diagnosis.findings if one.sign is sign]
    yield from _rows("hurt", hurt[:HURT])
    if not diagnosis.proposals:
        return
    best = diagnosis.proposals[0]
    yield from _rows("cause", [best.says])
    yield from _rows("shown by", strongest_evidence(diagnosis, best))
    yield from _rows("changed", list(changes_in_words(_of_late(diagnosis)))[:CHANGES])
    yield from _rows(
        "to do", [best.repair.summary if best.repair else best.settle or "A person has to look."]
    )


def first_answer_in_words(diagnosis: Diagnosis) -> str:
    """What the objects alone tell, while the rest is still being looked at; never that all is well."""
    assessment = diagnosis.assessment
    if assessment.severity is Severity.NONE and not diagnosis.proposals:
        return redact(f"{FIRST}: no object shows what is wrong. {GOES_ON}")
    rows = (f"{FIRST}: {assessment.severity}  {assessment.reason}", *first_screen(diagnosis), GOES_ON)
    return redact("\n".join(rows)) + "\n"


def _of_late(diagnosis: Diagnosis) -> Diagnosis:
    """The same with the changes of the last days alone: when the namespace was made is no news at 3 am."""
    late = (one for one in diagnosis.changes if one.at is None or diagnosis.at - one.at <= NEWS)
    return diagnosis.model_copy(update={"changes": tuple(late)})


def _rows(head: str, sentences: list[str]) -> Iterator[str]:
    for number, one in enumerate(sentences):
        yield f"  {head if not number else '':<9} {one}"


def strongest_evidence(diagnosis: Diagnosis, best: Hypothesis | Mitigation) -> list[str]:
    """The two pieces of evidence that say most, of two kinds where there are.

    The rule's own first, then whoever quotes why, then what a log complains of, at last what is merely down.
    """
    by_sentence = {one.says: one for one in diagnosis.findings}
    ordered = sorted(best.evidence_for, key=lambda says: _rank(by_sentence.get(says)))
    signs = [one.sign if (one := by_sentence.get(says)) else says for says in ordered]
    of_each = [says for at, says in enumerate(ordered) if signs[at] not in signs[:at]]
    return [*of_each, *(says for says in ordered if says not in of_each)][:STRONGEST]


def _rank(finding: Finding | None) -> int:
    if finding is None or finding.sign in QUOTING:
        return 0
    logged = finding.sign in (Sign.LOG_ERRORS, Sign.POD_COMPLAINS)
    return 1 if logged and trouble_kind(finding.quoted) else 2
