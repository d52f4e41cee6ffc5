"""The cluster's network: a bridge and four namespaces, joined to the host by one interface.

The bridge stands in the control plane's namespace, not on the host: only what the host itself says or hears passes
the host's firewall, so none of its rules need changing, whatever else it runs.
"""

import ipaddress
import json
from pathlib import Path

from practice.cluster import cluster_layout
from practice.cluster.cluster_layout import CONTROL, NODES, PLACES, Place
from practice.host import host_commands
from practice.practice_errors import PracticeError

BRIDGE = "oprac-br"
RANGES = (cluster_layout.HOSTS_RANGE, cluster_layout.PODS_RANGE, cluster_layout.SERVICES_RANGE)


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
            join_network(place)


def refuse_taken_addresses() -> None:
    """Say so when the host already reaches one of our ranges another way.

    Raises:
        PracticeError: It does.
    """
    reason = network_objection(host_commands.run_command("ip", "-4", "route", "show", "table", "main"))
    if reason is not None:
        raise PracticeError(reason)


def network_objection(routes: str) -> str | None:
    """Return why the host's routes stand against ours, or None when they do not.

    The default route holds every address and stands against none: ours are narrower.
    """
    for words in map(str.split, routes.splitlines()):
        target = next(word for word in words if word[0].isdigit() or word == "default")
        device = words[words.index("dev") + 1] if "dev" in words else "nothing"
        if target == "default" or device == cluster_layout.HOST_INTERFACE:
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
    if network_exists(place):
        return
    host_commands.attempt_command("umount", "--lazy", str(place.netns))
    place.netns.unlink(missing_ok=True)
    host_commands.run_command("ip", "netns", "add", place.namespace)
    host_commands.run_command("ip", "-n", place.namespace, "link", "set", "lo", "up")
    settings = ["net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0"]
    host_commands.run_command(*host_commands.run_inside(place.namespace, ["sysctl", "-q", "-w", *settings]))


def network_exists(place: Place) -> bool:
    """Tell whether a kernel namespace is behind the file, which is a file system of its own then."""
    try:
        return place.netns.stat().st_dev != place.netns.parent.stat().st_dev
    except OSError:
        return False


def raise_bridge() -> None:
    """Make the switch between the hosts; the control plane's address sits on it."""
    namespace = CONTROL.namespace
    if BRIDGE not in interface_names(namespace):
        host_commands.run_command("ip", "-n", namespace, "link", "add", BRIDGE, "type", "bridge")
    ip_batch(
        namespace,
        f"link set {BRIDGE} up",
        f"addr replace {CONTROL.address}/24 dev {BRIDGE}",
        *routes_to_pods(),
    )


def join_host() -> None:
    """Give the host its one interface and the ways to pods and Services.

    Services are reached through node-1, whose kube-proxy translates and masquerades them.
    """
    if cluster_layout.HOST_INTERFACE not in interface_names(None) or "host" not in interface_names(
        CONTROL.namespace
    ):
        host_commands.attempt_command(
            "ip", "link", "del", cluster_layout.HOST_INTERFACE
        )  # one end alone is joined to a namespace long gone
        peer = ["peer", "name", "host", "netns", CONTROL.namespace]
        host_commands.run_command("ip", "link", "add", cluster_layout.HOST_INTERFACE, "type", "veth", *peer)
    ip_batch(CONTROL.namespace, f"link set host master {BRIDGE}", "link set host up")
    ip_batch(
        None,
        f"link set {cluster_layout.HOST_INTERFACE} up",
        f"addr replace {cluster_layout.HOST_ADDRESS}/24 dev {cluster_layout.HOST_INTERFACE}",
        *routes_to_pods(),
        route_to_services(),
    )


def join_network(place: Place) -> None:
    """Plug a namespace into the bridge; a node gets ways to the other nodes' pods, the shell to everything."""
    port = place.namespace.removeprefix("oprac-")
    if "eth0" not in interface_names(place.namespace) or port not in interface_names(CONTROL.namespace):
        host_commands.attempt_command("ip", "-n", place.namespace, "link", "del", "eth0")
        host_commands.attempt_command("ip", "-n", CONTROL.namespace, "link", "del", port)
        peer = ["peer", "name", port, "netns", CONTROL.namespace]
        host_commands.run_command("ip", "-n", place.namespace, "link", "add", "eth0", "type", "veth", *peer)
    ip_batch(CONTROL.namespace, f"link set {port} master {BRIDGE}", f"link set {port} up")
    # A node needs a way to the Services too: without one the kernel calls a Service without endpoints unreachable
    # before kube-proxy's rule can refuse the connection, and it says so only once a second; callers hang.
    local = f"route replace {cluster_layout.SERVICES_RANGE} dev eth0"
    services = [local if place in NODES else route_to_services()]
    ip_batch(
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
    return f"route replace {cluster_layout.SERVICES_RANGE} via {NODES[0].address}"


def interface_names(namespace: str | None) -> set[str]:
    """Return the names of a namespace's interfaces; of the host's for None."""
    where = ["-n", namespace] if namespace else []
    found = json.loads(host_commands.run_command("ip", *where, "-j", "link", "show"))
    return {link["ifname"] for link in found}


def ip_batch(namespace: str | None, *lines: str) -> None:
    """Carry out several `ip` commands in one process."""
    where = ["-n", namespace] if namespace else []
    host_commands.run_command("ip", *where, "-batch", "-", given="\n".join(lines) + "\n")


def remove_network() -> None:
    """Delete namespaces and the host's interface; whatever is gone already is fine."""
    if cluster_layout.HOST_INTERFACE in interface_names(None):
        host_commands.attempt_command("ip", "link", "del", cluster_layout.HOST_INTERFACE)
    for place in PLACES:
        if Path(place.netns).exists():
            host_commands.attempt_command("umount", "--lazy", str(place.netns))
            place.netns.unlink(missing_ok=True)
