"""The three means, over incidents of which not all is known."""

from datetime import datetime, timedelta

import pytest

from outage.incidents.incident import Ending, Incident, Phase
from outage.reports.past_incidents import MeanTime, PastIncident, mean_times
from tests.outage.reports.account_specimen import NOON

MINUTE = timedelta(minutes=1)


def past(
    platform: str = "shop",
    *,
    ending: Ending | None = Ending.RECOVERED,
    began: datetime | None = NOON - MINUTE,
    acknowledged: datetime | None = NOON + 2 * MINUTE,
    lasted: timedelta = 10 * MINUTE,
) -> PastIncident:
    """An incident that was opened at noon."""
    incident = Incident(
        id="inc", key="k", title="t", opened_at=NOON, ending=ending, platform=platform, phase=Phase.CLOSED,
        closed_at=NOON + lasted if ending else None,
    )  # fmt: skip
    return PastIncident(incident=incident, began_at=began, acknowledged_at=acknowledged)


def test_the_means_are_of_those_whose_times_are_known() -> None:
    """And say of how many: one that nobody acknowledged makes no mean shorter."""
    (found,) = mean_times(
        [past(), past(acknowledged=None, lasted=30 * MINUTE), past(began=None, ending=Ending.DECLINED)],
        lambda one: one.incident.platform,
    )

    assert found.incidents == 3
    assert found.detect == MeanTime(mean=MINUTE, of=2)
    assert found.acknowledge == MeanTime(mean=2 * MINUTE, of=2)
    assert found.recover == MeanTime(mean=20 * MINUTE, of=2)


@pytest.mark.parametrize("ending", [one for one in Ending if one is not Ending.RECOVERED] + [None])
def test_only_a_proven_recovery_has_a_time_to_recover(ending: Ending | None) -> None:
    """A plan that was declined quickly recovered nothing."""
    assert past(ending=ending).recover is None


def test_groups_are_largest_first_and_what_has_no_name_is_in_none() -> None:
    """An incident without a cause is no cause."""
    found = mean_times(
        [past("shop"), past("learning"), past("learning"), past("")], lambda one: one.incident.platform
    )

    assert [(one.group, one.incidents) for one in found] == [("learning", 2), ("shop", 1)]


def test_clocks_that_differ_make_no_negative_time() -> None:
    """The monitoring's clock is ahead of ours."""
    early = past(began=NOON + MINUTE, acknowledged=NOON - MINUTE)

    assert (early.detect, early.acknowledge) == (timedelta(), timedelta())
