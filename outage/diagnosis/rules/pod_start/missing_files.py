"""Files that a container misses and that a ConfigMap or Secret should give it: a key that has another name."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from outage.diagnosis.edges.last_words import last_words
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.known_good.troubled_workloads import Troubled
from outage.diagnosis.rules.pod_start.crash_words import failing_container
from outage.kubernetes.objects import ObjectRef, dig
from outage.value import Manifest

NOT_THERE = re.compile(
    r"no such file|cannot (?:be )?f(?:ind|ound)|could not (?:find|be found|open|read|load)|not found|ENOENT"
    r"|does(?: not|n't) exist|FileNotFound|NoSuchFile|unable to (?:open|read|load)|failed to (?:open|read|load)",
    re.I,
)
ABSOLUTE = re.compile(r"/(?:[\w.-]+/)*[\w.-]*\w")


class MissingKey(NamedTuple):
    """A key that a container reads as a file and that its source lacks."""

    kind: str
    name: str
    key: str


def missing_file_keys(one: Troubled) -> Iterator[MissingKey]:
    """Keys of ConfigMaps and Secrets that failing containers name as files and miss."""
    for pod in one.pods[:1] if one.trouble(Sign.POD_CRASH_LOOP, Sign.POD_NOT_STARTED) else ():
        container = failing_container(pod)
        line = last_words(one.index, pod, container)
        for path in dict.fromkeys(ABSOLUTE.findall(line)) if NOT_THERE.search(line) else ():
            yield from _mounted_at(one, container, path)


def _mounted_at(one: Troubled, container: str | None, path: str) -> Iterator[MissingKey]:
    spec = dig(one.workload, "spec.template.spec", {})
    volumes = {volume.get("name"): volume for volume in spec.get("volumes") or []}
    for each in (*(spec.get("initContainers") or []), *(spec.get("containers") or [])):
        for mount in each.get("volumeMounts") or [] if container in (None, each.get("name")) else ():
            place, _, key = path.rpartition("/")
            if str(mount.get("mountPath", "")).rstrip("/") == place and not mount.get("subPath"):
                yield from _lacking(one, volumes.get(mount.get("name")) or {}, key)


def _lacking(one: Troubled, volume: Manifest, key: str) -> Iterator[MissingKey]:
    """The whole object is mounted, it was seen, and it has no such key."""
    for kind, field, named in (("ConfigMap", "configMap", "name"), ("Secret", "secret", "secretName")):
        source = volume.get(field) or {}
        live = one.index.get(
            ObjectRef(kind=kind, name=source.get(named) or "?", namespace=one.about.namespace)
        )
        if live is not None and not source.get("items") and key not in _keys(live):
            yield MissingKey(kind, source[named], key)


def _keys(live: Manifest) -> set[str]:
    return {*(live.get("data") or {}), *(live.get("binaryData") or {})}
