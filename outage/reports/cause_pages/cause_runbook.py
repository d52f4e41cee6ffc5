"""The runbook page of one cause, in the trade's four headings: meaning, impact, diagnosis, mitigation."""

from collections.abc import Iterator, Sequence

from outage.diagnosis.cause import Cause
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry
from outage.incidents.fault import Fault
from outage.reports.post_incident.detection import FELT
from outage.value import Value


class PractisedEffect(Value):
    """What a fault of the catalogue does that breaks things in this way."""

    fault: str
    title: str
    felt: bool
    """Whether users feel it, by the signs that it shows."""
    signs: tuple[str, ...]
    alert: str
    """Which alert fires; empty when none covers it and the watch has to see it."""
    severity: tuple[str, ...]
    mended: bool
    """Whether the response mends it; else a person must."""


class KnownRemedy(Value):
    """One way to mend it."""

    says: str
    risk: str
    """`low`, `medium` or `high`; empty when a person decides what is done."""
    guards: tuple[str, ...]


class CauseRunbook(Value):
    """The page."""

    cause: str
    meaning: str
    effects: tuple[PractisedEffect, ...]
    shows: str
    evidence: str
    doubts: tuple[str, ...]
    remedies: tuple[KnownRemedy, ...]
    """In order of trust."""


def cause_runbook(entry: CauseEntry, faults: Sequence[Fault]) -> CauseRunbook:
    """The page of one cause, from its rule and from the faults that practise it.

    Args:
        entry: What the rule says of it.
        faults: The catalogue; those that expect this cause first are its own.
    """
    own = [one for one in faults if one.expected.causes[:1] == (entry.cause.value,)]
    return CauseRunbook(
        cause=entry.cause.value,
        meaning=entry.says,
        effects=tuple(_effect(one) for one in own),
        shows=entry.shows,
        evidence=entry.evidence,
        doubts=tuple(one.says for one in entry.doubts),
        remedies=tuple(_remedy(one) for one in entry.remedies),
    )


def _effect(fault: Fault) -> PractisedEffect:
    expected = fault.expected
    return PractisedEffect(
        fault=fault.name,
        title=fault.title,
        felt=any(sign in FELT for sign in expected.signs),
        signs=expected.signs,
        alert=expected.alert or "",
        severity=tuple(str(one) for one in expected.severity),
        mended=expected.ending == "Recovered",
    )


def _remedy(remedy: Remedy) -> KnownRemedy:
    return KnownRemedy(says=remedy.says, risk=remedy.risk.value if remedy.risk else "", guards=remedy.guards)


def runbook_in_markdown(page: CauseRunbook) -> str:
    """The page as a file of docs/causes."""
    parts = [
        f"# {page.cause}",
        "Written by `make causes` from the rule, the faults that practise it and their text; do not edit.",
        f"## Meaning\n\n{page.meaning}",
        "\n".join(["## Impact\n", *_impact(page)]),
        "\n".join(["## Diagnosis\n", *_diagnosis(page)]),
        "\n".join(["## Mitigation\n", *_mitigation(page)]),
    ]
    return "\n\n".join(parts) + "\n"


def _impact(page: CauseRunbook) -> Iterator[str]:
    yield (
        "How many users it reaches is measured when it happens: services without a pod that answers, probes and"
        " requests that fail (`outage investigate -n NAMESPACE`). Where it was practised:\n"
    )
    for one in page.effects:
        felt = "users feel it, " if one.felt else ""
        alert = f"`{one.alert}` fires" if one.alert else "no alert covers it, the watch looks for it"
        severity = f"; {' or '.join(one.severity)}" if one.severity else ""
        signs = ", ".join(f"`{sign}`" for sign in one.signs)
        yield f"- {one.title}: {felt}{alert}{severity}{f'; signs: {signs}' if signs else ''}."
    if not page.effects:
        yield "- Nowhere yet: no fault of the catalogue breaks things in this way."


def _diagnosis(page: CauseRunbook) -> Iterator[str]:
    yield f"- It shows: {page.shows}."
    yield f"- Look in: {page.evidence}."
    for doubt in page.doubts:
        yield f"- It may be something else when {doubt}."
    yield "- `outage show INCIDENT` has what speaks for it and against it; `outage investigate -n NAMESPACE` looks now."


def _mitigation(page: CauseRunbook) -> Iterator[str]:
    for number, one in enumerate(page.remedies, 1):
        risk = f" ({one.risk} risk)" if one.risk else ""
        guards = ", ".join(f"`{guard}`" for guard in one.guards)
        yield f"{number}. {one.says[:1].upper()}{one.says[1:]}{risk}.{f' Weighed by {guards}.' if guards else ''}"
    yield (
        "\nThe next one is tried when one did not help. Before each write the object as it was is recorded; that is the"
        " way back (`outage act take-back INCIDENT`)."
    )
    drills = ", ".join(f"`outage drill {one.fault}`" for one in page.effects)
    yield f"\nPractise it: {drills or 'no fault of the catalogue does yet'}."


def cause_named(name: str) -> Cause | None:
    """The cause that a hypothesis' key or an address names; None when it is no cause of ours."""
    word = name.partition(":")[0]
    return Cause(word) if word in set(Cause) else None
