"""Pens that leave pods without a node: requests, selectors, taints, ports, claims; and a node that is down."""

from tests.outage.diagnosis.worlds.shop_snapshot import Ground, condition, meta


def large_request(ground: Ground) -> None:
    """It asks for more memory than a node has."""
    ground.container("auth")["resources"]["requests"]["memory"] = "64Gi"
    ground.roll("auth", unschedulable="0/2 nodes are available: 2 Insufficient memory.")


def node_selector(ground: Ground) -> None:
    """A node selector matches no node."""
    ground.get("Deployment", "auth")["spec"]["template"]["spec"]["nodeSelector"] = {"disk": "gold"}
    text = "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector."
    ground.roll("auth", unschedulable=text)


def anti_affinity(ground: Ground) -> None:
    """Three pods, two nodes, never together."""
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "auth"}}}
    affinity = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    ground.get("Deployment", "auth")["spec"]["template"]["spec"]["affinity"] = affinity
    text = "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules."
    ground.roll("auth", unschedulable=text)


def taints(ground: Ground) -> None:
    """Both nodes were tainted."""
    for name in ("node-1", "node-2"):
        taint = {"key": "special", "value": "yes", "effect": "NoSchedule"}
        ground.touch("Node", name, 3)["spec"]["taints"] = [taint]
    ground.fail(
        "auth", unschedulable="0/2 nodes are available: 2 node(s) had untolerated taint {special: yes}."
    )


def cordons(ground: Ground) -> None:
    """Both nodes were cordoned and the pods were deleted."""
    for name in ("node-1", "node-2"):
        ground.touch("Node", name, 3)["spec"]["unschedulable"] = True
    ground.fail("auth", unschedulable="0/2 nodes are available: 2 node(s) were unschedulable.")


def host_port(ground: Ground) -> None:
    """The new template wants a host port that is taken."""
    ground.container("auth")["ports"][0]["hostPort"] = 80
    text = "0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports."
    ground.roll("auth", unschedulable=text)


def claim_name(ground: Ground) -> None:
    """The template names a claim that is nearly the right one."""
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "auth-dat"}}
    ground.get("Deployment", "auth")["spec"]["template"]["spec"]["volumes"] = [volume]
    claim = {"metadata": meta("auth-data"), "spec": {}, "status": {"phase": "Bound"}}
    ground.put("PersistentVolumeClaim", claim)
    text = '0/2 nodes are available: persistentvolumeclaim "auth-dat" not found.'
    ground.roll("auth", history=False, unschedulable=text)


def storage_class(ground: Ground) -> None:
    """The claim names a class that does not exist."""
    notes = {"storageclass.kubernetes.io/is-default-class": "true"}
    ground.put("StorageClass", {"metadata": meta("plain", None, annotations=notes)})
    spec = {"storageClassName": "fast", "accessModes": ["ReadWriteOnce"]}
    ground.put(
        "PersistentVolumeClaim", {"metadata": meta("auth-data"), "spec": spec, "status": {"phase": "Pending"}}
    )
    text = "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims."
    for one in ground.fail("auth", unschedulable=text):
        one["spec"]["volumes"] = [{"name": "d", "persistentVolumeClaim": {"claimName": "auth-data"}}]
    ground.event("PersistentVolumeClaim", "auth-data", "ProvisioningFailed", 'storageclass "fast" not found')


def node_down(ground: Ground) -> None:
    """A kubelet has stopped."""
    node = ground.get("Node", "node-2")
    node["status"]["conditions"] = [
        condition("Ready", "Unknown", 3, "NodeStatusUnknown", "Kubelet stopped posting")
    ]
