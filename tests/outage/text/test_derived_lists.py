from datetime import UTC, datetime
from typing import Any

import pytest

from outage.kubernetes.selectors import labels_match
from outage.snapshots.snapshot import Snapshot
from outage.text.derived_lists import (
    allocated_lines,
    policy_lines,
    requested_amounts,
    rollout_changes,
    without_endpoints,
)
from outage.text.pod_blockers import pod_blockers
from outage.value import Manifest

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def picture(**objects: list[Manifest]) -> Snapshot:
    """A snapshot of namespace shop."""
    return Snapshot(
        taken_at=NOON, namespaces=("shop",), objects={kind: tuple(found) for kind, found in objects.items()}
    )


def made(kind: str, name: str, **more: Any) -> Manifest:
    """An object of namespace shop."""
    meta = {"name": name, "namespace": "shop", **more.pop("meta", {})}
    return {"kind": kind, "metadata": meta, **more}


def revision(number: int, image: str, ready: int) -> Manifest:
    """A ReplicaSet of deployment web."""
    container = {"name": "app", "image": image, "env": [{"name": "DB_PASSWORD", "value": f"secret-{number}"}]}
    labels = {"run": "web", "pod-template-hash": f"h{number}"}
    return made(
        "ReplicaSet",
        f"web-h{number}",
        meta={
            "annotations": {"deployment.kubernetes.io/revision": str(number)},
            "creationTimestamp": f"2030-01-0{number}T00:00:00Z",
            "ownerReferences": [{"kind": "Deployment", "name": "web", "controller": True}],
        },
        spec={
            "replicas": ready,
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
        status={"readyReplicas": ready},
    )


def test_a_rollout_is_told_with_what_it_changed_and_without_secrets() -> None:
    """The newest revision first, the fields that differ, never a hash label, never a value of a password."""
    told = rollout_changes(
        picture(
            Deployment=[made("Deployment", "web")], ReplicaSet=[revision(1, "a:1", 2), revision(2, "a:2", 0)]
        ),
        "shop",
    )

    assert told.splitlines()[0] == "web"
    assert told.splitlines()[1].startswith("  revision 2  web-h2  0/0 ready")
    assert "changed spec.containers.0.image: a:1 → a:2" in told
    assert "secret-" not in told
    assert "pod-template-hash" not in told


def test_a_workload_with_one_revision_has_no_history() -> None:
    """Healthy first."""
    told = rollout_changes(
        picture(Deployment=[made("Deployment", "web")], ReplicaSet=[revision(1, "a:1", 2)]), "shop"
    )

    assert told == "no Deployment has more than one revision"


def test_a_service_with_fewer_endpoints_than_it_knows_is_told() -> None:
    """An unready endpoint counts as known and not as ready."""
    points = [{"conditions": {"ready": True}}, {"conditions": {"ready": False}}]
    web = made("Service", "web", spec={"selector": {"run": "web"}})
    slices = made(
        "EndpointSlice", "web-1", meta={"labels": {"kubernetes.io/service-name": "web"}}, endpoints=points
    )
    seen = picture(
        Service=[
            web,
            made("Service", "gone", spec={"selector": {"run": "gone"}}),
            made("Service", "out", spec={}),
        ],
        EndpointSlice=[slices],
    )

    assert without_endpoints(seen, "shop").splitlines() == [
        "web  1 of 2 endpoints ready",
        "gone  0 of 0 endpoints ready",
    ]


@pytest.mark.parametrize(
    ("selector", "labels", "expected"),
    [
        pytest.param({}, {"a": "1"}, True, id="an empty selector takes everything"),
        pytest.param({"matchLabels": {"a": "1"}}, {"a": "1", "b": "2"}, True, id="labels"),
        pytest.param({"matchLabels": {"a": "2"}}, {"a": "1"}, False, id="other labels"),
        pytest.param(
            _in := {"matchExpressions": [{"key": "a", "operator": "In", "values": ["1"]}]},
            {"a": "1"},
            True,
            id="in",
        ),
        pytest.param(_in, {}, False, id="in nothing"),
        pytest.param(
            {"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, {}, True, id="not in"
        ),
        pytest.param(
            {"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {"a": ""}, True, id="exists"
        ),
        pytest.param(
            {"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, {"a": ""}, False, id="not there"
        ),
    ],
)
def test_a_whole_selector_is_read(selector: Manifest, labels: dict[str, str], expected: bool) -> None:
    """Expressions too: a policy that is misread blocks the wrong suspect."""
    assert labels_match(selector, labels) is expected


def test_a_policy_is_told_with_the_pods_it_selects() -> None:
    """Nobody can do that by eye."""
    pods = [
        made("Pod", "web-1", meta={"labels": {"run": "web"}}),
        made("Pod", "db-0", meta={"labels": {"run": "db"}}),
    ]
    policy = made(
        "NetworkPolicy",
        "to-db",
        spec={"podSelector": {"matchLabels": {"run": "db"}}, "policyTypes": ["Ingress"]},
    )

    assert policy_lines(picture(Pod=pods, NetworkPolicy=[policy]), "shop") == "to-db  Ingress  db-0"


def test_a_free_cluster_has_no_blockers() -> None:
    """Healthy first."""
    assert pod_blockers(picture(Node=[made("Node", "n1", spec={})])) == "nothing stops new pods"


def test_everything_that_stops_new_pods_is_told() -> None:
    """Cordons, taints, webhooks, PodSecurity, full quotas."""
    hook = made("ValidatingWebhookConfiguration", "v", webhooks=[{"name": "a.b.c", "failurePolicy": "Fail"}])
    told = pod_blockers(
        picture(
            Node=[
                made(
                    "Node",
                    "n1",
                    spec={"unschedulable": True, "taints": [{"key": "k", "effect": "NoSchedule"}]},
                )
            ],
            ValidatingWebhookConfiguration=[hook],
            Namespace=[
                made(
                    "Namespace", "shop", meta={"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}
                )
            ],
            ResourceQuota=[made("ResourceQuota", "q", status={"hard": {"pods": "3"}, "used": {"pods": "3"}})],
        )
    )

    assert len(told.splitlines()) == 5
    assert "quota q in shop is full: pods" in told


def test_what_changes_new_pods_is_told() -> None:
    """A default that nobody asked for, and a priority that everybody has."""
    told = pod_blockers(
        picture(
            LimitRange=[made("LimitRange", "l", spec={"limits": [{"type": "Pod", "max": {"cpu": "1"}}]})],
            PriorityClass=[
                {"metadata": {"name": "all"}, "value": 5, "globalDefault": True},
                {"metadata": {"name": "some"}, "value": 9},
            ],
        )
    )

    assert told.splitlines() == [
        "limit range in shop: l  Pod: max cpu=1",
        "priority class all (5) is the default of every new pod",
    ]


def test_jobs_that_write_are_told_with_what_their_account_may_do() -> None:
    """Whoever heals by hand is overwritten by them; suspended and finished ones do nothing."""
    spec = {"serviceAccountName": "janitor"}
    tidy = made(
        "CronJob",
        "tidy",
        spec={"schedule": "* * * * *", "jobTemplate": {"spec": {"template": {"spec": spec}}}},
    )
    binding = made(
        "RoleBinding",
        "b",
        roleRef={"kind": "Role", "name": "scaler"},
        subjects=[{"kind": "ServiceAccount", "name": "janitor"}],
    )
    rules = [
        {"verbs": ["get", "patch"], "resources": ["deployments"]},
        {"verbs": ["list"], "resources": ["pods"]},
    ]
    told = pod_blockers(
        picture(
            CronJob=[tidy, made("CronJob", "resting", spec={"suspend": True})],
            Job=[made("Job", "migrate", status={"active": 1}), made("Job", "done", status={"succeeded": 1})],
            Role=[made("Role", "scaler", rules=rules)],
            RoleBinding=[binding],
        )
    )

    assert told.splitlines() == [
        "cronjob tidy in shop runs at * * * * *; its account janitor may patch deployments",
        "job migrate in shop runs now",
    ]


def test_what_a_nodes_pods_asked_for_is_added_up() -> None:
    """Ended pods hold nothing."""
    asked = {"resources": {"requests": {"cpu": "250m", "memory": "64Mi"}}}
    pods = [
        made("Pod", "a", spec={"containers": [asked, asked]}, status={"phase": "Running"}),
        made("Pod", "b", spec={"containers": [asked]}, status={"phase": "Succeeded"}),
    ]
    node = made("Node", "n1", status={"allocatable": {"cpu": "2", "memory": "1Gi", "pods": "10"}})

    assert (
        allocated_lines(node, requested_amounts(pods))
        == "n1  cpu 0.5 of 2 (25%)  memory 128Mi of 1024Mi (12%)  pods 1 of 10 (10%)"
    )
