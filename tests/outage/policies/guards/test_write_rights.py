import pytest

from outage.diagnosis.hypothesis import Action
from outage.errors import ClusterUnreachable, DatabaseRefused
from outage.kubernetes.access_right import MissingRight, Right
from outage.kubernetes.objects import ObjectRef
from outage.plans.objection import Objection, Proceed, Refuse
from outage.plans.plan import Plan
from outage.plans.step_rights import rights_of_plan
from outage.policies.guards.write_rights import missing_rights
from tasks.act.fresh_view import missing_of_plan
from tests.outage.policies.guards.guard_places import AUTH, NODE, NOON, POLICY, plan, step, view
from tests.outage.policies.guards.spoiled_views import A_POD, ENDING

SERVICE = ObjectRef(kind="Service", name="auth", namespace="shop")
PATCH = Right(
    identity="writer", verb="patch", kind="Deployment", namespace="shop", name="auth", purpose="it fails"
)


@pytest.mark.parametrize(
    ("of", "needed"),
    [
        pytest.param(
            plan(step(target=AUTH)),
            ["patch Deployment auth in shop", "get Deployment auth in shop"],
            id="a patch",
        ),
        pytest.param(
            plan(step(Action.CREATE, SERVICE)),
            ["create Service in shop", "delete Service auth in shop", "get Service auth in shop"],
            id="a creation, and the deletion that takes it back",
        ),
        pytest.param(
            plan(step(Action.DELETE, SERVICE)),
            ["delete Service auth in shop", "create Service in shop", "get Service auth in shop"],
            id="a deletion, and the creation that takes it back",
        ),
        pytest.param(
            plan(step(Action.DELETE, A_POD)),
            [f"delete Pod {A_POD.name} in shop", f"get Pod {A_POD.name} in shop"],
            id="a pod is not put back",
        ),
        pytest.param(
            plan(step(Action.DRAIN, NODE)),
            [
                f"patch Node {NODE.name}",
                f"get Node {NODE.name}",
                "list Pod everywhere",
                "create Pod/eviction everywhere",
            ],
            id="a drain evicts",
        ),
        pytest.param(ENDING, ["end Session everywhere"], id="a session: the database answers for it"),
        pytest.param(
            plan(step(), step()), ["patch Deployment auth in shop", "get Deployment auth in shop"], id="once"
        ),
    ],
)
def test_a_plan_needs_these_rights(of: Plan, needed: list[str]) -> None:
    """For what it writes and for its way back."""
    assert [str(right) for right in rights_of_plan(of)] == needed


def refused(error: Exception | None, may: bool = False) -> tuple[MissingRight, ...]:
    """What is missing when the API server answers so to each question."""

    def answer(_: Right) -> bool:
        if error:
            raise error
        return may

    return missing_of_plan(plan(), answer)


def test_with_every_right_nothing_is_missing() -> None:
    """And nothing is said."""
    seen = view(missing_rights=refused(None, may=True))

    assert missing_rights(plan(), seen, POLICY, NOON) == Proceed()


@pytest.mark.parametrize(
    ("missing", "reason", "says"),
    [
        pytest.param(None, Objection.CANNOT_TELL, "nobody asked", id="nobody asked"),
        pytest.param(
            refused(None),
            Objection.MISSING_RIGHT,
            "the writer may not patch Deployment auth in shop",
            id="it may not",
        ),
        pytest.param(
            refused(ClusterUnreachable("ask whether we may patch: no answer")),
            Objection.CANNOT_TELL,
            "is not known: ask whether we may patch: no answer",
            id="the API server did not answer",
        ),
        pytest.param(
            refused(DatabaseRefused("")),
            Objection.CANNOT_TELL,
            "is not known: DatabaseRefused",
            id="an error without words",
        ),
        pytest.param(
            (MissingRight(right=PATCH, unknown="no answer"), MissingRight(right=PATCH)),
            Objection.MISSING_RIGHT,
            "the writer may not",
            id="what is known to be missing is said first",
        ),
    ],
)
def test_a_right_that_is_missing_or_not_known_refuses_the_plan(
    missing: tuple[MissingRight, ...] | None, reason: Objection, says: str
) -> None:
    """Named, so that a person can grant it."""
    against = missing_rights(plan(), view(missing_rights=missing), POLICY, NOON)

    assert isinstance(against, Refuse)
    assert against.reason is reason
    assert says in against.says
