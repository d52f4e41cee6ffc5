"""What earlier repairs tell of this one: median and number, practice left out, else `not known`."""

from datetime import timedelta

import pytest

from outage.incidents.incident import Incident
from outage.reports.post_incident.repair_history import (
    PastOutage,
    RepairHistory,
    eta_in_words,
    repair_history,
)
from tests.outage.reports.account_specimen import NOON
from tests.outage.reports.post_incident.test_prevention_checklist import past

OPEN = Incident(id="inc-now", key="k", title="auth is down", opened_at=NOON)


def of(*some: PastOutage) -> RepairHistory:
    """The history of bad images."""
    return repair_history("bad-image", some, OPEN)


@pytest.mark.parametrize(
    ("history", "minutes", "says"),
    [
        pytest.param(
            of(past(1, minutes=4), past(2, minutes=20), past(3, minutes=10)),
            2,
            "about 2030-01-01 12:10 UTC: such outages took 10 min (median of 3 of bad-image)",
            id="the middle one of three",
        ),
        pytest.param(
            of(past(1, minutes=4), past(2, drill=True, minutes=1)),
            2,
            "about 2030-01-01 12:04 UTC: such outages took 4 min (median of 1 of bad-image, 1 drill left out)",
            id="a drill is said and not counted",
        ),
        pytest.param(
            of(past(1, minutes=4)),
            5,
            "not known: such outages took 4 min (median of 1 of bad-image), and that has passed",
            id="a time that has passed promises nothing",
        ),
        pytest.param(
            of(past(2, drill=True)),
            2,
            "not known: no repair of bad-image is on record, 1 drill left out",
            id="only practice",
        ),
        pytest.param(
            of(past(2, repaired=False)),
            2,
            "not known: no repair of bad-image is on record",
            id="never mended by it",
        ),
        pytest.param(None, 2, "not known", id="no cause yet"),
    ],
)
def test_the_eta_is_the_median_of_such_repairs(
    history: RepairHistory | None, minutes: int, says: str
) -> None:
    """The clock is an argument."""
    assert eta_in_words(OPEN, history, NOON + timedelta(minutes=minutes)) == says


def test_only_what_came_before_and_not_long_ago_is_history() -> None:
    """Neither the incident itself, nor a later one, nor last year's."""
    itself = past(1).model_copy(update={"incident": "inc-now"})

    assert [one.incident for one in of(itself, past(-1), past(91), past(5), past(7)).past] == [
        "inc-7",
        "inc-5",
    ]
