"""The way along one call: healthy layouts hold at every hop, and each broken one at its own."""

from collections.abc import Callable

import pytest

from outage.diagnosis.edges.broken_hop import BrokenHop, Hop
from outage.diagnosis.edges.edge_walk import broken_hop
from outage.diagnosis.edges.route_walk import broken_routes
from outage.snapshots.snapshot import ListeningSocket, LogTail
from tests.outage.diagnosis.edges.layouts import (
    DNS_HOME,
    SHOP,
    Layout,
    Manifest,
    labelled_pod,
    network_policy,
)

Pen = Callable[[Layout], object]
ANYWHERE = "0.0.0.0"  # noqa: S104  (what a process listens on, nothing that is bound here)
ALLOW_WEB: Manifest = {"from": [{"podSelector": {"matchLabels": {"app": "web"}}}]}
TO_API: Manifest = {"to": [{"podSelector": {"matchLabels": {"app": "api"}}}]}
TO_DNS: Manifest = {"to": [{"namespaceSelector": {}}], "ports": [{"port": 53, "protocol": "UDP"}]}


def walked(pen: Pen) -> BrokenHop | None:
    """What the walk says of a layout after this change."""
    layout = Layout()
    pen(layout)
    return broken_hop(layout.index(), layout.edge)


def policy(name: str, selects: dict[str, str], **spec: object) -> Pen:
    """A change that adds a policy."""
    return lambda layout: layout.objects["NetworkPolicy"].append(network_policy(name, selects, **spec))


def both(*pens: Pen) -> Pen:
    """Several changes together."""
    return lambda layout: [pen(layout) for pen in pens]


def spec_of(workload: str, **fields: object) -> Pen:
    """A change of what a workload's pods ask for."""
    return lambda layout: layout.in_spec(workload, **fields)


def service(**fields: object) -> Pen:
    """A change of the Service that is called."""
    return lambda layout: layout.get("Service", "api")["spec"].update(fields)


def service_port(**fields: object) -> Pen:
    """A change of its port."""
    return lambda layout: layout.get("Service", "api")["spec"]["ports"][0].update(fields)


def unready(*names: str) -> Pen:
    """Pods that lose their readiness."""

    def change(layout: Layout) -> None:
        for one in names:
            layout.get("Pod", one)["status"]["conditions"] = [{"type": "Ready", "status": "False"}]

    return change


def called_at(port: int, protocol: str = "TCP") -> Pen:
    """Another port that the caller names."""

    def change(layout: Layout) -> None:
        layout.edge = layout.edge.model_copy(update={"port": port, "protocol": protocol})

    return change


def heard(*places: tuple[str, int]) -> Pen:
    """The sockets that were read inside the called pod."""
    return lambda layout: layout.sockets.extend(
        ListeningSocket(namespace=SHOP, pod="api-1", address=address, port=port) for address, port in places
    )


def dns_says(line: str, age: str = "11:59:30") -> Pen:
    """A line of the cluster's DNS."""
    text = f"2030-01-01T{age}Z {line}"
    return lambda layout: layout.logs.append(
        LogTail(namespace=DNS_HOME, pod="coredns-1", container="app", text=text)
    )


def env(**values: str) -> Pen:
    """Variables of the caller."""
    listed = [{"name": name, "value": value} for name, value in values.items()]

    def change(layout: Layout) -> None:
        for spec in (
            layout.get("Pod", "web-1")["spec"],
            layout.get("Deployment", "web")["spec"]["template"]["spec"],
        ):
            spec["containers"][0]["env"] = listed

    return change


FAR = {"namespaceSelector": {"matchLabels": {"team": "a"}}}
HEALTHY: dict[str, Pen] = {
    "nothing special": lambda layout: None,
    "on the node's network, with the policy that is made for it": spec_of(
        "web", hostNetwork=True, dnsPolicy="ClusterFirstWithHostNet"
    ),
    "an own resolver that nobody knows": spec_of("web", dnsPolicy="None", dnsConfig={"nameservers": ["10.0.0.2"]}),
    "a name in the hosts file": spec_of(
        "web", dnsPolicy="Default", hostAliases=[{"ip": "1.2.3.4", "hostnames": ["api"]}]
    ),
    "a Service outside": service(type="ExternalName", externalName="api.example.org", selector=None),
    "a headless Service at the pods' own port": both(
        service(clusterIP="None"), service_port(port=8080, targetPort=8080), called_at(8080)
    ),
    "a port by its number": service_port(targetPort=8080),
    "no port is known": called_at(80, ""),
    "members that are published before they are ready": both(service(publishNotReadyAddresses=True), unready("api-1")),
    "a policy that lets the caller in": policy("allow", {"app": "api"}, ingress=[ALLOW_WEB]),
    "one that lets it in at the port's name": policy(
        "allow", {"app": "api"}, ingress=[{**ALLOW_WEB, "ports": [{"port": "http"}]}]
    ),
    "one that forbids and one that allows": both(
        policy("deny", {}, policyTypes=["Ingress"]), policy("allow", {"app": "api"}, ingress=[ALLOW_WEB])
    ),
    "a policy for somebody else": policy("deny", {"app": "db"}, policyTypes=["Ingress"]),
    "a policy with a block of addresses": policy(
        "allow", {"app": "api"}, ingress=[{"from": [{"ipBlock": {"cidr": "10.1.0.0/16"}}]}]
    ),
    "a caller that may go out to it and to the DNS": policy("out", {"app": "web"}, egress=[TO_API, TO_DNS]),
    "a proxy with an exception": env(HTTP_PROXY="http://proxy:3128", NO_PROXY="localhost,.svc,api"),
    "a process that listens for everybody": heard((ANYWHERE, 8080), ("127.0.0.1", 9000)),
    "one that listens for everybody by IPv6": heard(("::", 8080)),
    "an old complaint of the DNS": dns_says("[ERROR] plugin/kubernetes: Failed to watch *v1.Service", "11:40:00"),
    "a complaint of the DNS about a name outside": dns_says("[ERROR] plugin/errors: 2 example.org. A: i/o timeout"),
}  # fmt: skip


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_way_holds_at_every_hop(name: str) -> None:
    """And what was not seen breaks nothing."""
    assert walked(HEALTHY[name]) is None


