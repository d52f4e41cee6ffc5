"""Kubeconfig files: how each component, and a person, finds the API server and proves who it is."""

import base64
from pathlib import Path

import yaml

from practice import places
from practice.cluster import certificates, layout
from practice.cluster.layout import CONTROL, NODES


def write_all() -> None:
    """Write the components' kubeconfigs and the administrator's."""
    for name in ("controllers", "scheduler", "proxy", *(node.name for node in NODES)):
        path = layout.secrets() / f"{name}.kubeconfig"
        write(
            path,
            {"client-certificate-data": encoded(f"{name}.crt"), "client-key-data": encoded(f"{name}.key")},
        )
    write(
        places.kubeconfig(),
        {"client-certificate-data": encoded("admin.crt"), "client-key-data": encoded("admin.key")},
    )


def write(path: Path, user: dict[str, str]) -> None:
    """Write one kubeconfig for the local cluster; the user holds a certificate or a token."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": layout.CONTEXT,
        "clusters": [{"name": layout.CONTEXT, "cluster": cluster()}],
        "users": [{"name": layout.CONTEXT, "user": user}],
        "contexts": [{"name": layout.CONTEXT, "context": context()}],
    }
    certificates.write(path, yaml.safe_dump(content, sort_keys=False).encode())


def cluster() -> dict[str, str]:
    """Say where the API server is and who signed its certificate."""
    server = f"https://{CONTROL.address}:{layout.API_PORT}"
    return {"server": server, "certificate-authority-data": encoded("ca.crt")}


def context() -> dict[str, str]:
    """Join both; the namespace is the one the runbook's smoke test takes for granted."""
    return {"cluster": layout.CONTEXT, "user": layout.CONTEXT, "namespace": layout.DEFAULT_NAMESPACE}


def encoded(name: str) -> str:
    """Return a file of the authority's folder as kubeconfigs embed it."""
    return base64.b64encode((layout.secrets() / name).read_bytes()).decode()
