"""Another platform, without a platform file: calls that no longer arrive, and what stands in their way."""

from datetime import timedelta

import pytest

from outage.incidents.alert import Alert
from outage.snapshots.snapshot import Probe
from tests.outage.diagnosis.worlds.otel_demo import Bazaar
from tests.outage.diagnosis.worlds.otel_demo_faults import Change, payment_at_zero, stands_first
from tests.outage.diagnosis.worlds.otel_demo_objects import HOME, NAME, born, named
from tests.outage.diagnosis.worlds.shop_objects import NOON


def new_policy(bazaar: Bazaar) -> None:
    """A new policy shuts cart in; only logs tell."""
    spec = {"podSelector": {"matchLabels": {NAME: "cart"}}, "policyTypes": ["Ingress", "Egress"]}
    bazaar.fresh("NetworkPolicy", {"metadata": named("deny-cart"), "spec": spec})
    bazaar.log("frontend", "Error: 14 UNAVAILABLE: connect ETIMEDOUT 10.96.4.4:8080")


def silent_policy(bazaar: Bazaar) -> None:
    """A policy of four minutes ago cuts what was there for days, and nobody has complained yet."""
    spec = {"podSelector": {"matchLabels": {NAME: "cart"}}, "policyTypes": ["Ingress"]}
    bazaar.fresh("NetworkPolicy", {"metadata": named("deny-cart"), "spec": spec})


def policy_without_dns(bazaar: Bazaar) -> None:
    """Egress within the namespace only: the DNS of the cluster lives elsewhere."""
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": [{"podSelector": {}}]}]}
    bazaar.fresh("NetworkPolicy", {"metadata": named("inside-only"), "spec": spec})
    bazaar.log("frontend", "Error: getaddrinfo EAI_AGAIN cart")


def target_port(bazaar: Bazaar) -> None:
    """An edited Service sends to a port that the pods do not declare, and nobody complains yet."""
    bazaar.touch("Service", "cart")["spec"]["ports"][0]["targetPort"] = 9999


def local_policy(bazaar: Bazaar) -> None:
    """Cart answers only on its node; a caller's log names it by its cluster address."""
    bazaar.touch("Service", "cart")["spec"]["internalTrafficPolicy"] = "Local"
    bazaar.log("frontend", "Error: 14 UNAVAILABLE: connect ECONNREFUSED 10.96.4.4:8080")


def corefile(bazaar: Bazaar) -> None:
    """The DNS is told to deny one name; only logs tell."""
    core = (
        ".:53 {\n    ready\n    template IN A cart.bazaar.svc.cluster.local {\n      rcode NXDOMAIN\n    }\n"
    )
    core += (
        "    kubernetes cluster.local in-addr.arpa ip6.arpa {\n       pods insecure\n    }\n    reload\n}\n"
    )
    meta = {"name": "coredns", "namespace": "kube-system", **born()}
    bazaar.put("ConfigMap", {"metadata": meta, "data": {"Corefile": core}})
    bazaar.touch("ConfigMap", "coredns")
    bazaar.log("checkout", "rpc error: code = Unavailable desc = lookup cart on 10.96.0.10:53: no such host")


def dns_at_zero(bazaar: Bazaar) -> None:
    """The DNS has no pods; only logs tell."""
    labels = {"k8s-app": "kube-dns"}
    spec = {"replicas": 0, "template": {"metadata": {"labels": labels}, "spec": {"containers": []}}}
    meta = {"name": "coredns", "namespace": "kube-system", "labels": labels, **born()}
    bazaar.put("Deployment", {"metadata": meta, "spec": spec, "status": {}})
    bazaar.log("frontend", "Error: getaddrinfo EAI_AGAIN cart")


def wrong_port(bazaar: Bazaar) -> None:
    """The address of the database has another port; every pod is ready."""
    bazaar.container("product-catalog")["env"][1]["value"] = "postgresql:5433"
    bazaar.recreated("product-catalog", healthy=True)
    bazaar.status("product-catalog", 1)
    bazaar.log("product-catalog", "dial tcp postgresql:5433: connect: connection refused")


def shadowed(bazaar: Bazaar) -> None:
    """A variable is given a second time with another value; every pod is ready."""
    hosts = [{"name": "FRONTEND_HOST", "value": value} for value in ("frontend", "localhost")]
    bazaar.container("frontend-proxy")["env"] += hosts
    bazaar.recreated("frontend-proxy", healthy=True)
    bazaar.status("frontend-proxy", 1)
    probe = Probe(url="http://bazaar.test/", service="frontend-proxy", status=503)
    bazaar.extra["probes"] = (probe,)


def route(bazaar: Bazaar) -> None:
    """The route has a slip of the pen, and its path names nothing."""
    backend = {"service": {"name": "frontend-prox", "port": {"number": 8080}}}
    rules = [{"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]
    bazaar.put("Ingress", {"metadata": named("web"), "spec": {"rules": rules}})
    bazaar.touch("Ingress", "web")


def zero(bazaar: Bazaar) -> None:
    """Payment is scaled to zero; no address names it, only an alert says that something is wrong."""
    payment_at_zero(bazaar)
    bazaar.extra["alerts"] = (
        Alert(name="ErrorsHigh", labels={"namespace": HOME}, starts_at=NOON - timedelta(minutes=2)),
    )


def overheard_zero(bazaar: Bazaar) -> None:
    """The same without the event and the alert: a caller's log names it."""
    zero(bazaar)
    bazaar.objects["Event"], bazaar.extra = [], {}
    bazaar.log("checkout", "could not charge: dial tcp: lookup payment on 10.96.0.10:53: no such host")


def service_gone(bazaar: Bazaar) -> None:
    """A Service is gone; no address names it, only a caller's log."""
    bazaar.silent()
    bazaar.drop("Service", "payment")
    bazaar.drop("EndpointSlice", "payment-b7x")
    bazaar.log("checkout", "could not charge: getaddrinfo ENOTFOUND payment")


CLASSES = [
    (zero, "scaled-to-zero", "payment", "1"),
    (overheard_zero, "scaled-to-zero", "payment", "1"),
    (service_gone, "service-missing", "payment", None),
    (new_policy, "network-policy", "deny-cart", "(absent)"),
    (silent_policy, "network-policy", "deny-cart", "(absent)"),
    (policy_without_dns, "network-policy", "inside-only", None),
    (target_port, "service-target-port", "cart", "8080"),
    (local_policy, "traffic-policy-local", "cart", "Cluster"),
    (corefile, "dns-rewritten", "coredns", "the same without that block"),
    (dns_at_zero, "dns-down", "coredns", "2"),
    (wrong_port, "wrong-address", "product-catalog", "postgresql:5432"),
    (shadowed, "duplicate-env", "frontend-proxy", "frontend"),
    (route, "wrong-backend", "web", "frontend-proxy"),
]


@pytest.mark.parametrize(
    ("change", "cause", "about", "wanted"), [pytest.param(*one, id=str(one[0].__doc__)) for one in CLASSES]
)
def test_the_right_cause_comes_with_what_should_stand_there(
    change: Change, cause: str, about: str, wanted: str | None
) -> None:
    """From the objects and the logs alone, with a repair."""
    stands_first(change, cause, about, wanted)
