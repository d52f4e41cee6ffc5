"""Where the parts of an incident's picture lie."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from outage.diagnosis.hypothesis import Diagnosis
from outage.incidents.incident import Incident, Phase
from outage.incidents.severity import Impact, assess_severity
from outage.incidents.timeline import Entry
from outage.people.outbox_message import MessageBody, MessageKind, MessageState, OutboxMessage
from outage.plans.outcome import Outcome, StepDid
from outage.plans.plan import Intent, WayBack
from outage.reports.post_incident.incident_chart import LEFT, RIGHT, WIDTH, IncidentChart, incident_chart
from outage.reports.post_incident.kept_look import KeptLook
from outage.snapshots.snapshot import Rates
from tests.outage.reports.account_specimen import INCIDENT, NOON

SECOND = timedelta(seconds=1)


def entry(key: str, at: datetime) -> Entry:
    """A line of the timeline."""
    return Entry(key=key, at=at, kind="phase", says="…")


def written(key: str, did: StepDid | None, at: datetime = NOON + 50 * SECOND) -> Intent:
    """A step."""
    outcome = Outcome(did=did, says="…") if did else None
    back = WayBack(before=None, says="…")
    return Intent(incident="inc-1", plan_hash="h", step_key=key, way_back=back, at=at, outcome=outcome)


def message(state: MessageState) -> OutboxMessage:
    """A message."""
    return OutboxMessage(
        incident="inc-1", what=MessageKind.ALERT, channel="slack", body=MessageBody(title="t", text="t"),
        state=state, asked_at=NOON, not_before=NOON,
    )  # fmt: skip


def chart(
    *entries: Entry, incident: Incident = INCIDENT, began: datetime | None = None, **more: list[object]
) -> IncidentChart:
    """The picture of an incident of 75 seconds."""
    given = {"intents": [], "messages": [], "looks": []} | more
    now = NOON + timedelta(hours=1)
    return incident_chart(incident, entries, **given, began_at=began, now=now)  # type: ignore[arg-type]


PHASES = (
    entry("phase/triage/1/", NOON + 5 * SECOND),
    entry("phase/investigate/1/", NOON + 15 * SECOND),
    entry("asked/hash", NOON + 30 * SECOND),
    entry("phase/resolve/1/", NOON + 45 * SECOND),
    entry("phase/verify/1/", NOON + 60 * SECOND),
)


def test_phases_fill_the_axis_one_after_the_other() -> None:
    """From the opening to the close, without a hole; waiting for a person is one of them."""
    bars = chart(*PHASES).bars

    kinds = ["received", "triage", "investigate", "awaiting-approval", "resolve", "verify"]
    assert [one.kind for one in bars] == kinds
    assert bars[0].x == LEFT
    assert bars[-1].x + bars[-1].width == pytest.approx(WIDTH - RIGHT, abs=0.2)
    for one, following in pairwise(bars):
        assert one.x + one.width == pytest.approx(following.x, abs=0.2)


def test_the_time_in_which_nobody_knew_is_drawn() -> None:
    """From the outage's beginning to the incident."""
    first = chart(*PHASES, began=NOON - 75 * SECOND).bars[0]

    assert (first.kind, first.title) == ("undetected", "undetected: 1 min 15 s")
    assert first.width == pytest.approx((WIDTH - LEFT - RIGHT) / 2, abs=0.2)


def test_an_open_incident_reaches_to_now() -> None:
    """Its last phase goes on."""
    standing = INCIDENT.model_copy(update={"closed_at": None, "ending": None, "phase": Phase.INVESTIGATE})
    last = chart(*PHASES[:2], incident=standing).bars[-1]

    assert last.title == "investigate: 59 min 45 s"


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (written("1", StepDid.APPLIED), "write"),
        (written("1", StepDid.ALREADY_SO), "write"),
        (written("1", StepDid.FAILED), "failed"),
        (written("1", None), "write"),
        (written("take-back/1", StepDid.APPLIED), "way-back"),
        (written("take-back/1", StepDid.FAILED), "failed"),
    ],
)
def test_a_write_is_marked_by_what_it_did(step: Intent, kind: str) -> None:
    """And a way back as one."""
    (mark,) = chart(intents=[step]).writes

    assert mark.kind == kind


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (MessageState.RECEIPT, "message"),
        (MessageState.HELD, "waiting"),
        (MessageState.ASKED, "waiting"),
        (MessageState.SENT, "waiting"),
        (MessageState.UNKNOWN, "lost"),
        (MessageState.FAILED, "lost"),
    ],
)
def test_a_message_is_marked_by_what_became_of_it(state: MessageState, kind: str) -> None:
    """What nobody knows to have arrived is not drawn as arrived."""
    (mark,) = chart(messages=[message(state)]).messages

    assert mark.kind == kind


