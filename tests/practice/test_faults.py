"""The catalogue of faults is data: it must be whole before anything is broken."""

import base64

import pytest

from outage.diagnosis.cause import Cause
from outage.diagnosis.rules.catalogue import cause_entries
from outage.incidents.fault import Fault
from practice.cluster import control_plane
from practice.faults import NAMESPACE, fault_catalogue, quiet_faults
from practice.ground import PARTS, ground_node
from practice.practice_errors import PracticeError

ROWS_NOT_HERE = {
    5: "needs a provisioner",
    6: "needs a second node's volume",
    25: "needs a webhook that mutates",
    29: "no controller here uses roles",
    32: "no strategy allows it",
    34: "needs a chaos tool",
    38: "needs a provisioner",
    40: "no registry",
    41: "no registry",
    52: "needs a provisioner",
    53: "needs node access",
    55: "needs spare CPU",
    56: "no netem in the kernel",
}
"""Rows of the fault-class table that cannot be practised on this ground, and why; unit tests hold most of them."""


@pytest.mark.parametrize("fault", fault_catalogue(), ids=lambda fault: fault.name)
def test_every_fault_is_whole(fault: Fault) -> None:
    """It breaks something, and names causes that exist."""
    assert fault.blows
    assert {Cause(name) for name in fault.expected.causes}
    assert all(blow.target.namespace in ("", NAMESPACE, "kube-system") for blow in fault.blows)
    assert all(blow.patch or blow.do not in ("patch", "replace") for blow in fault.blows)
    assert all(blow.manifest for blow in fault.blows if blow.do == "create")


def test_what_is_no_outage_expects_no_cause() -> None:
    """The healthy platform comes with its look-alikes, and none of them has a drill."""
    names = {case.name for case in quiet_faults()}

    assert {"healthy", "parked-deployment", "rolling-update"} <= names
    assert all(case.expected.causes == () for case in quiet_faults())
    assert names.isdisjoint(fault.name for fault in fault_catalogue())


def test_faults_that_leave_no_history_replace_what_they_break() -> None:
    """Delete and apply again, so that nothing is left to undo to."""
    lost = [fault for fault in fault_catalogue() if fault.destroys_history]

    assert len(lost) >= 4
    assert all(blow.do == "replace" for fault in lost for blow in fault.blows)


def test_bad_image_comes_first() -> None:
    """The first drill anybody runs."""
    assert fault_catalogue()[0].name == "bad-image"


def test_each_row_of_the_table_is_practised_or_says_why_not() -> None:
    """Nothing is forgotten silently."""
    practised = {row for fault in fault_catalogue() for row in fault.classes}

    assert practised.isdisjoint(ROWS_NOT_HERE)
    assert practised | set(ROWS_NOT_HERE) == set(range(1, 57))


def test_a_part_that_is_stopped_is_one_that_may_be_and_is_started_again() -> None:
    """Without the API server or etcd nobody could mend anything; and nothing but the mend starts it."""
    stops = [
        (fault, blow.target) for fault in fault_catalogue() for blow in fault.blows if blow.do == "stop-part"
    ]

    assert stops
    assert set(PARTS) < set(control_plane.COMPONENTS)
    assert all(part.name in PARTS for _, part in stops)
    assert all(part in [one.target for one in fault.mends if one.do == "start-part"] for fault, part in stops)


def test_nothing_stops_what_would_be_needed_to_start_it_again() -> None:
    """Refused by name, before anything is looked at."""
    for part in set(control_plane.COMPONENTS) - set(PARTS):
        with pytest.raises(PracticeError, match=f"stop {part}: there is no such node or part"):
            ground_node("stop", part)


def test_a_fault_that_writes_a_secret_puts_it_back_itself() -> None:
    """Its picture holds hashes, from which nothing can be put back."""
    for fault in fault_catalogue():
        written = {
            blow.target for blow in fault.blows if blow.target.kind == "Secret" and blow.do != "create"
        }

        assert written <= {blow.target for blow in fault.mends}, fault.name


def test_the_secret_holds_the_password_that_the_database_is_given() -> None:
    """Otherwise starting the readers anew would heal nothing."""
    (fault,) = [one for one in fault_catalogue() if one.name == "password-changed"]
    statement, secret = fault.blows
    value = base64.b64decode(secret.patch[-1]["value"]).decode()

    assert statement.sql.endswith(f"PASSWORD '{value}'")


def test_every_cause_has_a_sentence() -> None:
    """A name alone explains nothing to a tired person."""
    assert [cause for cause, entry in cause_entries().items() if not entry.says.endswith(".")] == []
