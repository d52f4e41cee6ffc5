"""What a drill changed beside what its fault touched and what mended it."""

from collections.abc import Iterable, Iterator

from outage.kubernetes.objects import ObjectRef, dig
from outage.snapshots.baseline import Drift
from outage.value import Manifest

SCALED = "spec.replicas"
"""The one field that an autoscaler writes."""


def collateral_of(
    drifts: Iterable[Drift], explained: Iterable[ObjectRef], scalers: Iterable[Manifest] = ()
) -> tuple[str, ...]:
    """Name the objects that are not as before and that nothing explains.

    Args:
        drifts: What differs from the picture that was taken before the fault.
        explained: What the fault touched (its own way back is checked elsewhere), and what plans that helped wrote.
        scalers: The autoscalers that were seen: how many replicas their workloads have is theirs to say.
    """
    known, scaled = set(explained), set(_scaled(scalers))
    return tuple(
        sorted(
            str(one.about)
            for one in drifts
            if one.about not in known and not (one.about in scaled and _only_scaled(one))
        )
    )


def _scaled(scalers: Iterable[Manifest]) -> Iterator[ObjectRef]:
    for one in scalers:
        target = dig(one, "spec.scaleTargetRef", {})
        namespace = dig(one, "metadata.namespace", "")
        yield ObjectRef(kind=target.get("kind", ""), name=target.get("name", ""), namespace=namespace)


def _only_scaled(drift: Drift) -> bool:
    return bool(drift.fields) and all(one.field == SCALED for one in drift.fields)
