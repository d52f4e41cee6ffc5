"""An update says when it may be over, from earlier repairs of the same cause."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from blocks.record import Record
from outage.diagnosis.hypothesis import Diagnosis
from outage.incidents.incident import Incident
from outage.incidents.severity import Impact, assess_severity
from outage.people.outbox_message import MessageKind
from tasks.tell.keep_updates import keep_updates, promise_update
from tests.blocks.channels.sent_messages import NOON
from tests.blocks.record.test_post_incident import past
from tests.outage.reports.account_specimen import CAUSE


@pytest.mark.parametrize(
    ("cause", "eta"),
    [
        pytest.param(
            "bad-image",
            "ETA: not known: such outages took 10 min (median of 2 of bad-image, 1 drill left out),"
            " and that has passed",
            id="of the same cause",
        ),
        pytest.param("bad-env", "ETA: not known: no repair of bad-env is on record", id="of another cause"),
        pytest.param("unknown", "ETA: not known", id="no cause"),
    ],
)
def test_the_update_carries_the_median_of_such_repairs(
    policy: Callable[..., None], record: Record, incident: Incident, cause: str, eta: str
) -> None:
    """The first update of a P1 comes after half an hour: later than these took."""
    key = f"eta-{incident.id}"
    for days in (1, 2):
        past(record, key, days=days, cause="bad-image")
    past(record, key, days=3, cause="bad-image", drill="bad-image")
    standing = record.update(incident.id, platform=key)
    found = Diagnosis(
        at=NOON,
        assessment=assess_severity(Impact(services=2, services_down=("auth",))),
        hypotheses=(CAUSE.model_copy(update={"cause": cause}),),
    )
    record.keep_phase(incident.id, "investigate-1", found, NOON)
    promise_update(standing, 1, NOON)
    keep_updates(standing, NOON + timedelta(minutes=30))
    updates = [one for one in record.messages(incident.id) if one.what is MessageKind.UPDATE]

    assert eta in updates[0].body.text.splitlines()
