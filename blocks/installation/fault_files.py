"""The catalogue of faults as files: what is broken in a drill, one file each, named like the fault.

A target is written `Kind/name`, in the platform's namespace unless `in NAMESPACE` follows; cluster-wide kinds
have none.
"""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from outage.errors import FileError, cut
from outage.incidents.fault import Fault
from outage.value import Manifest

NAMESPACE = "adaptive-learning-production"
CLUSTER_WIDE = frozenset(
    {
        "Node",
        "Namespace",
        "PersistentVolume",
        "StorageClass",
        "PriorityClass",
        "ValidatingWebhookConfiguration",
        "MutatingWebhookConfiguration",
    }
)


def read_faults(folder: Path) -> tuple[Fault, ...]:
    """Every fault that can be practised: `bad-image` first, the others by name."""
    faults = [read_fault(path) for path in sorted(folder.glob("*.yaml"))]
    return tuple(sorted(faults, key=lambda fault: (fault.name != "bad-image", fault.name)))


def read_fault(path: Path) -> Fault:
    """Read one fault; its name is the file's.

    Raises:
        FileError: There is no such file, or it is not a fault. Permanent.
    """
    try:
        body: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        for blow in (*body["blows"], *body.get("mends", ())):
            blow["target"] = fault_reference(blow["target"])
            if blow.get("manifest"):
                blow["manifest"] = _placed(blow["manifest"], blow["target"])
        if body["expected"].get("about"):
            body["expected"]["about"] = fault_reference(body["expected"]["about"])
        return Fault.model_validate({"name": path.stem, **body})
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValidationError) as error:
        raise FileError(f"read the fault {path.stem}: {cut(str(error))}") from error


def fault_reference(text: str) -> dict[str, str]:
    """`Kind/name [in NAMESPACE]` as an object reference."""
    where, _, namespace = text.partition(" in ")
    kind, _, name = where.partition("/")
    home = "" if kind in CLUSTER_WIDE else namespace or NAMESPACE
    return {"kind": kind, "name": name, "namespace": home}


def _placed(manifest: Manifest, target: dict[str, str]) -> Manifest:
    """The manifest with the kind, name and namespace of its target."""
    meta = {**manifest.get("metadata", {}), "name": target["name"]}
    if target["namespace"]:
        meta["namespace"] = target["namespace"]
    return {**manifest, "kind": target["kind"], "metadata": meta}
