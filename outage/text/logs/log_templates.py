"""Many log lines as a few sentences with counts: what is being complained about, how often, since when, what is new."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from outage.errors import cut
from outage.snapshots.snapshot import LogTail
from outage.text.logs.log_masking import Shape, are_alike, line_shape, masked_line
from outage.text.logs.trouble_lines import LINE_CHARACTERS, LogLine, Said, bare_line, grouped_lines
from outage.text.redaction import redact
from outage.value import Value

PODS_NAMED = 2
LEADS_SHOWN = 3
"""Kinds of complaints whose lead-up is told: that of the first ones says where to look."""
GROWTH = 3.0
"""So many times as often, or as seldom, is no chance: the ends of logs are minutes long."""


class LogTemplate(Value):
    """One kind of complaint."""

    text: str
    """The line with its changing parts replaced by `<*>`."""
    count: int
    pods: tuple[str, ...]
    first: str = ""
    """Timestamp of the first line, as the kubelet wrote it; empty when the log has none."""
    last: str = ""
    sample: str = ""
    """One line as it stands, redacted."""
    before: tuple[str, ...] = ()
    """The lines right before the first one, in the same log. Redacted."""
    rate_before: float = 0.0
    """Lines a minute in the part of the logs before their ends; 0 also when nobody read that far back."""
    rate_lately: float = 0.0
    """Lines a minute in the ends of the logs; 0 when they have no dates."""
    new: bool | None = None
    """Whether its lines were said since the baseline and nothing like them before; None when nobody can tell."""


class KnownTemplates(Value):
    """What logs said while all was well."""

    until: datetime
    """When that was written down: a line up to then is no news, whatever it says."""
    kinds: dict[str, tuple[str, ...]]
    """By workload, as `kinds` gives them. A workload whose log nobody read is absent: nothing of it is called new."""
    workloads: dict[str, str]
    """The workload of each pod, by `namespace/pod`."""


def log_templates_of(
    logs: Iterable[LogTail], patterns: Sequence[str] = (), known: KnownTemplates | None = None
) -> tuple[LogTemplate, ...]:
    """Group the lines that speak of trouble, most frequent first; with `known`, what is new before what is old.

    A kind that is new in one workload and known in another is told twice, each time with its own lines.

    Args:
        logs: Ends of logs.
        patterns: More words that mean trouble, as regular expressions or plain words.
        known: What was said while all was well; None when nobody knows, and then nothing is called new.
    """
    found: list[LogTemplate] = []
    for text, said in grouped_lines(logs, patterns):
        lines = [line for _, some in said for line in some]
        found += [_template(text, lines, None)] if known is None else _judged(text, said, known)
    return tuple(sorted(found, key=lambda one: (not one.new, -one.count, one.text)))


def template_kinds(logs: Iterable[LogTail], patterns: Sequence[str] = ()) -> tuple[str, ...]:
    """The shapes of the complaints alone, most frequent first: what to know the next time. Redacted."""
    found = sorted(grouped_lines(logs, patterns), key=lambda one: -sum(len(lines) for _, lines in one[1]))
    return tuple(dict.fromkeys(" ".join(_shape(said)) for _, said in found))


def of_kind(template: LogTemplate, line: str) -> bool:
    """Whether a line of a log is one of the template's kind."""
    return is_worded(template, template_wording(line))


def template_wording(line: str) -> str:
    """What a line of a log says, without its date, its secrets and its changing parts."""
    return masked_line(redact(bare_line(line)[1]))


def is_worded(template: LogTemplate, words: str) -> bool:
    """Whether a wording is one of the template's kind; for who has many lines with few wordings."""
    return are_alike(line_shape([template.text]), line_shape([words]))


