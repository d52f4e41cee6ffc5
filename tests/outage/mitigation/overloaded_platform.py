"""The shop with what a relief needs: a blue-green pair, a page, pods that are busy, and what is offered for it."""

from collections.abc import Callable
from typing import Any

from outage.diagnosis.hypothesis import Action, Mitigation, Risk
from outage.mitigation import mitigations
from outage.platforms.platform import Endpoint, Ingress, Platform, Slots
from outage.snapshots.case import Case
from outage.snapshots.snapshot import DatabaseView, Probe, Rates, Usage
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_objects import (
    CALLS,
    SHOP,
    condition,
    deployment_of,
    meta,
    pod,
    pod_template,
    replica_set,
    service,
    unready,
)
from tests.outage.diagnosis.worlds.shop_snapshot import Ground
from tests.outage.diagnosis.worlds.shop_snapshot import platform as shop

URLS = {name: f"https://api.shop.test/{name}/health" for name in ("auth", "user", "scheduler", "content")}
Break = Callable[[Ground], None]


def platform() -> Platform:
    """The shop with a blue-green pair, user-facing endpoints and a maintenance page."""
    return shop().model_copy(
        update={
            "slots": (Slots(service="auth", slots={"blue": "deployment/auth", "green": "deployment/green"}),),
            "endpoints": tuple(Endpoint(url=url, service=name) for name, url in URLS.items()),
            "ingress": Ingress(name="shop-ingress", maintenance_service="sorry"),
        }
    )


def seen(ground: Ground, of: Platform | None = None) -> tuple[Mitigation, ...]:
    """What is offered for the ground as it is."""
    of, picture = of or platform(), ground.snapshot()
    return mitigations(diagnose(picture, of), Case(snapshot=picture, platform=of))


def offered(ground: Ground, action: Action, target: str, of: Platform | None = None) -> Mitigation | None:
    """The relief that does this to that object, or None."""
    return next((one for one in seen(ground, of) if written(one) == (action, target)), None)


def written(relief: Mitigation) -> tuple[Action, str]:
    """What the only change of a relief does to which object."""
    (change,) = relief.repair.changes
    return change.action, f"{change.target.kind}/{change.target.name}"


def patch_of(relief: Mitigation | None) -> list[dict[str, Any]]:
    """The patch of the only change."""
    assert relief is not None
    return list(relief.repair.changes[0].patch)


def risk_of(relief: Mitigation) -> Risk:
    """The risk of the only change."""
    return relief.repair.changes[0].risk


def shows(ground: Ground, **more: Any) -> None:
    """Add to what the picture holds beside objects."""
    ground.extra.update(more)


def nothing(_: Ground) -> None:
    """Change nothing."""


def pair(ground: Ground, hung: bool = False) -> Ground:
    """Make auth the blue slot (hung or well) and stand a ready green one beside it."""
    if hung:
        ground.fail("auth")
    blue = {"deployment-slot": "blue"}
    ground.get("Deployment", "auth")["spec"]["template"]["metadata"]["labels"].update(blue)
    ground.get("ReplicaSet", "auth-aaa")["spec"]["template"]["metadata"]["labels"].update(blue)
    for one in ground.pods("auth"):
        one["metadata"]["labels"].update(blue)
    ground.get("Service", "auth")["spec"]["selector"] |= blue
    template = pod_template("auth", CALLS["auth"])
    template["metadata"]["labels"]["deployment-slot"] = "green"
    template["spec"]["containers"][0]["image"] = "shop/auth:0.9"
    green = ground.put("Deployment", deployment_of("green", template, 1))
    ground.put("ReplicaSet", replica_set(green, "aaa", 1, template))
    ground.put("Pod", pod(green, "aaa", 0, template))
    return ground


def hung(ground: Ground) -> None:
    """The pods of user run, and no longer become ready."""
    ground.fail("user")


def hot(ground: Ground, cores: float = 0.099, limit: str | None = "100m") -> None:
    """The pods of auth use all of their CPU, and their users wait and fail."""
    templates = [ground.get("Deployment", "auth")["spec"]["template"]["spec"]]
    templates += [ground.get("ReplicaSet", "auth-aaa")["spec"]["template"]["spec"]]
    for spec in [*templates, *(one["spec"] for one in ground.pods("auth"))]:
        spec["containers"][0]["resources"]["requests"]["cpu"] = "100m"
        if limit:
            spec["containers"][0]["resources"]["limits"]["cpu"] = limit
    names = [one["metadata"]["name"] for one in ground.pods("auth")]
    usage = [Usage(kind="Pod", name=n, namespace=SHOP, cpu_cores=cores, memory_bytes=1) for n in names]
    rates = Rates(service="auth", error_ratio=0.1, latency_seconds=3.0, latency_seconds_before=0.1)
    view = DatabaseView(name="shop", latency_seconds=0.01, max_connections=100, connections=20)
    shows(ground, usage=tuple(usage), rates=(rates,), database=view)


def autoscaled(ground: Ground, most: int = 2, now: int = 2, active: str = "True") -> None:
    """An autoscaler owns auth."""
    target = {"kind": "Deployment", "name": "auth"}
    status = {
        "currentReplicas": now,
        "conditions": [
            condition("ScalingActive", active, 60, "ValidMetricFound"),
            condition("ScalingLimited", "True", 5, "TooManyReplicas"),
        ],
    }
    spec = {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": most}
    ground.put("HorizontalPodAutoscaler", {"metadata": meta("auth-hpa"), "spec": spec, "status": status})


def lost(ground: Ground, minutes: float = 2) -> Ground:
    """The node node-2 fell silent; the pods on it are not ready any more."""
    state = condition(
        "Ready", "Unknown", minutes, "NodeStatusUnknown", "Kubelet stopped posting node status."
    )
    ground.get("Node", "node-2")["status"]["conditions"] = [state]
    for name in ("auth", "user", "scheduler", "content"):
        unready(ground.pods(name)[1], minutes)
        ground.get("Deployment", name)["status"].update(readyReplicas=1, availableReplicas=1)
    return ground


def page(ground: Ground, ready: int = 1, port: str = "http") -> None:
    """Stand a maintenance page ready."""
    ground.put("Service", service("sorry", 8080))["spec"]["ports"][0]["name"] = port
    ground.endpoints("sorry", ready)


def probes(failing: tuple[str, ...], status: int | None = 503) -> tuple[Probe, ...]:
    """What users get, by service."""
    return tuple(
        Probe(url=url, service=name, status=status if name in failing else 200, seconds=0.1)
        for name, url in URLS.items()
    )


def all_down(ground: Ground, status: int | None = 503) -> Ground:
    """No user is answered."""
    page(ground)
    shows(ground, probes=probes(tuple(URLS), status))
    return ground
