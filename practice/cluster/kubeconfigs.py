"""Kubeconfig files: how each component, and a person, finds the API server and proves who it is."""

import base64
from pathlib import Path

import yaml

from practice import places
from practice.cluster import certificates, cluster_layout
from practice.cluster.cluster_layout import CONTROL, NODES


def write_all() -> None:
    """Write the components' kubeconfigs and the administrator's."""
    for name in ("controllers", "scheduler", "proxy", *(node.name for node in NODES)):
        path = cluster_layout.secrets_folder() / f"{name}.kubeconfig"
        write_kubeconfig(
            path,
            {
                "client-certificate-data": base64_encoded(f"{name}.crt"),
                "client-key-data": base64_encoded(f"{name}.key"),
            },
        )
    write_kubeconfig(
        places.practice_kubeconfig(),
        {
            "client-certificate-data": base64_encoded("admin.crt"),
            "client-key-data": base64_encoded("admin.key"),
        },
    )


def write_kubeconfig(path: Path, user: dict[str, str]) -> None:
    """Write one kubeconfig for the local cluster; the user holds a certificate or a token."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": cluster_layout.CONTEXT,
        "clusters": [{"name": cluster_layout.CONTEXT, "cluster": kubeconfig_cluster()}],
        "users": [{"name": cluster_layout.CONTEXT, "user": user}],
        "contexts": [{"name": cluster_layout.CONTEXT, "context": kubeconfig_context()}],
    }
    certificates.write_certificate(path, yaml.safe_dump(content, sort_keys=False).encode())


def kubeconfig_cluster() -> dict[str, str]:
    """Say where the API server is and who signed its certificate."""
    server = f"https://{CONTROL.address}:{cluster_layout.API_PORT}"
    return {"server": server, "certificate-authority-data": base64_encoded("ca.crt")}


def kubeconfig_context() -> dict[str, str]:
    """Join both; the namespace is the one the runbook's smoke test takes for granted."""
    return {
        "cluster": cluster_layout.CONTEXT,
        "user": cluster_layout.CONTEXT,
        "namespace": cluster_layout.DEFAULT_NAMESPACE,
    }


def base64_encoded(name: str) -> str:
    """Return a file of the authority's folder as kubeconfigs embed it."""
    return base64.b64encode((cluster_layout.secrets_folder() / name).read_bytes()).decode()
