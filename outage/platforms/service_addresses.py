"""Addresses of Services in a workload's configuration: its environment, arguments and ConfigMaps."""

import re
from collections.abc import Iterator

from outage.kubernetes.objects import containers_of, dig
from outage.snapshots.snapshot import Snapshot
from outage.value import Manifest, Value

ADDRESS_NAME = re.compile(
    r"host|addr|url|uri|dsn|endpoint|server|service|upstream|broker|target|backend", re.IGNORECASE
)
"""Names of settings whose value may be a bare host name."""
TEXT_CHARACTERS = 64 * 1024


class ServiceAddress(Value):
    """One address found in a configuration."""

    service: str
    port: int | None = None
    where: str
    """`env DATABASE_URL`, `configmap/app-config key upstream.conf`."""
    config_map: str = ""
    """The ConfigMap that is taken whole, when it stands in one: others may take it too without calling."""


def service_addresses(
    snapshot: Snapshot, namespace: str, workload: Manifest, services: frozenset[str]
) -> Iterator[ServiceAddress]:
    """Every Service of the namespace that the workload's configuration names as an address."""
    if not services:
        return
    names = "|".join(sorted((re.escape(one) for one in services), key=len, reverse=True))
    pattern = re.compile(
        rf"(?P<before>://|@|^|[\s,;=\"'(\[])(?P<name>{names})"
        rf"(?P<domain>\.{re.escape(namespace)}(?:\.svc(?:\.[\w.-]+?)?)?)?(?::(?P<port>\d{{2,5}}))?(?=$|[\s/,;\"')\]?}}])"
    )
    seen: set[str] = set()
    ordered = sorted(configuration_texts(snapshot, namespace, workload), key=lambda one: bool(one[3]))
    for where, key, text, config_map in ordered:
        for found in pattern.finditer(text[:TEXT_CHARACTERS]):
            sure = found["domain"] or found["port"] or found["before"] in ("://", "@")
            alone = text.strip() == found["name"] and ADDRESS_NAME.search(key)
            if (sure or alone) and found["name"] not in seen:
                seen.add(found["name"])
                port = int(found["port"]) if found["port"] else None
                yield ServiceAddress(service=found["name"], port=port, where=where, config_map=config_map)


Text = tuple[str, str, str, str]
"""Where it stands, under which name, what it says, and the ConfigMap that is taken whole."""


def configuration_texts(snapshot: Snapshot, namespace: str, workload: Manifest) -> Iterator[Text]:
    """Everything that configures the workload's containers."""
    spec = dig(workload, "spec.template.spec", {})
    for container in containers_of(spec):
        for one in container.get("env") or []:
            key = str(one.get("name", ""))
            if isinstance(one.get("value"), str):
                yield f"env {key}", key, one["value"], ""
            reference = dig(one, "valueFrom.configMapKeyRef", {})
            if reference:
                text = _value(snapshot, namespace, reference.get("name", ""), reference.get("key", ""))
                yield f"env {key} from configmap/{reference.get('name')}", key, text, ""
        for word in [*(container.get("command") or []), *(container.get("args") or [])]:
            yield "its arguments", "", str(word), ""
        for source in container.get("envFrom") or []:
            yield from _whole(snapshot, namespace, dig(source, "configMapRef.name", ""))
    for volume in spec.get("volumes") or []:
        yield from _whole(snapshot, namespace, dig(volume, "configMap.name", ""))


def _value(snapshot: Snapshot, namespace: str, name: str, key: str) -> str:
    found = snapshot.get("ConfigMap", namespace, name) or {}
    return str((found.get("data") or {}).get(key, ""))


def _whole(snapshot: Snapshot, namespace: str, name: str) -> Iterator[Text]:
    found = (snapshot.get("ConfigMap", namespace, name) or {}) if name else {}
    for key, text in (found.get("data") or {}).items():
        yield f"configmap/{name} key {key}", key, str(text), name
