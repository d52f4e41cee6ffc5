"""The phases of an incident as a Mermaid Gantt chart, with writes and messages as milestones."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from outage.incidents.incident import Incident
from outage.incidents.timeline import Entry
from outage.text.durations import duration_in_words
from outage.text.redaction import redact
from outage.value import Value

PHASE, ENDING, WRITE, MESSAGE = "phase", "ending", "write", "message"
MOST_MARKS = 12
"""Milestones of a kind: more cannot be read."""
LONGEST_LABEL = 60
BAR_LETTERS = 40
"""Of the whole time, where bars are letters."""


class PhaseSpan(Value):
    """One phase, from its beginning to the next one's."""

    name: str
    starts: datetime
    ends: datetime

    @property
    def took(self) -> timedelta:
        """From its beginning to its end."""
        return self.ends - self.starts


def phase_spans(incident: Incident, entries: Sequence[Entry], now: datetime | None = None) -> list[PhaseSpan]:
    """The phases in order; the first is the wait between the opening and the first phase.

    Args:
        incident: Whose.
        entries: Its timeline.
        now: Where an open phase is drawn to; the last line's time when nobody says.
    """
    begun = [("received", incident.opened_at)]
    begun += [
        (_phase_of(one), one.at) for one in sorted(entries, key=lambda one: one.at) if one.kind == PHASE
    ]
    last = max([incident.opened_at, *(one.at for one in entries)])
    end = incident.closed_at or now or last
    edges = [*(at for _, at in begun[1:]), max(end, begun[-1][1])]
    return [
        PhaseSpan(name=name, starts=starts, ends=ends)
        for (name, starts), ends in zip(begun, edges, strict=True)
        if ends > starts
    ]


def _phase_of(entry: Entry) -> str:
    """`phase/resolve/2/…` → `resolve 2`; lines whose key tells no phase keep their key."""
    parts = entry.key.split("/")
    if len(parts) < 3 or parts[0] != PHASE:
        return entry.key
    return parts[1] if parts[2] == "1" else f"{parts[1]} {parts[2]}"


def gantt_in_mermaid(incident: Incident, entries: Sequence[Entry], now: datetime | None = None) -> str:
    """The chart as a fenced block of markdown; empty when there is nothing to draw."""
    spans = phase_spans(incident, entries, now)
    if not spans:
        return ""
    lines = [
        "```mermaid",
        "gantt",
        "dateFormat X",
        "axisFormat %H:%M:%S",
        f"title {chart_label(incident.id)} (UTC)",
    ]
    lines += ["section Phases", *(_bar(number, one) for number, one in enumerate(spans, start=1))]
    for title, kind in (("Writes", WRITE), ("Messages", MESSAGE)):
        marks = [one for one in entries if one.kind == kind][:MOST_MARKS]
        lines += [f"section {title}", *_milestones(kind, marks)] if marks else []
    return "\n".join([*lines, "```"])


def phases_in_text(incident: Incident, entries: Sequence[Entry]) -> str:
    """The phases as bars of letters, for a terminal; empty when there is nothing to draw.

    Args:
        incident: Whose.
        entries: Its timeline.
    """
    spans = phase_spans(incident, entries)
    if not spans:
        return ""
    starts, whole = spans[0].starts, spans[-1].ends - spans[0].starts
    named = max(len(one.name) for one in spans)
    lines = []
    for one in spans:
        before = min(BAR_LETTERS - 1, int((one.starts - starts) / whole * BAR_LETTERS))
        letters = max(1, min(BAR_LETTERS - before, round(one.took / whole * BAR_LETTERS)))
        bar = f"{' ' * before}{'█' * letters}".ljust(BAR_LETTERS)
        lines.append(f"{one.name:{named}}  {bar}  {duration_in_words(one.took)}")
    return "\n".join(["```text", *lines, "```"])


def _bar(number: int, span: PhaseSpan) -> str:
    took = max(1, round((span.ends - span.starts) / timedelta(seconds=1)))
    return f"{chart_label(span.name)} :p{number}, {int(span.starts.timestamp())}, {took}s"


def _milestones(kind: str, marks: Iterable[Entry]) -> list[str]:
    return [
        f"{chart_label(one.says)} :milestone, {kind}{number}, {int(one.at.timestamp())}, 0s"
        for number, one in enumerate(marks, start=1)
    ]


def chart_label(text: str) -> str:
    """Text that Mermaid does not take for its own marks, on one line, without secrets."""
    plain = re.sub(r"[:;#,%`{}\[\]<>|\"\\]", " ", redact(text).splitlines()[0] if text else "")
    return " ".join(plain.split())[:LONGEST_LABEL] or "phase"