def test_marks_of_one_moment_hide_each_other_not() -> None:
    """They stand below each other."""
    marks = chart(messages=[message(MessageState.RECEIPT), message(MessageState.ASKED)]).messages

    assert sorted(one.lift for one in marks) == [0, 1]


def test_failing_requests_are_drawn_where_a_look_measured_them() -> None:
    """All failing is the top; a look that could not measure draws nothing."""

    def look(ratio: float | None, at: datetime) -> Diagnosis:
        return Diagnosis(at=at, assessment=assess_severity(Impact(services=1, error_ratio=ratio)))

    points = chart(looks=[look(1.0, NOON), look(None, NOON + SECOND), look(0.0, NOON + 75 * SECOND)]).points

    assert [one.y for one in points] == [200.0, 290.0]
    assert chart().points == ()
    assert chart().height < chart(looks=[look(0.5, NOON)]).height


@pytest.mark.parametrize("hours", [0, 1, 50, 5000])
def test_any_length_has_a_few_ticks(hours: int) -> None:
    """From seconds to months, an incident that was over at once too."""
    lasted = timedelta(hours=hours)
    ticks = chart(incident=INCIDENT.model_copy(update={"closed_at": NOON + lasted})).ticks

    assert 2 <= len(ticks) <= 7
    assert all(LEFT <= one.x <= WIDTH for one in ticks)


def measured(second: int, *rates: Rates, ready: int | None = None) -> KeptLook:
    """What was kept of one look."""
    return KeptLook(phase="verify", at=NOON + second * SECOND, rates=rates, ready_pods=ready)


def test_latency_requests_and_ready_pods_are_drawn_where_they_were_measured() -> None:
    """The slowest service, all requests together, the platform's pods; each from nothing to its most."""
    slow = Rates(service="auth", latency_seconds=2.0, requests_per_second=3)
    quick = Rates(service="user", latency_seconds=0.5, requests_per_second=7)
    drawn = chart(kept=[measured(0, slow, quick, ready=2), measured(75, quick, ready=4)])

    assert [(one.name, one.most) for one in drawn.plots] == [
        ("latency", "2.00 s"),
        ("requests", "10.0/s"),
        ("ready pods", "4"),
    ]
    tops = [one.top for one in drawn.plots]
    assert [one.points[0].y - one.top for one in drawn.plots] == [0.0, 0.0, 30.0]
    assert [one.points[1].y - one.top for one in drawn.plots] == [45.0, 18.0, 0.0]
    assert tops == sorted(tops)
    assert drawn.height > tops[-1]


def test_what_no_look_measured_has_no_plot() -> None:
    """Neither an empty one, nor one at nothing."""
    assert chart(kept=[measured(0, Rates(service="auth", error_ratio=0.5))]).plots == ()
    assert [one.name for one in chart(kept=[measured(0, ready=0)]).plots] == ["ready pods"]


def test_the_rounds_of_the_proof_go_on_where_the_looks_ended() -> None:
    """As a share of all requests; a look's own number is drawn once."""
    bad = Rates(service="auth", error_ratio=0.4, requests_per_second=5)
    good = Rates(service="user", error_ratio=0.0, requests_per_second=15)
    looked = Diagnosis(at=NOON, assessment=assess_severity(Impact(services=1, error_ratio=1.0)))
    of_the_look = measured(0, bad).model_copy(update={"phase": "triage"})
    drawn = chart(looks=[looked], kept=[of_the_look, measured(60, bad, good)])

    assert [one.y for one in drawn.points] == [200.0, 281.0]
