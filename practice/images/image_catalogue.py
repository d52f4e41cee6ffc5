"""Which images there are: names and tags that the manifests and the faults may use.

Good releases: auth-service and user-service have two, so that a rollout has something to go back to. Bad
releases are real images whose program carries a defect: they pull, and then they crash, crawl, fail or leak.
"""

from dataclasses import dataclass
from pathlib import Path

from practice.images.archive import Image

REGISTRY = "docker.io/adaptive"
SERVICE = "/usr/local/bin/service"
NOBODY = "65532"


@dataclass(frozen=True)
class Release:
    """One tag of one program of the platform."""

    name: str
    tag: str
    defect: str = ""
    """What is wrong with it: crash, slow, errors or leak."""


RELEASES = (
    Release("auth-service", "1.4.1"),
    Release("auth-service", "1.4.2"),
    Release("auth-service", "1.5.0", "crash"),
    Release("user-service", "1.4.1"),
    Release("user-service", "1.4.2"),
    Release("user-service", "1.5.0", "slow"),
    Release("scheduler-service", "2.0.3"),
    Release("scheduler-service", "2.1.0", "leak"),
    Release("content-service", "3.1.0"),
    Release("content-service", "3.2.0", "errors"),
    Release("web-app", "5.2.0"),
    Release("maintenance-page", "1.0.0"),
    Release("traffic", "1.0.0"),
    Release("smoke-tests", "1.0.0"),
    Release("postgres-exporter", "1.0.0"),
    Release("redis-exporter", "1.0.0"),
    Release("target-discovery", "1.0.0"),
)
DEBIAN = {
    "postgres:15": ("/usr/local/bin/start-postgres", "970"),
    "redis:7.0": ("/usr/bin/redis-server", "971"),
    "prometheus:2.42": ("/usr/bin/prometheus", "972"),
    "alertmanager:0.25": ("/usr/bin/prometheus-alertmanager", "972"),
}
"""Programs of Debian's packages: image → entry point and user."""
ADDONS = {
    "coredns:1.13.1": "coredns",
    "metrics-server:0.8.0": "metrics-server",
    "kube-state-metrics:2.16.0": "kube-state-metrics",
    "skipper:0.21.0": "skipper",
}
"""Static programs in an otherwise empty image: image → program."""
NETWORK_POLICIES = "kube-network-policies"


def platform_images(debian: Path, service: Path) -> list[Image]:
    """Return the images that stand on the Debian layer and carry our own program."""
    releases = [
        Image(
            f"{REGISTRY}/{release.name}:{release.tag}",
            (debian, service),
            (SERVICE, release.name),
            {"SERVICE_VERSION": release.tag} | ({"SERVICE_FAULT": release.defect} if release.defect else {}),
            NOBODY,
        )
        for release in RELEASES
    ]
    packaged = [
        Image(f"{REGISTRY}/{name}", (debian, service), (program,), user=user)
        for name, (program, user) in DEBIAN.items()
    ]
    return releases + packaged


def addon_images(layers: dict[str, Path], debian: Path) -> list[Image]:
    """Return the cluster's add-ons; the NetworkPolicy agent needs Debian's iptables and nft below it."""
    static = [
        Image(f"{REGISTRY}/{name}", (layers[program],), (f"/usr/local/bin/{program}",), user=NOBODY)
        for name, program in ADDONS.items()
    ]
    agent = Image(
        f"{REGISTRY}/{NETWORK_POLICIES}:0.8.0",
        (debian, layers[NETWORK_POLICIES]),
        (f"/usr/local/bin/{NETWORK_POLICIES}",),
    )
    return [*static, agent]
