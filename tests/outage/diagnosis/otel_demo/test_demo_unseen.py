"""Another platform, namespace rights only: a dead DNS and a lost right that nothing but logs tell of."""

from collections.abc import Callable

import pytest

from outage.diagnosis.hypothesis import Diagnosis
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.otel_demo import Bazaar, stranger
from tests.outage.diagnosis.worlds.otel_demo_faults import ENDED
from tests.outage.diagnosis.worlds.otel_demo_objects import (
    CALLS,
    DAYS,
    HOME,
    born,
    named,
    pod_of,
    template_of,
    workload_of,
)
from tests.outage.diagnosis.worlds.shop_objects import Manifest

HIDDEN = ("Namespace", "Node")
FORBIDDEN = (
    'error: endpoints is forbidden: User "system:serviceaccount:bazaar:bazaar" cannot list resource "endpoints" '
    'in API group "" in the namespace "bazaar"'
)
TRACE = "Traceback (most recent call last): KeyError"


def crashing(bazaar: Bazaar, lines: dict[str, str]) -> None:
    """Workloads that end again and again, each with its last line."""
    for name, line in lines.items():
        bazaar.fails(name, waiting=("CrashLoopBackOff", "back-off 40s"), last=ENDED, restarts=4)
        bazaar.log(name, *line.split("\n"))


def told(change: Callable[[Bazaar], None]) -> Diagnosis:
    """What a stranger is told."""
    bazaar = Bazaar()
    change(bazaar)
    snapshot = bazaar.snapshot()
    seen = {kind: some for kind, some in snapshot.objects.items() if kind not in HIDDEN}
    return diagnose(snapshot.model_copy(update={"objects": seen}), stranger())


def causes(change: Callable[[Bazaar], None]) -> set[str]:
    """The causes that are given."""
    return {one.cause for one in told(change).hypotheses}


def unresolved(*callers: str) -> dict[str, str]:
    """Callers that do not find the first Service that they call."""
    return {one: f"error: getaddrinfo EAI_AGAIN {CALLS[one][0]}" for one in callers}


def one_alone(bazaar: Bazaar) -> None:
    """A single workload finds no names."""
    crashing(bazaar, unresolved("cart"))


def names_outside(bazaar: Bazaar) -> None:
    """Names of the internet do not resolve, and a line begins with a Service's name."""
    crashing(
        bazaar, dict.fromkeys(("cart", "checkout"), "frontend error: getaddrinfo ENOTFOUND api.pay.example")
    )


def names_that_are_not(bazaar: Bazaar) -> None:
    """Two workloads are told a Service that does not exist."""
    crashing(
        bazaar, dict.fromkeys(("cart", "checkout"), "error: lookup valkey on 10.96.0.10:53: no such host")
    )


def without_address(bazaar: Bazaar) -> None:
    """The Service has no address of its own and no pods behind it: then its name does not resolve."""
    bazaar.get("Service", "kafka")["spec"]["clusterIP"] = "None"
    crashing(bazaar, dict.fromkeys(("accounting", "checkout"), "error: getaddrinfo ENOTFOUND kafka"))


def dns_is_seen(bazaar: Bazaar) -> None:
    """The cluster DNS is in sight, and is well."""
    workload = workload_of("Deployment", "coredns", template_of("payment", probes=False))
    workload["metadata"] = {"name": "coredns", "namespace": "kube-system", **born()}
    workload["spec"]["template"]["metadata"]["labels"] = {"k8s-app": "kube-dns"}
    bazaar.put("Deployment", workload)
    pod = pod_of(workload, "abc", "xyz", DAYS)
    pod["metadata"]["namespace"] = "kube-system"
    bazaar.put("Pod", pod)
    crashing(bazaar, unresolved("cart", "checkout"))


def policy_cuts(bazaar: Bazaar) -> None:
    """A young policy keeps all pods from asking."""
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": [{"podSelector": {}}]}]}
    bazaar.fresh("NetworkPolicy", {"metadata": named("inside-only"), "spec": spec})
    crashing(bazaar, unresolved("cart", "checkout"))


INNOCENT = [one_alone, names_outside, names_that_are_not, without_address, dns_is_seen, policy_cuts]


@pytest.mark.parametrize("change", [pytest.param(one, id=str(one.__doc__)) for one in INNOCENT])
def test_a_dns_out_of_sight_is_not_suspected_where_something_else_may_be_it(
    change: Callable[[Bazaar], None],
) -> None:
    """Only several workloads, existing names with an address, and a DNS that may be asked and is not seen."""
    assert "dns-down" not in causes(change)


@pytest.mark.parametrize(
    "line",
    [
        "error: getaddrinfo EAI_AGAIN {}",
        "dial tcp: lookup {}.bazaar.svc.cluster.local on 10.96.0.10:53: read udp: i/o timeout",
        'psycopg.OperationalError: could not translate host name "{}" to address: Temporary failure in name resolution',
        "java.net.UnknownHostException: {}: Name or service not known: name resolution",
    ],
)
def test_a_dns_out_of_sight_is_named_when_several_find_no_names(line: str) -> None:
    """One cause for all of them, which nobody here may mend."""
    crashed = {
        one: line.format(CALLS[one][0]) for one in ("cart", "checkout", "product-catalog", "accounting")
    }
    (one,) = told(lambda bazaar: crashing(bazaar, crashed)).hypotheses

    assert (one.cause, str(one.about), one.repair) == ("dns-down", "service/kube-dns in kube-system", None)


def grant(bazaar: Bazaar, *verbs: str) -> None:
    """The account's role, bound to it."""
    rules: list[Manifest] = [{"apiGroups": [""], "resources": ["endpoints"], "verbs": list(verbs)}]
    bazaar.put("Role", {"metadata": named("finder"), "rules": rules})
    subject = {"kind": "ServiceAccount", "name": "bazaar", "namespace": HOME}
    role = {"kind": "Role", "name": "finder"}
    bazaar.put("RoleBinding", {"metadata": named("finder"), "roleRef": role, "subjects": [subject]})


def right_is_back(bazaar: Bazaar) -> None:
    """The role holds the verb by now."""
    grant(bazaar, "get", "list")
    crashing(bazaar, {"cart": FORBIDDEN})


def said_by_one_who_is_well(bazaar: Bazaar) -> None:
    """Another workload is refused something and goes on; cart fails by itself."""
    bazaar.log("payment", FORBIDDEN)
    crashing(bazaar, {"cart": TRACE})


def said_long_before(bazaar: Bazaar) -> None:
    """It was refused something at its start, did its work and fails of something else."""
    crashing(bazaar, {"cart": "\n".join([FORBIDDEN, *["info: served"] * 8, TRACE])})


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(one, id=str(one.__doc__))
        for one in (right_is_back, said_by_one_who_is_well, said_long_before)
    ],
)
def test_a_refused_call_that_fails_nobody_is_no_lost_right(change: Callable[[Bazaar], None]) -> None:
    """Programs ask for more than they need."""
    assert causes(change) == {"application-error"}


@pytest.mark.parametrize("verbs", [(), ("get",)], ids=["no role at all", "a role without the verb"])
def test_a_right_that_a_failing_workload_lacks_is_named_without_a_repair(verbs: tuple[str, ...]) -> None:
    """Which role it had is not guessed."""

    def change(bazaar: Bazaar) -> None:
        if verbs:
            grant(bazaar, *verbs)
        crashing(bazaar, {"cart": FORBIDDEN})

    one = told(change).hypotheses[0]

    assert (one.cause, str(one.about), one.repair) == (
        "rbac-narrowed",
        f"serviceaccount/bazaar in {HOME}",
        None,
    )