BROKEN: dict[str, tuple[Pen, Hop, str]] = {
    "the node's resolver": (spec_of("web", dnsPolicy="Default"), Hop.RESOLVER, "web"),
    "the node's network": (spec_of("web", hostNetwork=True), Hop.RESOLVER, "web"),
    "a policy that forgot the DNS": (policy("out", {"app": "web"}, egress=[TO_API]), Hop.DNS_POLICY, "out"),
    "no DNS is ready": (unready("coredns-1"), Hop.DNS, "coredns"),
    "the DNS may not read Services": (
        dns_says('[ERROR] plugin/kubernetes: services is forbidden: User "x" cannot list resource'), Hop.DNS, "coredns",
    ),
    "no such Service": (lambda layout: layout.drop("Service", "api"), Hop.SERVICE, "api"),
    "a headless Service translates nothing": (service(clusterIP="None"), Hop.HEADLESS_PORT, "api"),
    "a port that it has not": (called_at(8081), Hop.PORT, "web"),
    "UDP where TCP is spoken": (service_port(protocol="UDP"), Hop.PROTOCOL, "api"),
    "a selector that fits nobody": (service(selector={"app": "apo"}), Hop.PODS, "api"),
    "nobody is ready": (unready("api-1"), Hop.READY, "api"),
    "a target port that nobody declares": (service_port(targetPort=9999), Hop.TARGET_PORT, "api"),
    "a target port's name that nobody gives": (service_port(targetPort="web"), Hop.TARGET_PORT, "api"),
    "a process that listens for itself": (heard(("127.0.0.1", 8080)), Hop.SOCKET, "api"),
    "a process at another port": (heard((ANYWHERE, 8081)), Hop.SOCKET, "api"),
    "a caller that may go nowhere else": (policy("out", {"app": "web"}, egress=[TO_DNS]), Hop.EGRESS, "out"),
    "a policy that lets nobody in": (policy("deny", {}, policyTypes=["Ingress"]), Hop.INGRESS, "deny"),
    "a policy for another port": (
        policy("allow", {"app": "api"}, ingress=[{**ALLOW_WEB, "ports": [{"port": 9090}]}]), Hop.INGRESS, "allow",
    ),
    "a label that the namespace lacks": (
        policy("allow", {"app": "api"}, ingress=[{"from": [FAR]}]), Hop.NAMESPACE_LABEL, SHOP,
    ),
    "a proxy without an exception": (env(HTTP_PROXY="http://proxy:3128"), Hop.PROXY, "web"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_the_walk_stops_at_the_first_broken_hop(name: str) -> None:
    """With what is at fault."""
    pen, hop, about = BROKEN[name]

    found = walked(pen)

    assert found is not None
    assert (found.hop, found.about.name) == (hop, about)
    assert about in found.says


def test_of_two_broken_hops_the_first_is_told() -> None:
    """Whoever mends the second heals nothing."""
    found = walked(both(unready("api-1"), policy("deny", {}, policyTypes=["Ingress"])))

    assert found is not None
    assert found.hop is Hop.READY


def test_one_pod_that_is_reached_is_enough() -> None:
    """The policy that keeps the caller from the other is somebody else's business."""

    def pen(layout: Layout) -> None:
        layout.objects["Pod"].append(labelled_pod("api-2", {"app": "api", "track": "closed"}))
        layout.objects["NetworkPolicy"].append(
            network_policy("deny", {"track": "closed"}, policyTypes=["Ingress"])
        )

    assert walked(pen) is None


def ingress(service_name: str = "api", port: Manifest | None = None, class_name: str = "nginx") -> Manifest:
    """An Ingress with one route."""
    backend = {"service": {"name": service_name, "port": port or {"number": 80}}}
    rule = {"host": "shop.test", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    return {
        "metadata": {"name": "door", "namespace": SHOP},
        "spec": {"ingressClassName": class_name, "rules": [rule]},
    }


ROUTES: dict[str, tuple[Manifest, Pen, Hop | None]] = {
    "all holds": (ingress(), lambda layout: None, None),
    "a port by its name": (ingress(port={"name": "http"}), lambda layout: None, None),
    "classes that nobody may see": (
        ingress(class_name="own"), lambda layout: layout.objects.pop("IngressClass"), None,
    ),
    "a class that nobody serves": (ingress(class_name="own"), lambda layout: None, Hop.ROUTE_CLASS),
    "a Service that is not there": (ingress("shop-api"), lambda layout: None, Hop.SERVICE),
    "a port that it has not": (ingress(port={"number": 8080}), lambda layout: None, Hop.PORT),
    "a port's name that it has not": (ingress(port={"name": "web"}), lambda layout: None, Hop.PORT),
    "a Service without ready pods": (ingress(), unready("api-1"), Hop.READY),
    "a Service that leads to no port": (ingress(), service_port(targetPort=9), Hop.TARGET_PORT),
}  # fmt: skip


@pytest.mark.parametrize("name", ROUTES)
def test_a_route_is_walked_from_its_class_to_the_port_of_a_pod(name: str) -> None:
    """Each route stops at its own first broken hop."""
    door, pen, hop = ROUTES[name]
    layout = Layout()
    pen(layout)

    assert [one.hop for one in broken_routes(layout.index(), door)] == ([hop] if hop else [])
