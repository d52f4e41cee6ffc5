"""The phases of an incident as a picture within markdown: Prefect's first UI shows Mermaid as its source.

An SVG in a `data:` address, which both of its UIs draw; on white, since they are dark and light.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from html import escape
from urllib.parse import quote

from outage.incidents.incident import Incident
from outage.incidents.timeline import Entry
from outage.reports.post_incident.phase_gantt import MESSAGE, MOST_MARKS, WRITE, chart_label, phase_spans
from outage.text.durations import duration_in_words

WIDTH, LEFT, RIGHT, ROW = 720, 104, 84, 22
"""In pixels; the right margin has room for the words behind a short bar at the end."""
TICKS = 4
COLOURS = {"phase": "#4269d0", WRITE: "#c7361b", MESSAGE: "#3c8f3c"}
LONGEST_MARK = 44
"""Letters of a write's or a message's label."""


def phases_in_picture(incident: Incident, entries: Sequence[Entry]) -> str:
    """The chart as an image of markdown; empty when there is nothing to draw.

    Args:
        incident: Whose.
        entries: Its timeline.
    """
    svg = phases_in_svg(incident, entries)
    return f"![Phases, writes and messages (UTC)](data:image/svg+xml,{quote(svg, safe='')})" if svg else ""


def phases_in_svg(incident: Incident, entries: Sequence[Entry]) -> str:
    """The chart itself: a row for each phase, each write and each message.

    Args:
        incident: Whose.
        entries: Its timeline.
    """
    spans = phase_spans(incident, entries)
    if not spans:
        return ""
    starts, ends = spans[0].starts, max(spans[-1].ends, *(one.at for one in entries))
    marks = [one for kind in (WRITE, MESSAGE) for one in _first(entries, kind)]
    height = ROW * (len(spans) + len(marks) + 1) + 10
    rows = [
        _bar(number, one.name, _place(one.starts, starts, ends), _place(one.ends, starts, ends), one.took)
        for number, one in enumerate(spans)
    ]
    rows += [
        _mark(number, one, _place(one.at, starts, ends)) for number, one in enumerate(marks, start=len(spans))
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
        ' font-family="sans-serif" font-size="13" fill="#222">'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>'
        f"{_axis(starts, ends, height)}{''.join(rows)}</svg>"
    )


def _first(entries: Sequence[Entry], kind: str) -> list[Entry]:
    return [one for one in entries if one.kind == kind][:MOST_MARKS]


def _place(at: datetime, starts: datetime, ends: datetime) -> float:
    share = (at - starts) / max(ends - starts, timedelta(seconds=1))
    return round(LEFT + (WIDTH - LEFT - RIGHT) * min(1.0, max(0.0, share)), 1)


def _bar(number: int, name: str, left: float, right: float, took: timedelta) -> str:
    top, width = ROW * number + 6, max(2.0, round(right - left, 1))
    return (
        _text(LEFT - 8, top + 13, chart_label(name), "end")
        + f'<rect x="{left}" y="{top}" width="{width}" height="{ROW - 6}" rx="2" fill="{COLOURS["phase"]}"/>'
        + _text(left + width + 6, top + 13, duration_in_words(took))
    )


def _mark(number: int, entry: Entry, x: float) -> str:
    """A diamond with its words on the side that has more room."""
    top, label = ROW * number + 6, chart_label(entry.says)
    label = label if len(label) <= LONGEST_MARK else f"{label[: LONGEST_MARK - 1]}…"
    y, behind = top + 8, x < (LEFT + WIDTH - RIGHT) / 2
    return (
        _text(LEFT - 8, top + 13, entry.kind, "end")
        + f'<path d="M{x} {y - 6}l6 6l-6 6l-6-6z" fill="{COLOURS[entry.kind]}"/>'
        + _text(x + 11 if behind else x - 11, top + 13, label, "start" if behind else "end")
    )


def _axis(starts: datetime, ends: datetime, height: int) -> str:
    drawn = []
    for number in range(TICKS + 1):
        at = starts + (ends - starts) * number / TICKS
        x = _place(at, starts, ends)
        drawn.append(f'<path d="M{x} 2V{height - ROW}" stroke="#ddd"/>')
        drawn.append(_text(x, height - 6, f"{at:%H:%M:%S}", "middle"))
    return "".join(drawn)


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text x="{round(x, 1)}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'
