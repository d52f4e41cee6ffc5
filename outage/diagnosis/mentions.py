"""Where workloads name addresses, and which ConfigMaps and Secrets they read."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from outage.diagnosis.world import World
from outage.objects import ObjectRef, containers, dig, ref
from outage.value import Manifest

ADDRESS_KEY = re.compile(
    r"HOST|URL|URI|ADDR|ENDPOINT|SERVER|SERVICE|BROKER|DSN|UPSTREAM|BACKEND|BOOTSTRAP|TARGET|PEER", re.I
)
"""Names of settings whose bare value may be a host name."""
TOKEN = re.compile(
    r"(?<![\w.@-])([a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9][-a-z0-9]*)*)(?::(\d{2,5}))?(?![\w-])"
)
WITH_USER = re.compile(r"://[^/@\s]*@")


class Mention(NamedTuple):
    """One place where a workload names an address."""

    workload: ObjectRef
    pointer: str
    """JSON pointer into the object that holds the text."""
    holder: ObjectRef
    """The object that holds the text: the workload itself or a ConfigMap."""
    key: str
    text: str
    host: str
    port: int | None


def mentions(world: World, workload: Manifest) -> Iterator[Mention]:
    """Every address that a workload names, in its template and in the ConfigMaps it reads."""
    about, spec = ref(workload), dig(workload, "spec.template.spec", {})
    for group in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(group) or []):
            where = f"/spec/template/spec/{group}/{index}"
            for at, one in enumerate(container.get("env") or []):
                yield from _read_text(
                    about, about, f"{where}/env/{at}/value", one.get("name", ""), one.get("value")
                )
            for name in ("command", "args"):
                for at, text in enumerate(container.get(name) or []):
                    yield from _read_text(about, about, f"{where}/{name}/{at}", "", text)
    for config, keys in configs(world, about, spec):
        for key, text in (config.get("data") or {}).items():
            if keys is None or key in keys:
                pointer = "/data/" + key.replace("~", "~0").replace("/", "~1")
                yield from _read_text(about, ref(config, "ConfigMap"), pointer, key, text)


def configs(world: World, about: ObjectRef, spec: Manifest) -> Iterator[tuple[Manifest, set[str] | None]]:
    """The ConfigMaps a pod template reads, with the keys it reads (None for all)."""
    for kind, name, keys in references(spec):
        if kind == "ConfigMap":
            found = world.get(ObjectRef(kind="ConfigMap", name=name, namespace=about.namespace))
            if found is not None:
                yield found, keys


def references(spec: Manifest) -> Iterator[tuple[str, str, set[str] | None]]:
    """Every ConfigMap and Secret that a pod spec needs: kind, name and the keys (None for all)."""
    for container in containers(spec):
        for source in container.get("envFrom") or []:
            for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
                if field in source and not source[field].get("optional"):
                    yield kind, source[field].get("name", ""), None
        for one in container.get("env") or []:
            for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
                source = dig(one, f"valueFrom.{field}")
                if source and not source.get("optional"):
                    yield kind, source.get("name", ""), {source.get("key", "")}
    for volume in spec.get("volumes") or []:
        yield from _volume_references(volume)


def _volume_references(volume: Manifest) -> Iterator[tuple[str, str, set[str] | None]]:
    for source in [volume, *dig(volume, "projected.sources", [])]:
        config = source.get("configMap") or {}
        secret = source.get("secret") or {}
        for kind, one in (("ConfigMap", config), ("Secret", secret)):
            name = one.get("name") or one.get("secretName")
            if name and not one.get("optional"):
                items = {item.get("key", "") for item in one.get("items") or []}
                yield kind, name, items or None


def _read_text(
    workload: ObjectRef, holder: ObjectRef, pointer: str, key: str, text: object
) -> Iterator[Mention]:
    if not isinstance(text, str) or len(text) > 20_000:
        return
    bare_means_host = bool(ADDRESS_KEY.search(key)) and not re.search(r"\s", text.strip())
    plain = WITH_USER.sub("://", text)
    for found in TOKEN.finditer(plain):
        host, port = found.group(1), found.group(2)
        after_scheme = plain[: found.start()].endswith("://")
        whole = found.group(0) == plain.strip()
        listed = bare_means_host and "," in plain
        named = host.endswith(".svc.cluster.local") or ".svc" in host
        if host.replace(".", "").isdigit() or host == "localhost":
            continue
        if after_scheme or named or (port and not host.isdigit()) or (bare_means_host and (whole or listed)):
            yield Mention(workload, pointer, holder, key, text, host, int(port) if port else None)
