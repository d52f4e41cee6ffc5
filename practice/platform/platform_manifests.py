"""The manifests of practice/platform/manifests, with this ground's own values filled in.

`cluster/` is what a cluster of the user's own already has: DNS, metrics, NetworkPolicies. `platform/` is applied
everywhere. A value is written @NAME@; one that nobody fills in is a mistake, not an empty string.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from practice.cluster import cluster_layout
from practice.platform.platform_identity import Identity
from practice.practice_errors import PracticeError

FOLDER = Path(__file__).parent / "manifests"
NAMESPACE = "adaptive-learning-production"
VALUE = re.compile(r"@([A-Z_]+)@")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Both are safe; the one written in C, where there is one, saves `up` a second."""
Manifest = dict[str, Any]


@dataclass(frozen=True)
class PlatformAddresses:
    """Service addresses that are known before the Services exist; empty lets the cluster choose."""

    ingress: str = ""
    prometheus: str = ""
    alertmanager: str = ""


LOCAL = PlatformAddresses(ingress="10.79.0.80", prometheus="10.79.0.90", alertmanager="10.79.0.93")


@dataclass(frozen=True)
class PlatformChoices:
    """What differs from one ground to another."""

    addresses: PlatformAddresses
    intake_url: str
    token: str
    volumes: str
    """Folder of a node for the data that outlives its pods."""
    volume_node: str
    """Host name of that node."""


def manifest_values(choices: PlatformChoices, identity: Identity) -> dict[str, str]:
    """Return every value the manifests name."""
    rules = (FOLDER / "platform" / "rules.yaml").read_bytes() + (
        FOLDER / "platform" / "monitoring.yaml"
    ).read_bytes()
    return {
        "DNS_ADDRESS": cluster_layout.CLUSTER_DNS,
        "PODS_RANGE": cluster_layout.PODS_RANGE,
        "INGRESS_ADDRESS": choices.addresses.ingress,
        "PROMETHEUS_ADDRESS": choices.addresses.prometheus,
        "ALERTMANAGER_ADDRESS": choices.addresses.alertmanager,
        "INTAKE_URL": choices.intake_url,
        "INTAKE_TOKEN": choices.token,
        "CONFIGURATION": hashlib.sha256(rules + choices.intake_url.encode()).hexdigest()[:12],
        "VOLUMES": choices.volumes,
        "VOLUME_NODE": choices.volume_node,
        "VOLUME": f"postgres-{identity.password('volume')[:8]}",
        "PLATFORM_PASSWORD": identity.password("platform"),
        "READER_PASSWORD": identity.password("outage_reader"),
        "WRITER_PASSWORD": identity.password("outage_writer"),
        "TLS_CERTIFICATE": identity.encoded(identity.certificate),
        "TLS_KEY": identity.encoded(identity.key),
        "TLS_AUTHORITY": identity.encoded(identity.authority),
    }


def render_manifests(folder: str, filled: Mapping[str, str]) -> list[Manifest]:
    """Return the objects of one folder, namespaces first."""
    documents: list[Manifest] = []
    for path in sorted((FOLDER / folder).glob("*.yaml")):
        documents.extend(
            each for each in yaml.load_all(fill_manifests(path.read_text(), filled), Loader=LOADER) if each
        )
    for document in documents:
        drop_unchosen(document)
    return sorted(documents, key=lambda document: document["kind"] != "Namespace")


def fill_manifests(text: str, filled: Mapping[str, str]) -> str:
    """Put the values in.

    Raises:
        PracticeError: The text names a value that nobody gave.
    """

    def value(match: re.Match[str]) -> str:
        if match[1] not in filled:
            raise PracticeError(
                f"a manifest of the practice platform names the value {match[1]}, which nobody fills in"
            )
        return filled[match[1]]

    return VALUE.sub(value, text)


def drop_unchosen(document: Manifest) -> None:
    """Leave a Service's address to the cluster when none was chosen."""
    if document["kind"] == "Service" and not document["spec"].get("clusterIP"):
        document["spec"].pop("clusterIP", None)


def earlier_releases(documents: list[Manifest]) -> list[Manifest]:
    """Return auth-service and user-service as they were one release ago, so that rollouts have a history."""
    earlier = []
    for document in documents:
        if document["kind"] == "Deployment" and document["metadata"]["name"] in (
            "auth-service",
            "user-service",
        ):
            text = json.dumps(document).replace("service:1.4.2", "service:1.4.1")
            earlier.append(json.loads(text))
    return earlier
