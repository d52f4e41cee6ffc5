"""Whether memory climbs is read from a line that a jump at the end does not bend."""

import pytest

from bench.load.steady_load import MEGABYTE, PROMISED_MB_AN_HOUR, MemorySample, memory_row

MINUTE = 60.0


def samples(*megabytes: float, pid: int = 1) -> list[MemorySample]:
    """One a minute."""
    return [MemorySample(number * MINUTE, pid, int(size * MEGABYTE)) for number, size in enumerate(megabytes)]


@pytest.mark.parametrize(
    ("held", "climbs"),
    [
        pytest.param([100.0] * 15, False, id="flat"),
        pytest.param([100, 120, 140, 150] + [150] * 11, False, id="flat once it is warm"),
        pytest.param([100] * 13 + [104] * 2, False, id="one jump at the end"),
        pytest.param([100 + number / 2 for number in range(15)], True, id="half a megabyte a minute"),
    ],
)
def test_what_climbs_is_told_from_what_warms_up(held: list[float], climbs: bool) -> None:
    """The healthy cases first."""
    assert (memory_row("page", samples(*held)).mb_an_hour > PROMISED_MB_AN_HOUR) is climbs


def test_a_process_that_was_started_anew_is_counted_and_measured_from_then_on() -> None:
    """What the dead one held says nothing of a leak."""
    before, after = samples(*[900] * 5, pid=1), samples(*[100] * 10, pid=2)
    row = memory_row("timers", before + [one._replace(second=one.second + 5 * MINUTE) for one in after])

    assert (row.restarts, row.mb_an_hour) == (1, 0.0)
