"""How programs outside the cluster find the platform: names, addresses, the authority, identities."""

import os
from pathlib import Path
from typing import Any

import yaml

from blocks.settings import HERE, SHIPPED
from practice import places
from practice.cluster import kubeconfigs
from practice.cluster.certificates import write_certificate as write_private
from practice.platform.kubectl import QUICKLY, Kubectl
from practice.platform.platform_identity import Identity
from practice.platform.platform_manifests import LOCAL, Manifest

PUBLIC_NAMES = tuple(
    f"{name}.adaptivelearning.com" for name in ("api", "app", "prometheus", "monitoring", "alertmanager")
)
PLATFORM_FILE = HERE / "practice" / "platform.yaml"
RIGHTS = SHIPPED / "deploy" / "rbac"
SYSTEM_NAMESPACE = "outage-system"
QUERIES = {
    "error_ratio": "namespace_service:ingress_error_ratio",
    "latency": "namespace_service:latency_p95_seconds",
    "requests": "namespace_service:ingress_requests:rate20s",
}
"""The platform file's questions to Prometheus, in this platform's own metrics."""


def write_access(kubeconfig: Path, context: str) -> str:
    """Write everything into the state folder; return what is missing, empty when nothing is."""
    write_names(LOCAL.ingress)
    write_platform(LOCAL.ingress)
    return write_identities(Kubectl(kubeconfig, context))


def write_names(ingress: str) -> None:
    """Write the public names and the authority of their certificate."""
    places.practice_home().mkdir(parents=True, exist_ok=True)
    replace_access_file(places.public_hosts(), f"{ingress} {' '.join(PUBLIC_NAMES)}\n")
    identity = Identity(places.practice_home() / "platform").make()
    replace_access_file(places.public_authority(), identity.authority.read_text())


def write_platform(ingress: str) -> None:
    """Copy the platform file, with what only this ground knows."""
    content: dict[str, Any] = yaml.safe_load(PLATFORM_FILE.read_text())
    content["resolve"] = dict.fromkeys(PUBLIC_NAMES, ingress)
    content["ca_file"] = str(places.public_authority())
    monitoring = content.setdefault("monitoring", {})
    for name, query in QUERIES.items():
        monitoring[name] = monitoring.get(name) or query
    if smoke := content.get("smoke"):
        smoke["manifest"] = str((PLATFORM_FILE.parent / smoke["manifest"]).resolve())
    replace_access_file(places.practice_home() / "platform.yaml", yaml.safe_dump(content, sort_keys=False))


def write_identities(kubectl: Kubectl) -> str:
    """Apply the responder's rights and write a kubeconfig for each of its two identities."""
    if not RIGHTS.is_dir():
        return "deploy/rbac is missing: the responder has no identities of its own yet"
    kubectl.run("apply", *QUICKLY, "-f", str(RIGHTS))
    for name in ("reader", "writer"):
        account = f"outage-{name}"
        words = ("create", "token", account, "-n", SYSTEM_NAMESPACE, "--duration=8760h")
        token = kubectl.run(*words).strip()
        kubeconfigs.write_kubeconfig(places.practice_home() / f"{name}.kubeconfig", {"token": token})
    return ""


def identity_rights() -> list[Manifest]:
    """Return the objects that give the responder its rights."""
    return [
        document
        for path in sorted(RIGHTS.glob("*.yaml"))
        for document in yaml.safe_load_all(path.read_text())
        if document
    ]


def replace_access_file(path: Path, text: str) -> None:
    """Write a file that everybody may read, whole or not at all; one that says so already stays as old as it is.

    The runner makes every deployment known anew when a platform file was changed, and each drill comes by here.
    """
    if not path.exists() or path.read_text() != text:
        write_private(path, text.encode())
    os.chmod(path, 0o644)
