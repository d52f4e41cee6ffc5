"""How long each part of an incident took, after several attempts: what was taken back mended nothing."""

from datetime import datetime, timedelta

import pytest

from blocks.record import Record
from blocks.record.incident_account import account_of
from outage.incidents.incident import Ending, Incident
from outage.incidents.phase_key import verified_as
from outage.plans.approval import Answer
from outage.plans.outcome import Outcome, StepDid
from outage.plans.plan import TAKE_BACK, WayBack
from outage.reports.report import report
from outage.verification.plan_effect import PlanEffect, PlanVerdict
from outage.verification.recovery import VerifiedRecovery
from tests.blocks.record.written import NOON, newest_fence, plan, says

SECOND = timedelta(seconds=1)
MENDED = PlanVerdict(effect=PlanEffect.EFFECTIVE, says="recovered: 2 checks are well")
USELESS = PlanVerdict(effect=PlanEffect.NOT_EFFECTIVE, says="auth is still down")
HARMFUL = PlanVerdict(effect=PlanEffect.EFFECTIVE, says="auth is well", harm="web fails since")
WRITTEN = StepDid.APPLIED


def tried(record: Record, incident: Incident, attempt: int, verdict: PlanVerdict, did: StepDid) -> None:
    """One plan, 100 s after the one before: made, approved after 10 s, written after 20, taken back after 60."""
    at = NOON + (attempt - 1) * 100 * SECOND
    made = record.keep_plan(plan(incident.id, attempt).model_copy(update={"made_at": at + SECOND}))
    yes = says(Answer.APPROVE, "ana", made.hash).model_copy(update={"at": at + 10 * SECOND})
    record.answer(incident.id, yes, quorum=1)
    written(record, incident, made.hash, "1-undo", at + 20 * SECOND, did)
    found = VerifiedRecovery(recovered=verdict.mended, says=verdict.says, checks=(), verdict=verdict)
    record.keep_phase(incident.id, verified_as(attempt), found, at + 50 * SECOND)
    if verdict.takes_back:
        written(record, incident, made.hash, f"{TAKE_BACK}1-undo", at + 60 * SECOND, StepDid.APPLIED)


def written(record: Record, incident: Incident, plan_hash: str, key: str, at: datetime, did: StepDid) -> None:
    """A step that was begun then, and what it did."""
    before, fence = WayBack(before=None, says="put it back"), newest_fence(record)
    record.intend(incident.id, plan_hash, key, before, at, fence)
    record.settle(incident.id, plan_hash, key, Outcome(did=did, says=""), at, fence)


@pytest.mark.parametrize(
    ("verdicts", "did", "ending", "mended", "each"),
    [
        pytest.param([MENDED], WRITTEN, Ending.RECOVERED, 20, [(1, 10, 20, None)], id="the first plan mends"),
        pytest.param(
            [USELESS, MENDED],
            WRITTEN,
            Ending.RECOVERED,
            120,
            [(1, 10, 20, 60), (101, 110, 120, None)],
            id="the second, after the first was taken back",
        ),
        pytest.param(
            [MENDED, MENDED],
            WRITTEN,
            Ending.RECOVERED,
            120,
            [(1, 10, 20, None), (101, 110, 120, None)],
            id="two causes: it mends with the last",
        ),
        pytest.param(
            [MENDED, USELESS],
            WRITTEN,
            Ending.RECOVERED,
            20,
            [(1, 10, 20, None), (101, 110, 120, 160)],
            id="what did not help is no mending, although it was last",
        ),
        pytest.param(
            [HARMFUL],
            WRITTEN,
            Ending.NOT_RECOVERED,
            None,
            [(1, 10, 20, 60)],
            id="what did harm mends nothing",
        ),
        pytest.param(
            [MENDED],
            WRITTEN,
            Ending.NOT_RECOVERED,
            None,
            [(1, 10, 20, None)],
            id="an incident that never mended",
        ),
        pytest.param(
            [USELESS],
            StepDid.FAILED,
            Ending.NOT_RECOVERED,
            None,
            [(1, 10, None, 60)],
            id="nothing was written",
        ),
    ],
)
def test_times_are_of_what_mended_and_of_each_attempt(
    record: Record,
    incident: Incident,
    verdicts: list[PlanVerdict],
    did: StepDid,
    ending: Ending,
    mended: float | None,
    each: list[tuple[float | None, ...]],
) -> None:
    """In seconds since the incident was opened."""
    for attempt, verdict in enumerate(verdicts, start=1):
        tried(record, incident, attempt, verdict, did)
    closed = record.update(incident.id, ending=ending, closed_at=NOON + 300 * SECOND)
    account = account_of(record, closed)
    times = account.times

    assert (times.plan_seconds, times.approve_seconds, times.mend_seconds) == (1, 10, mended)
    assert times.verified_seconds == (300 if ending is Ending.RECOVERED else None)
    assert [
        (one.plan_seconds, one.approve_seconds, one.apply_seconds, one.back_seconds) for one in times.attempts
    ] == each
    assert ("| mended |" in report(account)) is (mended is not None)


def test_a_yes_that_a_no_stopped_approved_nothing(record: Record, incident: Incident) -> None:
    """One of two said yes, then somebody no; the timeline has both."""
    made = record.keep_plan(plan(incident.id))
    for answer, by in ((Answer.APPROVE, "ana"), (Answer.DECLINE, "bob")):
        record.answer(incident.id, says(answer, by, made.hash), quorum=2)

    assert account_of(record, incident).times.approve_seconds is None
