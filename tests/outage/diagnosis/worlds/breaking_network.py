"""Pens that break the way to the pods: Services, routes, the DNS, policies."""

import copy

from outage.snapshots.snapshot import Reach
from tests.outage.diagnosis.worlds.breaking import log, probes_fail
from tests.outage.diagnosis.worlds.shop_snapshot import SHOP, Ground, ago, last_applied, meta


def selector(ground: Ground) -> None:
    """The Service asks for one label too many."""
    ground.touch("Service", "auth", 3)["spec"]["selector"]["track"] = "gold"
    ground.endpoints("auth", 0)


def wrong_selector(ground: Ground) -> None:
    """The Service's only label has another value."""
    ground.touch("Service", "auth", 3)["spec"]["selector"] = {"app": "auth-v2"}
    ground.get("Deployment", "auth")
    last = ground.get("Service", "auth")
    good = copy.deepcopy(last)
    good["spec"]["selector"] = {"app": "auth"}
    last_applied(good)
    last["metadata"]["annotations"] = good["metadata"]["annotations"]
    ground.endpoints("auth", 0)


def foreign(ground: Ground) -> None:
    """The Service of auth selects everything."""
    ground.touch("Service", "auth", 3)["spec"]["selector"] = {"tier": "backend"}
    probes_fail(ground, "auth", status=404)


def target_port(ground: Ground) -> None:
    """The Service sends traffic to another port."""
    ground.touch("Service", "auth", 3)["spec"]["ports"][0]["targetPort"] = 9999
    probes_fail(ground, "auth")


def protocol(ground: Ground) -> None:
    """The Service's port became UDP."""
    ground.touch("Service", "auth", 3)["spec"]["ports"][0]["protocol"] = "UDP"
    probes_fail(ground, "auth")


def local_policy(ground: Ground) -> None:
    """The Service of postgres (one pod, one node) answers only on its node."""
    ground.touch("Service", "postgres", 3)["spec"]["internalTrafficPolicy"] = "Local"
    probes_fail(ground, "auth")


def corefile(ground: Ground) -> None:
    """Somebody lets the DNS answer NXDOMAIN for the shop."""
    block = "    template ANY ANY shop.svc.cluster.local {\n        rcode NXDOMAIN\n    }\n"
    config = ground.touch("ConfigMap", "coredns", 3)
    config["data"]["Corefile"] = config["data"]["Corefile"].replace("    ready\n", "    ready\n" + block)
    probes_fail(ground, "auth", "user")
    ground.extra["reach"] = (
        Reach(
            namespace=SHOP,
            source="deployment/user",
            target="auth",
            by="dns",
            reached=False,
            answer="NXDOMAIN",
        ),
    )


def missing_service(ground: Ground) -> None:
    """The Service of auth was deleted."""
    ground.drop("Service", "auth")
    ground.drop("EndpointSlice", "auth-slice")
    probes_fail(ground, "auth", "user")


def new_policy(ground: Ground) -> None:
    """A new policy lets nobody talk to postgres."""
    spec = {"podSelector": {"matchLabels": {"app": "postgres"}}, "policyTypes": ["Ingress"]}
    policy = ground.put("NetworkPolicy", {"metadata": meta("lock"), "spec": spec})
    policy["metadata"].update(creationTimestamp=ago(minutes=3), managedFields=[])
    probes_fail(ground, "auth", "user")
    for name in ("auth", "user"):
        ground.fail(name)
        log(ground, name, "error: dial tcp postgres:5432: i/o timeout")


def wrong_backend(ground: Ground) -> None:
    """The route of auth leads to a Service that does not exist."""
    ingress = ground.touch("Ingress", "shop-ingress", 3)
    ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] = "auht"
    probes_fail(ground, "auth")
