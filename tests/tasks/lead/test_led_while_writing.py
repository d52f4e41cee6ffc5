"""What people do between the yes and the write counts: somebody takes the lead, or closes the incident."""

import pytest

from outage.diagnosis.hypothesis import Action
from outage.incidents.incident import Incident
from outage.policies.policy import Policy
from tests.tasks.act.fake_cluster import NOON, Cluster, Ledger
from tests.tasks.act.running import live_image, run
from tests.tasks.act.shop_plans import ACTING, ASKING, AUTH, INCIDENT, change, deployment, image, plan_of, yes

LED = INCIDENT.model_copy(update={"leader": "ada"})
CLOSED = INCIDENT.model_copy(update={"closed_at": NOON})


@pytest.mark.parametrize(
    ("policy", "by", "head", "written"),
    [
        pytest.param(ASKING, "ada", INCIDENT, True, id="nobody leads"),
        pytest.param(ASKING, "ada", LED, True, id="the leader said yes"),
        pytest.param(ASKING, "bob", LED, False, id="another one said yes before the lead was taken"),
        pytest.param(ACTING, "", LED, False, id="policy alone said yes before the lead was taken"),
        pytest.param(ASKING, "ada", CLOSED, False, id="somebody closed the incident"),
    ],
)
def test_a_lead_or_a_close_between_the_yes_and_the_write_counts(
    policy: Policy, by: str, head: Incident, written: bool
) -> None:
    """It is asked anew before each step."""
    cluster, ledger = Cluster(deployment()), Ledger()
    plan = plan_of(cluster, change(Action.PATCH, AUTH, image()))
    if by:
        ledger.answer(INCIDENT.id, yes(plan, by))

    done = run(plan, cluster, ledger, policy, head=lambda: head)

    assert done.applied is written
    assert (live_image(cluster) == "auth:8") is written
