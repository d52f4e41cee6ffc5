"""A report that an `act` makes: what was chosen is on record before the run of its incident can look for it."""

from datetime import UTC, datetime

import pytest

from outage.diagnosis.resolution_action import ResolutionAction, ResolutionKind
from outage.errors import MalformedAlert
from outage.incidents.payloads import from_person
from stack.intake.deliveries import Intake
from tests.stack.intake.prefect_double import PrefectDouble
from tests.stack.intake.sent_deliveries import NOON

ACTION = ResolutionAction(
    kind=ResolutionKind.RESTART, target="auth", by="ada", at=datetime(2030, 1, 1, tzinfo=UTC)
)


def reported(intake: Intake, namespace: str, title: str, action: str) -> str:
    """A report with a choice; gives its incident."""
    body = {"title": title, "namespace": namespace, "by": "ada", "action": action}
    (done,) = intake.deliver([from_person(body, NOON)], NOON)
    assert done.incident
    return done.incident


def test_the_incident_that_it_opens_has_the_choice(
    intake: Intake, prefect: PrefectDouble, namespace: str
) -> None:
    """Written down in the same breath as the incident, before the run is asked for."""
    incident = reported(intake, namespace, "ada chose to restart auth", ACTION.model_dump_json())

    assert intake.record.chosen_actions(incident) == [ACTION]
    assert incident in prefect.runs
    assert intake.record.incident(incident).requester == "ada"


def test_an_open_incident_that_it_joins_is_not_changed_by_it(
    intake: Intake, prefect: PrefectDouble, namespace: str
) -> None:
    """Whoever chose is told first, and says so again with that incident's name."""
    first = reported(intake, namespace, "auth is down", "")
    joined = reported(intake, namespace, "ada chose to restart auth", ACTION.model_dump_json())

    assert joined == first
    assert intake.record.chosen_actions(first) == []


def test_what_is_no_choice_is_refused_in_one_sentence(
    intake: Intake, prefect: PrefectDouble, namespace: str
) -> None:
    """And by that nothing is started."""
    with pytest.raises(MalformedAlert, match="read the report: action:"):
        reported(intake, namespace, "something", '{"kind": "explode"}')

    assert prefect.runs == {}
