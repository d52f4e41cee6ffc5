"""Another platform, namespace rights only: pods that the API server refuses, and whose doing that is."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from outage.diagnosis.hypothesis import Diagnosis, Hypothesis
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.otel_demo import Bazaar, stranger
from tests.outage.diagnosis.worlds.otel_demo_faults import refused
from tests.outage.diagnosis.worlds.otel_demo_objects import HOME, named, replica_set_of
from tests.outage.diagnosis.worlds.shop_objects import Manifest

Change = Callable[[Bazaar], None]
TOO_MUCH = 'pods "cart-x" is forbidden: maximum memory usage per Container is 64Mi, but limit is 120Mi'
SPREAD = 'pods "cart-x" is forbidden: memory max limit to request ratio per Container is 1, but provided ratio is 2.0'
TOO_OPEN = 'pods "cart-x" is forbidden: violates PodSecurity "{}:latest": {}'
NO_CLASS = 'pods "cart-x" is forbidden: no PriorityClass with name hihg was found'
DENIED = "pods \"cart-x\" is forbidden: ValidatingAdmissionPolicy 'no-latest' with binding 'all' denied request: no"
NO_ROOM = "exceeded quota: compute, requested: pods=1, used: pods=60, limited: pods=60"


def shut_out(bazaar: Bazaar, text: str, mark: str = "5d8f7c9b64") -> None:
    """Cart has no pods, and new ones are refused in these words."""
    bazaar.empty("cart")
    bazaar.status("cart", 0)
    refused(bazaar, "cart", text, mark)


def limits(bazaar: Bazaar, name: str, young: bool = False, **limit: object) -> None:
    """A limit range, as old as the platform or some minutes old."""
    put = bazaar.fresh if young else bazaar.put
    put("LimitRange", {"metadata": named(name), "spec": {"limits": [limit]}})


def newer(bazaar: Bazaar, text: str, **fields: object) -> None:
    """Cart's template was changed four minutes ago, and its pods are refused since."""
    bazaar.spec("cart").update(fields)
    workload = bazaar.touch("Deployment", "cart")
    bazaar.put("ReplicaSet", replica_set_of(workload, "7c6d5f4b88", 2, timedelta(minutes=4)))
    shut_out(bazaar, text, "7c6d5f4b88")


def job(bazaar: Bazaar, text: str, **status: int) -> None:
    """A Job whose pods were refused in these words."""
    spec: Manifest = {"template": {"spec": {"containers": [{"name": "main", "image": "x:1"}]}}}
    made = bazaar.fresh("Job", {"metadata": named("migrate"), "spec": spec, "status": status}, minutes=10)
    bazaar.event(made, "FailedCreate", f"Error creating: {text}")


def told(change: Change, hide: tuple[str, ...] = ("Namespace", "Node")) -> Diagnosis:
    """What a stranger is told."""
    bazaar = Bazaar()
    change(bazaar)
    snapshot = bazaar.snapshot()
    seen = {kind: some for kind, some in snapshot.objects.items() if kind not in hide}
    return diagnose(snapshot.model_copy(update={"objects": seen}), stranger())


def first(change: Change, hide: tuple[str, ...] = ("Namespace", "Node")) -> Hypothesis:
    """What stands first."""
    return told(change, hide).hypotheses[0]


def innocent_range(bazaar: Bazaar) -> None:
    """A young limit range for claims, beside the old one for containers."""
    limits(bazaar, "caps", type="Container", max={"memory": "65536Ki"})
    limits(bazaar, "for-claims", young=True, type="PersistentVolumeClaim", max={"storage": "10Gi"})
    limits(bazaar, "for-pods", young=True, type="Pod", max={"memory": "64Mi"})
    limits(bazaar, "wider", young=True, type="Container", max={"memory": "1Gi"}, min={"memory": "64Mi"})
    shut_out(bazaar, TOO_MUCH)


def test_a_limit_range_is_named_only_for_its_own_type_resource_and_value() -> None:
    """The old one is named, without a repair; none of the young ones is."""
    found = told(innocent_range).hypotheses

    assert [(one.about.name, one.repair) for one in found] == [("caps", None)]


