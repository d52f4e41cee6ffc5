"""Where nothing is written, and when: beyond the allow-list, what is protected, owned or paused, a freeze, a stop."""

from datetime import time, timedelta
from typing import Any

import pytest

from outage.diagnosis.hypothesis import Action
from outage.kubernetes.objects import ObjectRef
from outage.plans.objection import Objection
from outage.plans.plan import Plan
from outage.policies.guards import plan_objections
from outage.policies.guards.guard_view import GuardView
from outage.policies.policy import Freeze, Maintenance, Policy, broken_policy
from outage.value import Manifest
from tests.outage.policies.guards.guard_places import AUTH, NOON, POLICY, plan, step, view
from tests.outage.policies.guards.spoiled_views import COREDNS, ENDING, limits, marked, reasons, sessions

CONFIG = ObjectRef(kind="ConfigMap", name="app", namespace="shop")


def made(**meta: Any) -> Manifest:
    """A ConfigMap as the baseline has it."""
    return {"kind": "ConfigMap", "metadata": {"name": "app", "namespace": "shop", **meta}}


@pytest.mark.parametrize(
    ("of", "seen", "policy", "expected"),
    [
        pytest.param(
            plan(step(target=AUTH.model_copy(update={"namespace": "bank"}))),
            view(),
            POLICY,
            Objection.OUTSIDE_ALLOW_LIST,
            id="another namespace",
        ),
        pytest.param(
            plan(step(target=ObjectRef(kind="Role", name="r", namespace="shop"))),
            view(),
            POLICY,
            Objection.OUTSIDE_ALLOW_LIST,
            id="another kind",
        ),
        pytest.param(
            plan(step(target=ObjectRef(kind="ClusterRole", name="r"))),
            view(),
            POLICY,
            Objection.OUTSIDE_ALLOW_LIST,
            id="a cluster-wide kind",
        ),
        pytest.param(
            plan(step(target=COREDNS.model_copy(update={"name": "other"}))),
            view(),
            POLICY,
            Objection.OUTSIDE_ALLOW_LIST,
            id="another object of a namespace where one is allowed",
        ),
        pytest.param(
            ENDING,
            view(database=sessions()),
            limits(sessions=0),
            Objection.OUTSIDE_ALLOW_LIST,
            id="no session may be ended",
        ),
        pytest.param(
            plan(step(Action.CREATE, CONFIG, manifest=made(labels={"outage.dev/protected": "true"}))),
            view(),
            POLICY,
            Objection.PROTECTED,
            id="what is made anew brings its protecting label",
        ),
        pytest.param(
            plan(
                step(
                    Action.CREATE, CONFIG, manifest=made(annotations={"argocd.argoproj.io/tracking-id": "a"})
                )
            ),
            view(),
            POLICY,
            Objection.GITOPS_OWNED,
            id="what is made anew is a GitOps controller's to make",
        ),
        pytest.param(
            plan(),
            view({"Deployment": (marked(labels={"outage.dev/protected": "true"}),)}),
            POLICY,
            Objection.PROTECTED,
            id="a protecting label",
        ),
        pytest.param(
            plan(),
            view(),
            POLICY.model_copy(update={"protected_objects": ("shop/Deployment/auth",)}),
            Objection.PROTECTED,
            id="protected by name",
        ),
        pytest.param(
            plan(),
            view({"Deployment": (marked(annotations={"outage.dev/paused": "ada works on it"}),)}),
            POLICY,
            Objection.MAINTENANCE,
            id="an object that people paused",
        ),
        pytest.param(
            plan(),
            view(
                {"Namespace": ({"metadata": {"name": "shop", "annotations": {"outage.dev/paused": "move"}}},)}
            ),
            POLICY,
            Objection.MAINTENANCE,
            id="a namespace that people paused",
        ),
        pytest.param(
            plan(),
            view({"Deployment": (marked(labels={"argocd.argoproj.io/instance": "shop"}),)}),
            POLICY,
            Objection.GITOPS_OWNED,
            id="owned by Argo CD's label",
        ),
        pytest.param(
            plan(),
            view({"Deployment": (marked(managedFields=[{"manager": "kustomize-controller"}]),)}),
            POLICY,
            Objection.GITOPS_OWNED,
            id="written by Flux",
        ),
        pytest.param(
            plan(),
            view(),
            POLICY.model_copy(
                update={"freezes": (Freeze(starts=NOON, ends=NOON + timedelta(1), why="sale"),)}
            ),
            Objection.FREEZE,
            id="a freeze",
        ),
        pytest.param(
            plan(),
            view(),
            POLICY.model_copy(
                update={
                    "maintenance": (
                        Maintenance(days=("mon",), starts=time(22), lasts=timedelta(hours=15), why="weekly"),
                    )
                }
            ),
            Objection.MAINTENANCE,
            id="a window that began yesterday night",
        ),
        pytest.param(plan(), view(kill_switch="stop"), POLICY, Objection.KILL_SWITCH, id="the kill switch"),
        pytest.param(plan(), view(), broken_policy("line 3"), Objection.POLICY_BROKEN, id="a broken policy"),
    ],
)
def test_it_is_refused(of: Plan, seen: GuardView, policy: Policy, expected: Objection) -> None:
    """Each with a sentence of its own."""
    assert expected in reasons(of, seen, policy)
    assert all(len(one.says) > 10 for one in plan_objections(of, seen, policy, NOON))
