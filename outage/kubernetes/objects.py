"""Naming a Kubernetes object, and reaching into its manifest without surprises."""

from collections.abc import Iterator, Mapping
from typing import Any

from outage.value import Manifest, Value


class ObjectRef(Value):
    """One object of the cluster (or a session of the database), as a person would name it."""

    kind: str
    """Kubernetes kind in the singular, as in manifests: `Deployment`. `Session` for a database session."""
    name: str
    namespace: str = ""
    """Empty for cluster-wide objects."""

    def __str__(self) -> str:
        """`deployment/auth-service in shop`, the way kubectl users say it."""
        where = f" in {self.namespace}" if self.namespace else ""
        return f"{self.kind.lower()}/{self.name}{where}"


def object_ref(manifest: Manifest, kind: str | None = None) -> ObjectRef:
    """Name the object that a manifest describes."""
    meta = manifest.get("metadata") or {}
    return ObjectRef(
        kind=kind or manifest.get("kind", "?"),
        name=meta.get("name", "?"),
        namespace=meta.get("namespace", "") or "",
    )


def dig(manifest: Any, path: str, default: Any = None) -> Any:
    """Follow a dotted path (`spec.template.spec.containers.0.image`) or give `default` when it breaks off.

    Keys that hold dots cannot be reached this way; use `labels` or `annotations` for those.

    Args:
        manifest: Any JSON.
        path: Keys, and positions of lists, joined by dots.
        default: What is given instead.
    """
    here = manifest
    for part in path.split("."):
        if isinstance(here, dict):  # before any other mapping, which costs ten times as much to tell
            if part not in here:
                return default
            here = here[part]
        elif isinstance(here, list | tuple) and part.isdigit() and int(part) < len(here):
            here = here[int(part)]
        elif isinstance(here, Mapping) and part in here:
            here = here[part]
        else:
            return default
    return default if here is None else here


def labels_of(manifest: Manifest) -> dict[str, str]:
    """The object's labels; none is an empty dict."""
    return dict(dig(manifest, "metadata.labels", {}))


def annotations_of(manifest: Manifest) -> dict[str, str]:
    """The object's annotations; none is an empty dict."""
    return dict(dig(manifest, "metadata.annotations", {}))


def selects_labels(selector: Mapping[str, str] | None, of: Mapping[str, str]) -> bool:
    """Whether a plain label selector matches; an empty or absent one matches nothing, as in a Service."""
    return bool(selector) and all(of.get(key) == value for key, value in (selector or {}).items())


def containers_of(pod_spec: Manifest) -> Iterator[Manifest]:
    """Init containers first, then the containers, as the kubelet runs them."""
    yield from pod_spec.get("initContainers") or []
    yield from pod_spec.get("containers") or []


def owner_ref(manifest: Manifest) -> ObjectRef | None:
    """The controller that owns this object, or None."""
    for reference in dig(manifest, "metadata.ownerReferences", []):
        if reference.get("controller"):
            return ObjectRef(
                kind=reference["kind"],
                name=reference["name"],
                namespace=dig(manifest, "metadata.namespace", ""),
            )
    return None


def stays_on_its_node(pod: Manifest) -> bool:
    """Whether a drain leaves the pod: its controller would put it back at once, or it mirrors a file on the node."""
    above = owner_ref(pod)
    return above is not None and above.kind in ("DaemonSet", "Node")


def noticed_generation(workload: Manifest) -> bool:
    """Whether its controller has seen the spec as it stands; before that its status says nothing."""
    return bool(dig(workload, "status.observedGeneration", 0) >= dig(workload, "metadata.generation", 0))
