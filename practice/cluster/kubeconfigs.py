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
    server = f"https://{CONTROL.address}:{cluster_layout.API_PORT}"
    cluster = {"server": server, "certificate-authority-data": base64_encoded("ca.crt")}
    write_context(path, cluster_layout.CONTEXT, cluster, user)


def write_context(path: Path, name: str, cluster: dict[str, str], user: dict[str, str]) -> None:
    """Write a kubeconfig of one context; its namespace is the one the runbook's smoke test takes for granted.

    Args:
        path: Of the file, which only its owner reads.
        name: Of the context, the cluster and the user.
        cluster: Where the API server is and who signed its certificate.
        user: A certificate or a token.
    """
    joined = {"cluster": name, "user": name, "namespace": cluster_layout.DEFAULT_NAMESPACE}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": joined}],
    }
    certificates.write_certificate(path, yaml.safe_dump(content, sort_keys=False).encode())


def base64_encoded(name: str) -> str:
    """Return a file of the authority's folder as kubeconfigs embed it."""
    return base64_of(cluster_layout.secrets_folder() / name)


def base64_of(path: Path) -> str:
    """Return a file as kubeconfigs embed it."""
    return base64.b64encode(path.read_bytes()).decode()