def _judged(text: str, said: Sequence[Said], known: KnownTemplates) -> Iterator[LogTemplate]:
    """The lines of one kind in two heaps: what is new since the baseline, and the rest."""
    by_workload: dict[str, list[tuple[str, LogLine]]] = {}
    for wording, lines in said:
        for line in lines:
            by_workload.setdefault(known.workloads.get(line.place, ""), []).append((wording, line))
    news: list[LogLine] = []
    rest: list[LogLine] = []
    for workload, own in by_workload.items():
        lately = [(wording, line) for wording, line in own if templates_after(line.stamp, known.until)]
        new = _unheard(lately, known.kinds.get(workload))
        news += [line for _, line in lately if new]
        rest += [line for _, line in own if not new or not templates_after(line.stamp, known.until)]
    if news:
        yield _template(text, news, True)
    if rest:
        yield _template(text, rest, False if known.kinds.keys() & by_workload.keys() else None)


def _unheard(lately: Sequence[tuple[str, LogLine]], heard: Sequence[str] | None) -> bool:
    """Whether the lines of one workload are of a kind that was not heard of it; False when nobody listened."""
    if heard is None or not lately:
        return False
    own = _shape((wording, [line]) for wording, line in lately)
    return not any(are_alike(own, tuple(one.split())) for one in heard)


def _shape(said: Iterable[Said]) -> Shape:
    """What the wordings have in common, without secrets."""
    return tuple(redact(" ".join(line_shape(wording for wording, _ in said))).split())


def templates_after(stamp: str, moment: datetime) -> bool:
    """Whether a line with that timestamp was said after the moment; one without may have been."""
    try:
        return not stamp or datetime.fromisoformat(stamp) > moment
    except ValueError:  # it only looks like a date
        return True


def _template(text: str, lines: list[LogLine], new: bool | None) -> LogTemplate:
    stamps = sorted(line.stamp for line in lines if line.stamp)
    first = min(lines, key=lambda line: line.stamp or "9")
    return LogTemplate(
        text=redact(text),
        count=sum(line.times for line in lines),
        pods=tuple(sorted({line.place.partition("/")[2] for line in lines})),
        first=stamps[0] if stamps else "",
        last=stamps[-1] if stamps else "",
        sample=redact(lines[-1].text),
        before=tuple(redact(line) for line in first.before),
        rate_before=sum(line.per_minute for line in lines if line.earlier),
        rate_lately=sum(line.per_minute for line in lines if not line.earlier),
        new=new,
    )


def describe_template(found: Sequence[LogTemplate], at_most: int = 15) -> str:
    """The templates as lines for a responder."""
    rows = [
        row
        for place, one in enumerate(found[:at_most])
        for row in (template_row(one), *(_lead_up(one) if place < LEADS_SHOWN else ()))
    ]
    more = [f"… and {len(found) - at_most} more kinds"] if len(found) > at_most else []
    return "\n".join(rows + more) or "no line speaks of trouble"


def _lead_up(one: LogTemplate) -> list[str]:
    """What was said right before the first line, where anybody read that far."""
    return [f"    before the first: {cut(bare_line(line)[1], LINE_CHARACTERS // 2)}" for line in one.before]


def template_row(one: LogTemplate, characters: int = LINE_CHARACTERS) -> str:
    """One template as a line: whether it is new, how often, what, from when to when, where."""
    pods = ", ".join(one.pods[:PODS_NAMED]) + ("…" if len(one.pods) > PODS_NAMED else "")
    mark = "new since the baseline: " if one.new else ""
    text = cut(one.text.removeprefix("<TIME> "), characters)  # the span says when
    return f"{mark}×{one.count}  {text}  ({_span(one)}{_growth(one)}{pods})"


def _growth(one: LogTemplate) -> str:
    """`0.2 a minute before, 31 lately, `; empty unless it grew or fell beyond doubt."""
    if not one.rate_before or not one.rate_lately:
        return ""
    if 1 / GROWTH < one.rate_lately / one.rate_before < GROWTH:
        return ""
    return f"{one.rate_before:.2g} a minute before, {one.rate_lately:.2g} lately, "


def _span(one: LogTemplate) -> str:
    """`2030-01-01 12:00:10 to 12:00:39, `; empty without timestamps."""
    first, last = one.first[:19].replace("T", " "), one.last[:19].replace("T", " ")
    if first == last:
        return f"{first}, " if first else ""
    return f"{first} to {last[11:] if last[:10] == first[:10] else last}, "
