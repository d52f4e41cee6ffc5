"""A timeline shows when anybody changed it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outage.incidents.timeline import Entry, chain_break, link_hash

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def chain(count: int = 4) -> list[Entry]:
    """A chain as the record writes one."""
    written: list[Entry] = []
    for number in range(count):
        line = Entry(
            key=f"k{number}", at=NOON + timedelta(seconds=number), kind="note", says=f"line {number}"
        )
        before = written[-1].hash if written else ""
        written.append(line.model_copy(update={"hash": link_hash(before, "inc-1", line)}))
    return written


def test_an_untouched_chain_holds() -> None:
    """Also one that begins with lines from before there was a chain."""
    old = Entry(key="old", at=NOON, kind="note", says="before")

    assert chain_break("inc-1", chain()) is None
    assert chain_break("inc-1", [old, *chain()]) is None
    assert chain_break("inc-1", chain(), head=chain()[-1].hash) is None


@pytest.mark.parametrize("at", range(4))
@pytest.mark.parametrize(
    "change",
    [{"says": "x"}, {"by": "eve"}, {"at": NOON - timedelta(1)}, {"kind": "x"}, {"key": "x"}, {"hash": ""}],
)
def test_a_changed_line_breaks_it(at: int, change: dict[str, Any]) -> None:
    """Whichever line, whatever was changed; but that the very first has no hash is how old lines look."""
    written = chain()
    written[at] = written[at].model_copy(update=change)

    assert chain_break("inc-1", written) is not None


def test_lines_taken_out_or_swapped_break_it() -> None:
    """In the middle, or the order."""
    first, second, third, fourth = chain()

    assert chain_break("inc-1", [first, third, fourth]) is not None
    assert chain_break("inc-1", [first, third, second, fourth]) is not None


def test_lines_cut_from_the_end_are_seen_by_the_head_that_was_written_down() -> None:
    """Which is why it stands in the ticket."""
    written = chain()

    assert chain_break("inc-1", written[:2]) is None
    assert chain_break("inc-1", written[:2], head=written[-1].hash) is not None


def test_a_chain_is_of_one_incident() -> None:
    """Moved to another, it breaks."""
    assert chain_break("inc-2", chain()) is not None
