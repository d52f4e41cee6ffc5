"""The first screen of a diagnosis: what an operator reads at 3 am."""

from datetime import timedelta

import pytest

from outage.diagnosis.history.recorded_change import ChangeKind, RecordedChange
from outage.kubernetes.objects import ObjectRef
from outage.reports.first_screen import first_screen
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_objects import NOON
from tests.outage.diagnosis.worlds.town import HOME, Town

SPACE = ObjectRef(kind="Namespace", name=HOME)


@pytest.mark.parametrize(("age", "shown"), [(timedelta(minutes=9), True), (timedelta(days=20), False)])
def test_a_change_of_long_ago_is_no_news(age: timedelta, shown: bool) -> None:
    """It stands in the whole list below; here it would send people the wrong way."""
    one = Town()
    one.app("lantern", "acme/lantern:3")
    one.crash("lantern")
    change = RecordedChange(about=SPACE, kind=ChangeKind.MADE, at=NOON - age, by="helm")
    found = diagnose(one.snapshot(), one.platform()).model_copy(update={"changes": (change,)})

    lines = [line for line in first_screen(found) if line.strip().startswith("changed")]

    assert bool(lines) is shown


def test_what_was_said_once_is_called_a_last_word() -> None:
    """`1 times in the last minutes` of a line that is half an hour old says two wrong things."""
    one = Town()
    one.app("ledger-replica", "mysql:8.4", "StatefulSet", port=3306)
    one.log(
        "ledger-replica",
        "[ERROR] [Repl] Error running query, replica SQL thread aborted",
        minutes=50,
        every=0,
    )
    (said,) = [
        finding.says
        for finding in diagnose(one.snapshot(), one.platform()).findings
        if finding.sign == "pod-complains"
    ]

    assert "its last word" in said
    assert "times" not in said
