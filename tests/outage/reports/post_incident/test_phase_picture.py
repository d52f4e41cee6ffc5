"""The picture of phases: where both of Prefect's UIs show nothing but images, it says what the chart says."""

import re
from datetime import timedelta
from itertools import pairwise
from urllib.parse import unquote
from xml.etree import ElementTree as XML

import pytest

from outage.incidents.timeline import Entry
from outage.reports.post_incident.phase_picture import phases_in_picture, phases_in_svg
from outage.reports.report import report, timeline_in_markdown
from outage.text.redaction import redact
from tests.outage.reports.account_specimen import ACCOUNT, INCIDENT, NOON
from tests.outage.reports.post_incident.test_phase_gantt import ENTRIES, line

NAMESPACE = "{http://www.w3.org/2000/svg}"


def words(entries: list[Entry]) -> list[str]:
    """What stands in the picture, top to bottom, without the axis."""
    drawn = XML.fromstring(phases_in_svg(INCIDENT, entries))  # noqa: S314  our own
    found = [one for one in drawn.iter(f"{NAMESPACE}text") if one.get("text-anchor") != "middle"]
    return [str(one.text) for one in sorted(found, key=lambda one: float(one.get("y", "0")))]


def test_each_phase_is_a_bar_with_its_time_and_each_write_a_mark() -> None:
    """In the order in which they happened."""
    assert words(ENTRIES) == [
        *("received", "2 s", "triage", "3 s", "investigate", "25 s", "verify 2", "45 s"),
        *("write", "Applied undid it was auth"),
    ]


def test_bars_follow_each_other_and_none_leaves_the_picture() -> None:
    """One that took no time is seen all the same."""
    drawn = XML.fromstring(phases_in_svg(INCIDENT, [*ENTRIES, line(29, "phase/verify/1/")]))  # noqa: S314
    bars = [one for one in drawn.iter(f"{NAMESPACE}rect") if one.get("rx")]
    edges = [(float(one.get("x", "0")), float(one.get("width", "0"))) for one in bars]

    assert all(x + width == pytest.approx(after, abs=2.1) for (x, width), (after, _) in pairwise(edges))
    assert all(width >= 2 and x + width <= float(drawn.get("width", "0")) for x, width in edges)


def test_an_address_holds_it_whole_and_redaction_leaves_it_as_it_is() -> None:
    """Markdown's own marks, quotes and spaces are none of the address."""
    told = [*ENTRIES, line(40, "m", "message", 'Slack: ) ![x](y) <b>"resolved"</b> & closed')]
    image = phases_in_picture(INCIDENT, told)
    address = re.fullmatch(r"!\[[^\]]*\]\(data:image/svg\+xml,([\w.~%-]+)\)", image)

    assert address
    XML.fromstring(unquote(address[1]))  # noqa: S314
    assert redact(image) == image


def test_secrets_and_endless_words_are_not_drawn() -> None:
    """A reader cannot search a picture for what was planted in it."""
    told = [*ENTRIES, line(40, "w", "write", "set password=hunter2hunter2 " + "and more " * 40)]

    assert "hunter2" not in unquote(phases_in_picture(INCIDENT, told))
    assert max(len(one) for one in words(told)) <= 44


def test_what_has_no_length_has_no_picture() -> None:
    """An incident of this very moment."""
    still = INCIDENT.model_copy(update={"closed_at": None})
    assert phases_in_picture(still, [line(0, "phase/triage/1/")]) == ""
    assert phases_in_picture(still, []) == ""


def test_a_report_is_the_same_but_for_the_picture() -> None:
    """Tickets and files keep the chart that they render."""
    drawn, written = report(ACCOUNT, phases_in_picture), report(ACCOUNT)

    assert "```mermaid" in written
    assert "```mermaid" not in drawn
    assert [one for one in drawn.splitlines() if not one.startswith("![")] == re.sub(
        r"```mermaid.*?```\n", "", written, flags=re.DOTALL
    ).splitlines()
    assert "data:image/svg+xml," in timeline_in_markdown(ACCOUNT.entries, INCIDENT, phases_in_picture)


def test_an_outage_of_a_night_still_has_five_moments_on_its_axis() -> None:
    """They are the same for any length."""
    long = INCIDENT.model_copy(update={"closed_at": NOON + timedelta(hours=9)})
    drawn = XML.fromstring(phases_in_svg(long, ENTRIES))  # noqa: S314
    axis = [one.text for one in drawn.iter(f"{NAMESPACE}text") if one.get("text-anchor") == "middle"]

    assert axis == ["12:00:00", "14:15:00", "16:30:00", "18:45:00", "21:00:00"]
