"""Taking back a drain: one that was stopped, one that wrote nothing, one that went on after a death."""

import pytest

from outage.diagnosis.hypothesis import Action
from tests.tasks.act.fake_cluster import Boundaries, Cluster, Died, Ledger
from tests.tasks.act.running import NODE, applied, state, taken_back
from tests.tasks.act.shop_plans import change, node, plan_of, pod


def test_an_uncordoned_node_is_cordoned_again() -> None:
    """The other direction of the same write."""
    cluster, ledger = Cluster(node(unschedulable=True)), Ledger()
    plan = plan_of(cluster, change(Action.UNCORDON, NODE))
    applied(cluster, ledger, plan)
    assert cluster.objects[NODE]["spec"] == {}

    assert taken_back(cluster, ledger, plan).applied
    assert cluster.objects[NODE]["spec"] == {"unschedulable": True}


def test_a_drain_evicts_what_a_controller_replaces_and_leaves_daemons() -> None:
    """DaemonSet pods would come back at once."""
    daemon = pod("proxy")
    daemon["metadata"]["ownerReferences"][0]["kind"] = "DaemonSet"
    cluster, ledger = Cluster(node(), pod("auth-1-a"), daemon, pod("auth-1-b", "node-2")), Ledger()

    assert applied(cluster, ledger, plan_of(cluster, change(Action.DRAIN, NODE))).applied
    assert {ref.name for ref in cluster.objects if ref.kind == "Pod"} == {"proxy", "auth-1-b"}


def test_a_drain_that_somebody_stops_evicts_no_more_and_says_so() -> None:
    """The switch is thrown after the first round, while a pod that a budget holds is still waited for."""
    cluster, ledger = Cluster(node(), pod("auth-1-a"), pod("auth-1-b")), Ledger()
    cluster.held = {"auth-1-b": 99}
    plan = plan_of(cluster, change(Action.DRAIN, NODE))
    done = applied(cluster, ledger, plan, stopped=lambda: "wrong node" if cluster.evicted else None)

    assert not done.applied
    assert "stopped with 1 pods still there, the kill switch is thrown: wrong node" in done.says
    assert [ref.name for ref in cluster.evicted] == ["auth-1-a"]


def test_a_drain_that_was_stopped_is_taken_back() -> None:
    """Its node was cordoned all the same: leaving that would be an outage of ours."""
    cluster, ledger = Cluster(node(), pod("auth-1-a")), Ledger()
    cluster.held, before = {"auth-1-a": 99}, state(cluster)
    plan = plan_of(cluster, change(Action.DRAIN, NODE))
    assert not applied(cluster, ledger, plan).applied
    assert state(cluster) != before

    assert taken_back(cluster, ledger, plan).applied
    assert state(cluster) == before


def test_a_drain_that_wrote_nothing_leaves_somebody_elses_cordon() -> None:
    """The node was cordoned before; what is there when the drain is taken back is theirs."""
    cluster, ledger = Cluster(node(unschedulable=True), pod("auth-1-a")), Ledger()
    cluster.held = {"auth-1-a": 99}
    plan = plan_of(cluster, change(Action.DRAIN, NODE))
    assert not applied(cluster, ledger, plan).applied

    assert taken_back(cluster, ledger, plan).applied
    assert cluster.writes == []


def test_a_drain_that_goes_on_after_a_death_cordons_once() -> None:
    """The next run finds the node cordoned and only evicts what is left."""
    cluster, ledger = Cluster(node(), pod("auth-1-a")), Ledger()
    plan = plan_of(cluster, change(Action.DRAIN, NODE))
    cluster.boundaries = Boundaries(6)  # read, read, write (before and after), eviction before and after
    with pytest.raises(Died):
        applied(cluster, ledger, plan)

    assert applied(cluster, ledger, plan).applied
    assert cluster.writes == [(Action.DRAIN, NODE)]
    assert [ref.name for ref in cluster.evicted] == ["auth-1-a"]
