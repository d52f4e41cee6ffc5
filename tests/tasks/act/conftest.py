"""A shop with a broken image, an empty record, and the plan that mends it."""

import pytest

from outage.diagnosis.hypothesis import Action
from outage.plans.plan import Plan
from tests.tasks.act.fake_cluster import Cluster, Ledger
from tests.tasks.act.shop_plans import AUTH, change, configmap, deployment, image, plan_of, yes


@pytest.fixture
def cluster() -> Cluster:
    """A shop with a broken image."""
    return Cluster(deployment(), configmap())


@pytest.fixture
def ledger() -> Ledger:
    """An empty record."""
    return Ledger()


@pytest.fixture
def plan(cluster: Cluster, ledger: Ledger) -> Plan:
    """The plan that mends it, approved."""
    made = plan_of(cluster, change(Action.PATCH, AUTH, image()))
    ledger.answers.append(yes(made))
    return made
