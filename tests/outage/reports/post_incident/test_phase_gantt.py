"""The chart of phases: each from its beginning to the next one's."""

from datetime import timedelta

from outage.incidents.timeline import Entry
from outage.reports.post_incident.phase_gantt import gantt_in_mermaid, phase_spans, phases_in_text
from tests.outage.reports.account_specimen import INCIDENT, NOON


def line(seconds: int, key: str, kind: str = "phase", says: str = "x") -> Entry:
    """A line so many seconds after noon."""
    return Entry(key=key, at=NOON + timedelta(seconds=seconds), kind=kind, says=says)


ENTRIES = [
    line(2, "phase/triage/1/"),
    line(5, "phase/investigate/1/"),
    line(25, "write/1/undo", "write", "Applied: undid; it # was: `auth`"),
    line(30, "phase/verify/2/"),
]


def test_phases_follow_each_other_to_the_end() -> None:
    """The first is the wait; the attempt is named when it is not the first."""
    spans = [
        (one.name, round((one.ends - one.starts).total_seconds())) for one in phase_spans(INCIDENT, ENTRIES)
    ]

    assert spans == [("received", 2), ("triage", 3), ("investigate", 25), ("verify 2", 45)]


def test_an_open_incident_is_drawn_to_now() -> None:
    """Or to its last line, when nobody says what time it is."""
    still = INCIDENT.model_copy(update={"closed_at": None})
    now = NOON + timedelta(seconds=100)

    assert phase_spans(still, ENTRIES, now)[-1].ends == now
    assert phase_spans(still, ENTRIES)[-1].name == "investigate"


def test_no_words_of_ours_are_marks_of_mermaids() -> None:
    """A colon or a hash in a label breaks the chart."""
    chart = gantt_in_mermaid(INCIDENT, ENTRIES)

    assert "Applied undid it was auth :milestone, write1, 1893499225, 0s" in chart.splitlines()
    assert chart.startswith("```mermaid\ngantt\ndateFormat X\n")
    assert chart.endswith("\n```")


def test_a_terminal_shows_bars_of_letters() -> None:
    """It draws neither Mermaid nor pictures; the shortest phase has a letter."""
    assert phases_in_text(INCIDENT, ENTRIES).splitlines() == [
        "```text",
        "received     █                                         2 s",
        "triage        ██                                       3 s",
        "investigate    █████████████                           25 s",
        "verify 2                     ████████████████████████  45 s",
        "```",
    ]
    assert phases_in_text(INCIDENT.model_copy(update={"closed_at": None}), []) == ""