def test_a_young_limit_on_the_ratio_is_taken_away() -> None:
    """The API server says ratio where others say maximum."""

    def change(bazaar: Bazaar) -> None:
        limits(bazaar, "spread", young=True, type="Container", maxLimitRequestRatio={"memory": "1"})
        shut_out(bazaar, SPREAD)

    one = first(change)

    assert (one.cause, one.about.name, one.repair is not None) == ("limit-range", "spread", True)


LEVELS: dict[str, tuple[str, str, str | dict[str, str] | None, bool]] = {
    "the namespace is hidden": ("restricted", "allowPrivilegeEscalation != false", None, False),
    "the namespace has no label": ("restricted", "allowPrivilegeEscalation != false", {}, False),
    "the level is baseline already": ("baseline", "host namespaces (hostNetwork=true)", "baseline", False),
    "baseline would refuse them too": (
        "restricted",
        "host namespaces (hostNetwork=true), runAsNonRoot != true",
        "restricted",
        False,
    ),
    "baseline lets them in": ("restricted", "allowPrivilegeEscalation != false", "restricted", True),
}


@pytest.mark.parametrize(("level", "why", "label", "lowered"), LEVELS.values(), ids=LEVELS)
def test_a_level_is_lowered_only_where_that_lets_the_pods_in(
    level: str, why: str, label: str | dict[str, str] | None, lowered: bool
) -> None:
    """The level is what the API server says; the label must be seen to be changed."""

    def change(bazaar: Bazaar) -> None:
        if isinstance(label, str):
            space = bazaar.touch("Namespace", HOME)
            space["metadata"]["labels"] = {"pod-security.kubernetes.io/enforce": label}
        shut_out(bazaar, TOO_OPEN.format(level, why))

    one = first(change, hide=("Namespace",) if label is None else ())

    assert (one.cause, one.live, one.repair is not None) == ("pod-security", level, lowered)


NEWER = {
    "a priority class that nobody has": (NO_CLASS, {"priorityClassName": "hihg"}, "bad-template"),
    "a policy of the cluster": (DENIED, {"hostname": "a"}, "bad-template"),
    "a level that the older template kept": (
        TOO_OPEN.format("baseline", "host namespaces (hostNetwork=true)"),
        {"hostNetwork": True},
        "pod-security",
    ),
}


@pytest.mark.parametrize(("text", "fields", "cause"), NEWER.values(), ids=NEWER)
def test_a_newer_template_whose_pods_are_refused_goes_back(
    text: str, fields: dict[str, object], cause: str
) -> None:
    """Pods of the older one were let in."""
    one = first(lambda bazaar: newer(bazaar, text, **fields))

    assert (one.cause, one.repair is not None) == (cause, True)
    assert one.repair is not None
    assert [str(each.target) for each in one.repair.changes] == [f"deployment/cart in {HOME}"]


def test_an_old_template_that_is_refused_keeps_the_api_servers_words() -> None:
    """Nothing seen explains it; what was said is passed on."""
    one = first(lambda bazaar: shut_out(bazaar, DENIED))

    assert (one.cause, one.repair) == ("unknown", None)
    assert "ValidatingAdmissionPolicy" in one.says


@pytest.mark.parametrize("status", [{"active": 1}, {"succeeded": 1}], ids=["it runs", "it has run"])
def test_a_job_whose_pods_were_let_in_at_last_is_well(status: dict[str, int]) -> None:
    """Events stay for an hour."""
    assert not told(lambda bazaar: job(bazaar, NO_CLASS, **status)).findings


def test_a_job_whose_pods_are_refused_is_told() -> None:
    """By what the API server says, or with the quota that it names."""
    plain = first(lambda bazaar: job(bazaar, NO_CLASS))
    quota = first(lambda bazaar: job(bazaar, f'pods "migrate-x" is forbidden: {NO_ROOM}'))

    assert (plain.cause, str(plain.about)) == ("unknown", f"job/migrate in {HOME}")
    assert "no PriorityClass" in plain.says
    assert (quota.cause, quota.about.name) == ("quota-exceeded", "compute")
