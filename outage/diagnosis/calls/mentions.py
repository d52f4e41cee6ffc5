"""Where workloads name addresses, and which ConfigMaps and Secrets they read."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from outage.kubernetes.objects import ObjectRef, containers_of, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

ADDRESS_KEY = re.compile(
    r"HOST|URL|URI|ADDR|ENDPOINT|SERVER|SERVICE|BROKER|DSN|UPSTREAM|BACKEND|BOOTSTRAP|TARGET|PEER", re.I
)
"""Names of settings whose bare value may be a host name."""
HOST_KEY = re.compile(r"(?:HOST|HOST_?NAME|ADDR|ADDRESS|URL|URI|ENDPOINT)$", re.I)
"""Names of settings whose bare value can hardly be anything else."""
IMAGE_KEY = re.compile(r"IMAGES?\W*$", re.I)
"""Names of settings that name a program to run: `node:20` is no host."""
TOKEN = re.compile(
    r"(?<![\w.@-])([a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9][-a-z0-9]*)*)(?::(\d{2,5})(?!\.?\d))?(?![\w-])"
)
WITH_USER = re.compile(r"://[^/@\s]*@")


APART = re.compile(
    r"(?<![\w.-])(?P<of>[\w.-]*?)(?:host|hostname|host_name|address|addr|server)[\"']?[ \t]*[:=][ \t]*[\"']?"
    r"(?P<host>[a-z](?:[-a-z0-9.]*[a-z0-9])?)[\"']?,?[ \t]*(?:\r?\n[ \t]*)?"
    r"[\"']?(?P=of)port(?:_value)?[\"']?[ \t]*[:=][ \t]*[\"']?(?P<port>\d{2,5})(?!\w)",
    re.I,
)
"""Host and port as two settings of one thing, one after the other: YAML, JSON and INI of proxies and clients."""


class ConfigReference(NamedTuple):
    """One ConfigMap or Secret that a pod spec needs."""

    kind: str
    name: str
    keys: set[str] | None
    """The keys that it reads; None for all of them."""


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
    sure: bool = True
    """Whether its spelling or the name of its setting say that it is an address: `info:10` may be anything."""
    whole: bool = False
    """Whether it stands in a ConfigMap that is taken whole: others may take it too, and the workload may not call."""

    spot: str = ""
    """Where host and port are two settings: both, as they are written."""

    def with_port(self, port: int) -> str | None:
        """The text with this port in place of its own; None where that is not told for sure."""
        if not self.spot:
            wanted = self.text.replace(f":{self.port}", f":{port}", 1)
        else:
            whole = self.spot.rpartition(str(self.port))
            wanted = self.text.replace(self.spot, f"{whole[0]}{port}{whole[2]}", 1)
        return wanted if wanted != self.text else None

    @property
    def where(self) -> str:
        """`env DATABASE_URL`, `its arguments`, `configmap/app-config key upstream.conf`."""
        if self.holder != self.workload:
            return f"configmap/{self.holder.name} key {self.key}"
        return f"env {self.key}" if self.key else "its arguments"


def address_mentions(index: CaseIndex, workload: Manifest) -> Iterator[Mention]:
    """Every address that a workload names, in its template and in the ConfigMaps it reads."""
    about, spec = object_ref(workload), dig(workload, "spec.template.spec", {})
    for group in ("initContainers", "containers"):
        for number, container in enumerate(spec.get(group) or []):
            where = f"/spec/template/spec/{group}/{number}"
            for at, one in enumerate(container.get("env") or []):
                yield from _read_text(
                    about, about, f"{where}/env/{at}/value", one.get("name", ""), one.get("value")
                )
            for name in ("command", "args"):
                for at, text in enumerate(container.get(name) or []):
                    yield from _read_text(about, about, f"{where}/{name}/{at}", "", text)
    for config, keys in configs_read(index, about, spec):
        for key, text in (config.get("data") or {}).items():
            if keys is None or key in keys:
                pointer = "/data/" + key.replace("~", "~0").replace("/", "~1")
                holder, whole = object_ref(config, "ConfigMap"), keys is None
                yield from (
                    one._replace(whole=whole) for one in _read_text(about, holder, pointer, key, text)
                )


def configs_read(
    index: CaseIndex, about: ObjectRef, spec: Manifest
) -> Iterator[tuple[Manifest, set[str] | None]]:
    """The ConfigMaps a pod template reads, with the keys it reads (None for all)."""
    for read in config_references(spec):
        if read.kind == "ConfigMap":
            found = index.get(ObjectRef(kind="ConfigMap", name=read.name, namespace=about.namespace))
            if found is not None:
                yield found, read.keys


def config_references(spec: Manifest) -> Iterator[ConfigReference]:
    """Every ConfigMap and Secret that a pod spec needs, once for each place; what is optional is left out."""
    for container in containers_of(spec):
        for source in container.get("envFrom") or []:
            for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
                if field in source and not source[field].get("optional"):
                    yield ConfigReference(kind, source[field].get("name", ""), None)
        for one in container.get("env") or []:
            for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
                source = dig(one, f"valueFrom.{field}")
                if source and not source.get("optional"):
                    yield ConfigReference(kind, source.get("name", ""), {source.get("key", "")})
    for volume in spec.get("volumes") or []:
        yield from _volume_references(volume)


def _volume_references(volume: Manifest) -> Iterator[ConfigReference]:
    for source in [volume, *dig(volume, "projected.sources", [])]:
        config = source.get("configMap") or {}
        secret = source.get("secret") or {}
        for kind, one in (("ConfigMap", config), ("Secret", secret)):
            name = one.get("name") or one.get("secretName")
            if name and not one.get("optional"):
                items = {item.get("key", "") for item in one.get("items") or []}
                yield ConfigReference(kind, name, items or None)


def _read_text(
    workload: ObjectRef, holder: ObjectRef, pointer: str, key: str, text: object
) -> Iterator[Mention]:
    if not isinstance(text, str) or len(text) > 20_000:
        return
    if IMAGE_KEY.search(key):
        return
    yield from _read_apart(workload, holder, pointer, key, text)
    bare_means_host = bool(ADDRESS_KEY.search(key)) and not re.search(r"\s", text.strip())
    plain = WITH_USER.sub("://", text)
    for found in TOKEN.finditer(plain):
        host, port, before = found.group(1), found.group(2), plain[max(0, found.start() - 80) : found.start()]
        if host.replace(".", "").isdigit() or host == "localhost":
            continue
        if before.endswith("/") and not before.endswith("//"):  # a step of a path, as in `library/node:20`
            continue
        spelt, label = before.endswith("://") or ".svc" in host, _label(before)
        bare = bare_means_host and (found.group(0) == plain.strip() or "," in plain)
        if spelt or bare or (port and not host.isdigit() and not IMAGE_KEY.search(label)):
            telling = ADDRESS_KEY if port else HOST_KEY
            sure = spelt or bool(telling.search(key) or (port and telling.search(label)))
            yield Mention(workload, pointer, holder, key, text, host, int(port) if port else None, sure)


def _read_apart(
    workload: ObjectRef, holder: ObjectRef, pointer: str, key: str, text: str
) -> Iterator[Mention]:
    for found in APART.finditer(text):
        host, port = found.group("host"), int(found.group("port"))
        if host != "localhost":
            yield Mention(workload, pointer, holder, key, text, host, port, spot=found.group(0))


def _label(before: str) -> str:
    """The name that stands before a value within a text, as in `--redis-addr=` or `server: `."""
    line = before.rsplit("\n", 1)[-1]
    *_, last = words = re.split(r"[\s,;{]+", line)
    return last if re.search(r"\w[=:]$", last) else "".join(words[-2:])  # `--log=` says itself what it is


def in_hosts_file(spec: Manifest, host: str) -> bool:
    """Whether the pod template itself says what a name means: then no Service does."""
    return any(host in (one.get("hostnames") or []) for one in spec.get("hostAliases") or [])


def searched_elsewhere(spec: Manifest, host: str, namespace: str) -> bool:
    """Whether a pod may find a short name that is no Service, by a search domain outside the cluster."""
    own = (f"{namespace}.svc", "svc.", "cluster.")
    others = [one for one in dig(spec, "dnsConfig.searches", []) if not one.startswith(own)]
    return "." not in host and (bool(others) or spec.get("dnsPolicy") == "Default")
