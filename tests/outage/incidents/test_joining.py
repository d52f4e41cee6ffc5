"""Which alert joins an open incident, which is the tail of a closed one, and which opens its own."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outage.incidents.alert import Alert
from outage.incidents.incident import Ending, Incident
from outage.incidents.joining import Arrival, Candidate, JoinReason, decide_joining

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LEANS = {
    "web": frozenset({"auth", "database"}),
    "auth": frozenset({"database"}),
    "course": frozenset({"database"}),
    "mail": frozenset[str](),
    "front": frozenset({"web", "auth", "database", "mail"}),
}
"""web → auth → database ← course; mail stands alone; the front leans on web and mail."""


def arrival(subject: str = "auth", minutes: float = 0, source: str = "alertmanager", **more: Any) -> Arrival:
    """An alert about a service that began so long after noon and comes a few seconds later."""
    began = NOON + minutes * MINUTE
    alert = Alert(name="Down", labels={}, starts_at=began, source=source)
    given: dict[str, Any] = {"at": began + timedelta(seconds=5), **more}
    return Arrival(alert=alert, subject=subject, leans_on=LEANS, **given)


def candidate(*subjects: str, ending: Ending | None = None, closed: float = 10, **more: Any) -> Candidate:
    """An incident about these services that began at noon: open, or closed so many minutes later."""
    incident = Incident(
        id=f"inc-{'-'.join(subjects)}",
        key="k",
        title="t",
        opened_at=NOON,
        ending=ending,
        closed_at=NOON + closed * MINUTE if ending else None,
    )
    return Candidate(incident=incident, subjects=subjects, began=NOON, **more)


OPEN = JoinReason.OPENED


@pytest.mark.parametrize(
    ("coming", "standing", "reason"),
    [
        pytest.param(arrival("auth"), [], OPEN, id="nothing is open"),
        pytest.param(arrival("auth"), [candidate("auth")], JoinReason.SAME_SERVICE, id="the same service"),
        pytest.param(arrival("web"), [candidate("auth")], JoinReason.LEANS_ON_IT, id="what leans on it"),
        pytest.param(
            arrival("web", 60), [candidate("database")], JoinReason.LEANS_ON_IT, id="also much later"
        ),
        pytest.param(
            arrival("database", 1), [candidate("web")], JoinReason.BENEATH_IT, id="the cause, told last"
        ),
        pytest.param(arrival("mail", 1), [candidate("front")], JoinReason.BENEATH_IT, id="beneath the front"),
        pytest.param(
            arrival("database", 1), [candidate("front", "web")], JoinReason.BENEATH_IT, id="deeper in a chain"
        ),
        pytest.param(
            arrival("mail", 1), [candidate("front", "database")], OPEN, id="the front has its cause already"
        ),
        pytest.param(arrival("database", 30), [candidate("web")], OPEN, id="another one beneath, much later"),
        pytest.param(arrival("mail"), [candidate("auth")], OPEN, id="another cause at the same moment"),
        pytest.param(arrival("course"), [candidate("auth")], OPEN, id="a sibling is no proof"),
        pytest.param(arrival(""), [candidate("auth")], JoinReason.SAME_PLACE, id="a node, at that moment"),
        pytest.param(arrival("", 30), [candidate("auth")], OPEN, id="a node, half an hour later"),
        pytest.param(arrival("auth"), [candidate()], JoinReason.SAME_PLACE, id="a service, after its node"),
        pytest.param(arrival("", 60), [candidate()], JoinReason.SAME_SERVICE, id="two without a service"),
        pytest.param(
            arrival("", 60),
            [candidate("auth", opened_for_it=True)],
            JoinReason.SAME_SERVICE,
            id="opened without a service, which one joined",
        ),
        pytest.param(
            arrival("auth"),
            [candidate("database"), candidate("auth")],
            JoinReason.SAME_SERVICE,
            id="its own before what it leans on",
        ),
        pytest.param(
            arrival("mail"), [candidate("web", member=True)], JoinReason.SAME_EPISODE, id="a repeat stays"
        ),
        pytest.param(
            arrival("auth", 0, "person"), [candidate("auth")], JoinReason.SAME_SERVICE, id="a report"
        ),
        pytest.param(
            arrival("mail", 0, "person"), [candidate("auth")], OPEN, id="a report of another outage"
        ),
    ],
)
def test_an_alert_joins_the_open_incident_that_explains_it(
    coming: Arrival, standing: list[Candidate], reason: JoinReason
) -> None:
    """By the graph and by time; else it opens its own, and both are answered at once."""
    decided = decide_joining(coming, standing)

    assert decided.reason is reason
    assert bool(decided.incident) is not reason.opens


WELL, LEFT, NEVER = Ending.RECOVERED, Ending.NOT_RECOVERED, Ending.NOTHING_TO_DO
LATE = {"at": NOON + 30 * MINUTE}


@pytest.mark.parametrize(
    ("coming", "closed", "reason"),
    [
        pytest.param(arrival("auth", 9.9), candidate("auth", ending=WELL), JoinReason.TAIL, id="a slow rule"),
        pytest.param(
            arrival("web", 9.9), candidate("auth", ending=WELL), JoinReason.TAIL, id="of what leans on it"
        ),
        pytest.param(arrival("auth", 10.5), candidate("auth", ending=WELL), OPEN, id="begun after the close"),
        pytest.param(
            arrival("web", 10.5),
            candidate("auth", ending=LEFT),
            JoinReason.HANDED_OVER,
            id="of what was left unmended",
        ),
        pytest.param(
            arrival("web", 10.5),
            candidate("auth", ending=NEVER),
            OPEN,
            id="after nothing was found, nobody has it",
        ),
        pytest.param(
            arrival("auth", 5, **LATE),
            candidate("auth", ending=NEVER),
            OPEN,
            id="come long after nothing was found",
        ),
        pytest.param(
            arrival("auth", 0, **LATE),
            candidate("auth", ending=NEVER, member=True),
            JoinReason.STILL_FIRING,
            id="it fires on: something was there",
        ),
        pytest.param(
            arrival("database", 10.5),
            candidate("auth", ending=LEFT),
            JoinReason.HANDED_OVER,
            id="beneath what was left",
        ),
        pytest.param(
            arrival("auth", 10.5),
            candidate("auth", ending=LEFT, opened_for_it=True),
            OPEN,
            id="the same anew",
        ),
        pytest.param(
            arrival("mail", 10.5), candidate("auth", ending=LEFT), OPEN, id="beside what was left unmended"
        ),
        pytest.param(arrival("web", 13), candidate("auth", ending=LEFT), OPEN, id="long after it was left"),
        pytest.param(arrival("mail", 9.9), candidate("auth", ending=WELL), OPEN, id="of another service"),
        pytest.param(
            arrival("database", 9.9), candidate("auth", ending=WELL), OPEN, id="of what it leans on"
        ),
        pytest.param(
            arrival("auth", 9.9, "person"), candidate("auth", ending=WELL), OPEN, id="a person's report"
        ),
        pytest.param(
            arrival("auth", 5, **LATE), candidate("auth", ending=WELL), OPEN, id="come long after a recovery"
        ),
        pytest.param(
            arrival("auth", 5, **LATE),
            candidate("auth", ending=LEFT),
            JoinReason.TAIL,
            id="a person has the outage",
        ),
        pytest.param(
            arrival("auth", 0),
            candidate("auth", ending=WELL, closed=0, member=True),
            JoinReason.TAIL,
            id="a repeat",
        ),
        pytest.param(
            arrival("auth", 0, **LATE),
            candidate("auth", ending=WELL, member=True),
            JoinReason.STILL_FIRING,
            id="it fires on: we were wrong",
        ),
        pytest.param(
            arrival("auth", 0, **LATE),
            candidate("auth", ending=LEFT, member=True),
            JoinReason.HANDED_OVER,
            id="a repeat of what a person has",
        ),
    ],
)
def test_after_a_close_only_what_is_provably_the_tail_joins(
    coming: Arrival, closed: Candidate, reason: JoinReason
) -> None:
    """For two minutes everything in the namespace vanished in a closed incident: a real outage, a person's report."""
    assert decide_joining(coming, [closed]).reason is reason


