"""The cluster's network: a bridge and four namespaces, joined to the host by one interface.

The bridge stands in the control plane's namespace, not on the host: only what the host itself says or hears passes
the host's firewall, so none of its rules need changing, whatever else it runs.
"""

import ipaddress
import json
from pathlib import Path

from practice.cluster import commands, layout
from practice.cluster.layout import CONTROL, NODES, PLACES, Place
from practice.errors import PracticeError

BRIDGE = "oprac-br"
RANGES = (layout.HOSTS_RANGE, layout.PODS_RANGE, layout.SERVICES_RANGE)


def raise_network() -> None:
    """Make every namespace, interface, address and route that is not there yet.

    Raises:
        PracticeError: The addresses are in use on this machine, or a tool failed.
    """
    refuse_taken_addresses()
    for place in PLACES:
        hold_namespace(place)
    raise_bridge()
    join_host()
    for place in PLACES:
        if place is not CONTROL:
            join(place)


def refuse_taken_addresses() -> None:
    """Say so when the host already reaches one of our ranges another way.

    Raises:
        PracticeError: It does.
    """
    reason = objection(commands.run("ip", "-4", "route", "show", "table", "main"))
    if reason is not None:
        raise PracticeError(reason)


def objection(routes: str) -> str | None:
    """Return why the host's routes stand against ours, or None when they do not.

    The default route holds every address and stands against none: ours are narrower.
    """
    for words in map(str.split, routes.splitlines()):
        target = next(word for word in words if word[0].isdigit() or word == "default")
        device = words[words.index("dev") + 1] if "dev" in words else "nothing"
        if target == "default" or device == layout.HOST_INTERFACE:
            continue
        theirs = ipaddress.ip_network(target, strict=False)
        if any(theirs.overlaps(ipaddress.ip_network(ours)) for ours in RANGES):
            return (
                f"the practice network needs {', '.join(RANGES)}, but {target} is routed to {device} on this machine: "
                "remove that route, or use a cluster of your own with --context"
            )
    return None


def hold_namespace(place: Place) -> None:
    """Make a namespace; a file left without one behind it is replaced."""
    if exists(place):
        return
    commands.attempt("umount", "--lazy", str(place.netns))
    place.netns.unlink(missing_ok=True)
    commands.run("ip", "netns", "add", place.namespace)
    commands.run("ip", "-n", place.namespace, "link", "set", "lo", "up")
    settings = ["net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0"]
    commands.run(*commands.inside(place.namespace, ["sysctl", "-q", "-w", *settings]))


def exists(place: Place) -> bool:
    """Tell whether a kernel namespace is behind the file, which is a file system of its own then."""
    try:
        return place.netns.stat().st_dev != place.netns.parent.stat().st_dev
    except OSError:
        return False


def raise_bridge() -> None:
    """Make the switch between the hosts; the control plane's address sits on it."""
    namespace = CONTROL.namespace
    if BRIDGE not in interfaces(namespace):
        commands.run("ip", "-n", namespace, "link", "add", BRIDGE, "type", "bridge")
    batch(
        namespace,
        f"link set {BRIDGE} up",
        f"addr replace {CONTROL.address}/24 dev {BRIDGE}",
        *routes_to_pods(),
    )


def join_host() -> None:
    """Give the host its one interface and the ways to pods and Services.

    Services are reached through node-1, whose kube-proxy translates and masquerades them.
    """
    if layout.HOST_INTERFACE not in interfaces(None) or "host" not in interfaces(CONTROL.namespace):
        commands.attempt(
            "ip", "link", "del", layout.HOST_INTERFACE
        )  # one end alone is joined to a namespace long gone
        peer = ["peer", "name", "host", "netns", CONTROL.namespace]
        commands.run("ip", "link", "add", layout.HOST_INTERFACE, "type", "veth", *peer)
    batch(CONTROL.namespace, f"link set host master {BRIDGE}", "link set host up")
    batch(
        None,
        f"link set {layout.HOST_INTERFACE} up",
        f"addr replace {layout.HOST_ADDRESS}/24 dev {layout.HOST_INTERFACE}",
        *routes_to_pods(),
        route_to_services(),
    )


def join(place: Place) -> None:
    """Plug a namespace into the bridge; a node gets ways to the other nodes' pods, the shell to everything."""
    port = place.namespace.removeprefix("oprac-")
    if "eth0" not in interfaces(place.namespace) or port not in interfaces(CONTROL.namespace):
        commands.attempt("ip", "-n", place.namespace, "link", "del", "eth0")
        commands.attempt("ip", "-n", CONTROL.namespace, "link", "del", port)
        peer = ["peer", "name", port, "netns", CONTROL.namespace]
        commands.run("ip", "-n", place.namespace, "link", "add", "eth0", "type", "veth", *peer)
    batch(CONTROL.namespace, f"link set {port} master {BRIDGE}", f"link set {port} up")
    # A node needs a way to the Services too: without one the kernel calls a Service without endpoints unreachable
    # before kube-proxy's rule can refuse the connection, and it says so only once a second; callers hang.
    local = f"route replace {layout.SERVICES_RANGE} dev eth0"
    services = [local if place in NODES else route_to_services()]
    batch(
        place.namespace,
        "link set eth0 up",
        f"addr replace {place.address}/24 dev eth0",
        *routes_to_pods(but=place),
        *services,
    )


def routes_to_pods(but: Place | None = None) -> list[str]:
    """Return the static routes to each node's pods, except a node's own."""
    return [f"route replace {node.pods} via {node.address}" for node in NODES if node is not but]


def route_to_services() -> str:
    """Return the route to the ClusterIPs."""
    return f"route replace {layout.SERVICES_RANGE} via {NODES[0].address}"


def interfaces(namespace: str | None) -> set[str]:
    """Return the names of a namespace's interfaces; of the host's for None."""
    where = ["-n", namespace] if namespace else []
    found = json.loads(commands.run("ip", *where, "-j", "link", "show"))
    return {link["ifname"] for link in found}


def batch(namespace: str | None, *lines: str) -> None:
    """Carry out several `ip` commands in one process."""
    where = ["-n", namespace] if namespace else []
    commands.run("ip", *where, "-batch", "-", given="\n".join(lines) + "\n")


def remove_network() -> None:
    """Delete namespaces and the host's interface; whatever is gone already is fine."""
    if layout.HOST_INTERFACE in interfaces(None):
        commands.attempt("ip", "link", "del", layout.HOST_INTERFACE)
    for place in PLACES:
        if Path(place.netns).exists():
            commands.attempt("umount", "--lazy", str(place.netns))
            place.netns.unlink(missing_ok=True)
