"""The page of causes: how each one shows, where that is seen, how it is mended and what speaks against it."""

from collections.abc import Iterable, Iterator, Mapping

from outage.diagnosis.cause import Cause
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry
from outage.diagnosis.weighing.strength import Strength

TITLE = """# Causes

Written by `make causes` from the rules in `outage/diagnosis/rules`; do not edit. A cause stands the higher the
stronger it shows ({strengths}); trust in a known good form and the age
of the change break ties, and each doubt takes something away. A risk is what can go wrong if the change is wrong:
policy decides by it who must agree. The named guards weigh the
repair before it is written, beside those that weigh every one.

How to add a cause: CONTRIBUTING.md, "How to add …"."""


def causes_page(entries: Iterable[CauseEntry], drills: Mapping[str, Iterable[str]]) -> str:
    """Write the page.

    Args:
        entries: What the rules say of their causes, in the order in which the page has them.
        drills: The faults that practise a cause, by its name.

    Returns:
        Markdown, one section a cause.
    """
    strengths = ", ".join(f"*{one.word}*" for one in Strength)
    parts = [TITLE.format(strengths=strengths)]
    parts += ["\n".join(_section(one, tuple(drills.get(one.cause.value, ())))) for one in entries]
    return "\n\n".join(parts) + "\n"


def _section(entry: CauseEntry, drills: tuple[str, ...]) -> Iterator[str]:
    yield f"## {entry.cause.value}"
    yield ""
    yield entry.says
    yield ""
    yield f"- Shows: {entry.shows}."
    yield f"- Seen in: {entry.evidence}."
    yield f"- Remedy: {'; else '.join(_remedy(one) for one in entry.remedies)}."
    if guards := dict.fromkeys(guard for one in entry.remedies for guard in one.guards):
        yield f"- Guard: {', '.join(f'`{one}`' for one in guards)}."
    if entry.doubts:
        yield f"- Doubt: {'; '.join(one.says for one in entry.doubts)}."
    yield f"- Runbook: [meaning, impact, diagnosis, mitigation](causes/{entry.cause.value}.md)."
    named = ", ".join(f"`outage drill {one}`" for one in drills)
    yield f"- Drill: {named or 'none yet'}{_untouched(entry.cause)}."


def _remedy(one: Remedy) -> str:
    return f"{one.says} ({one.risk.value} risk)" if one.risk else one.says


def _untouched(cause: Cause) -> str:
    return "; the answer where nothing else fits" if cause is Cause.UNKNOWN else ""
