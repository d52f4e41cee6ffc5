"""What a drill changed beside what its fault touched and what mended it."""

from collections.abc import Collection, Iterable, Iterator

from outage.kubernetes.objects import ObjectRef, dig
from outage.snapshots.baseline import Drift
from outage.value import Manifest

SCALED = "spec.replicas"
"""The one field that an autoscaler writes."""


def collateral_of(
    drifts: Iterable[Drift],
    explained: Iterable[ObjectRef],
    scalers: Iterable[Manifest] = (),
    homes: Collection[str] = (),
) -> tuple[str, ...]:
    """Name the objects that are not as before and that nothing explains.

    Args:
        drifts: What differs from the picture that was taken before the fault.
        explained: What the fault touched (its own way back is checked elsewhere), and what plans that helped wrote.
        scalers: The autoscalers that were seen: how many replicas their workloads have is theirs to say.
        homes: The platform's namespaces: another team's may come and go meanwhile. Empty: every one counts.
    """
    known, scaled = set(explained), set(_scaled(scalers))
    return tuple(
        sorted(
            str(one.about)
            for one in drifts
            if one.about not in known
            and not (one.about in scaled and _only_scaled(one))
            and not _of_neighbours(one.about, homes)
        )
    )


def _scaled(scalers: Iterable[Manifest]) -> Iterator[ObjectRef]:
    for one in scalers:
        target = dig(one, "spec.scaleTargetRef", {})
        namespace = dig(one, "metadata.namespace", "")
        yield ObjectRef(kind=target.get("kind", ""), name=target.get("name", ""), namespace=namespace)


def _of_neighbours(about: ObjectRef, homes: Collection[str]) -> bool:
    return about.kind == "Namespace" and bool(homes) and about.name not in homes


def _only_scaled(drift: Drift) -> bool:
    return bool(drift.fields) and all(one.field == SCALED for one in drift.fields)
