"""The plans that wait, read for many incidents at once."""

from blocks.record import Record
from outage.plans.approval import Answer, Approval
from tests.outage.reports.account_specimen import NOON, PLAN


def test_each_incident_has_its_newest_plan_and_how_many_answered_it(record: Record) -> None:
    """Answers to an earlier plan are none to this one; what has no plan is left out."""
    ids = [record.open_incident(f"waiting-{one}", "auth is down", NOON)[0].id for one in range(3)]
    plans = {}
    for incident, attempts in zip(ids, (1, 2, 0), strict=True):
        for attempt in range(1, attempts + 1):
            plan = PLAN.model_copy(update={"incident": incident, "attempt": attempt})
            plans[incident] = record.keep_plan(plan)
            for by in ("ana", "bob")[: 3 - attempt]:
                said = Approval(plan_hash=plan.hash, answer=Answer.APPROVE, by=by, at=NOON)
                record.answer(incident, said, quorum=2)
    found = record.waiting_plans(ids)

    assert {name: (one.plan, one.answers) for name, one in found.items()} == {
        ids[0]: (plans[ids[0]], 2),
        ids[1]: (plans[ids[1]], 1),
    }
    assert record.waiting_plans([]) == {}