def test_what_fires_on_joins_the_incident_that_is_open_by_now() -> None:
    """It was called recovered, and another alert opened the next one already."""
    before = candidate("auth", ending=WELL, member=True)
    now = candidate("auth")

    assert decide_joining(arrival("auth", 0, **LATE), [before, now]).incident == now.incident.id


@pytest.mark.parametrize(
    ("many", "coming", "reason"),
    [
        pytest.param(2, arrival("mail"), OPEN, id="two more are told apart"),
        pytest.param(3, arrival("mail"), JoinReason.STORM_OPENED, id="one more than policy tells apart"),
        pytest.param(3, arrival("mail", 0, "person"), OPEN, id="a person is always heard"),
        pytest.param(3, arrival("mail", 60), OPEN, id="an hour later it is an outage of its own"),
    ],
)
def test_too_much_at_once_is_one_storm(many: int, coming: Arrival, reason: JoinReason) -> None:
    """No single cause is the answer: a person decides, once."""
    standing = [candidate(f"service-{number}") for number in range(many)]

    assert decide_joining(coming, standing).reason is reason


def test_a_storm_takes_what_comes_after_it() -> None:
    """It is one incident, however long it lasts."""
    decided = decide_joining(arrival("mail", 30), [candidate("x"), candidate(storm=True)])

    assert decided.reason is JoinReason.STORM
