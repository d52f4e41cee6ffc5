"""What could lose data: claims, StatefulSets, Secrets, and sessions of the database."""

import pytest

from outage.diagnosis.hypothesis import Action
from outage.plans.objection import Objection
from outage.plans.plan import Plan
from outage.policies.guards import plan_objections
from outage.policies.guards.guard_view import GuardView
from outage.policies.policy import Policy
from tests.outage.policies.guards.guard_places import AUTH, NOON, POLICY, plan, step, view
from tests.outage.policies.guards.spoiled_views import (
    CLAIM,
    ENDING,
    SESSION,
    claim,
    limits,
    reasons,
    sessions,
)


@pytest.mark.parametrize(
    ("of", "seen", "policy", "expected"),
    [
        pytest.param(
            plan(step(Action.DELETE, CLAIM)),
            view({"PersistentVolumeClaim": (claim("Bound"),)}),
            POLICY,
            Objection.DATA_AT_RISK,
            id="a bound claim",
        ),
        pytest.param(
            plan(step(Action.DELETE, CLAIM)),
            view({"PersistentVolumeClaim": (claim("Lost", volumeName="v"),)}),
            POLICY,
            Objection.DATA_AT_RISK,
            id="a claim that was bound",
        ),
        pytest.param(
            plan(step(Action.DELETE, CLAIM)),
            view(),
            POLICY,
            Objection.CANNOT_TELL,
            id="a claim that is not in the picture",
        ),
        pytest.param(
            plan(step(Action.DELETE, AUTH.model_copy(update={"kind": "StatefulSet"}))),
            view(),
            POLICY,
            Objection.DATA_AT_RISK,
            id="a StatefulSet",
        ),
        pytest.param(
            plan(step(target=AUTH.model_copy(update={"kind": "Secret"}))),
            view(),
            POLICY,
            Objection.DATA_AT_RISK,
            id="a Secret, also where the policy names the kind",
        ),
        pytest.param(ENDING, view(), POLICY, Objection.CANNOT_TELL, id="a database that could not be seen"),
        *(
            pytest.param(ENDING, view(database=sessions(**more)), POLICY, Objection.DATA_AT_RISK, id=name)
            for name, more in {
                "replication": {"replication": True},
                "the database's own process": {"backend": "autovacuum worker"},
                "a superuser": {"superuser": True},
                "a backup": {"application": "pg_dump"},
                "ourselves": {"application": "outage"},
                "a session that itself waits": {"blocked_by": (9,)},
            }.items()
        ),
        pytest.param(
            plan(*(step(Action.CANCEL, SESSION, session=7) for _ in range(3))),
            view(database=sessions()),
            limits(sessions=2),
            Objection.DATA_AT_RISK,
            id="more sessions than the cap",
        ),
    ],
)
def test_it_is_refused(of: Plan, seen: GuardView, policy: Policy, expected: Objection) -> None:
    """Each with a sentence of its own."""
    assert expected in reasons(of, seen, policy)
    assert all(len(one.says) > 10 for one in plan_objections(of, seen, policy, NOON))


def test_a_long_query_that_blocks_nobody_survives() -> None:
    """It may be the month's report."""
    alone = sessions()
    one = alone.model_copy(update={"sessions": alone.sessions[:1]})

    assert reasons(ENDING, view(database=one)) == [Objection.DATA_AT_RISK]
