"""How a drill went: by how its incidents ended, and by what is left behind."""

from datetime import UTC, datetime

import pytest

from outage.incidents.fault import Expected, Fault
from outage.incidents.incident import Ending, Incident
from tasks.drill.drill_phases import drill_score

BROKEN = Fault(
    name="f", title="checkout is broken", classes=(), blows=(), expected=Expected(causes=("bad-image",))
)
TRAP = BROKEN.model_copy(update={"expected": Expected(causes=(), ending="NothingToDo")})


def ended(ending: Ending) -> Incident:
    """An incident of the drill that is over."""
    now = datetime.now(UTC)
    return Incident(id="inc-1", key="k", title="t", opened_at=now, closed_at=now, ending=ending, says="so")


@pytest.mark.parametrize(
    ("fault", "incidents", "left", "passed", "says"),
    [
        pytest.param(BROKEN, [Ending.RECOVERED], (), True, "ended Recovered", id="healed"),
        pytest.param(BROKEN, [], (), False, "nobody noticed", id="nobody noticed"),
        pytest.param(BROKEN, [Ending.ADVISED], (), False, "should have ended Recovered", id="only advised"),
        pytest.param(BROKEN, [Ending.RECOVERED], ("svc",), False, "not as before: svc", id="left behind"),
        pytest.param(TRAP, [], (), True, "nothing was written", id="a trap that nobody walked into"),
        pytest.param(TRAP, [Ending.NOTHING_TO_DO], (), True, "nothing was written", id="looked at and left"),
        pytest.param(TRAP, [Ending.RECOVERED], (), False, "inc-1 ended Recovered", id="healed what was well"),
        pytest.param(TRAP, [], ("svc",), False, "not as before: svc", id="a trap that is left behind"),
    ],
)
def test_a_drill_passes_only_when_it_ended_as_it_should(
    fault: Fault, incidents: list[Ending], left: tuple[str, ...], passed: bool, says: str
) -> None:
    """And when nothing of it is left."""
    score = drill_score(fault, [ended(one) for one in incidents], left)

    assert score.passed is passed
    assert says in score.says
