"""Two faults of one service: at once, one after the other under the hands of the response, one behind the other."""

from collections.abc import Callable

from outage.incidents.incident import Phase
from outage.verification.drills.drill_target import DrillTarget
from outage.verification.drills.fitted_fault import FaultShape, Unfit
from outage.verification.drills.templates.pod_faults import bad_image
from outage.verification.drills.templates.shared_faults import quota
from outage.verification.drills.templates.traffic_faults import service_selector


def two_at_once(target: DrillTarget) -> FaultShape | Unfit:
    """Each alone takes the service down: whoever mends the one that he sees first still has an outage."""
    return _both(bad_image(target), service_selector(target), "and")


def second_once_in(phase: Phase) -> Callable[[DrillTarget], FaultShape | Unfit]:
    """A bad image, and a bad Service once its response has come to a phase: what was looked at holds no longer."""

    def shape(target: DrillTarget) -> FaultShape | Unfit:
        second = service_selector(target)
        if isinstance(second, FaultShape):
            later = tuple(one.model_copy(update={"once_in": phase}) for one in second.blows)
            second = second.model_copy(update={"blows": later})
        return _both(bad_image(target), second, f"and once its incident is in phase {phase},")

    return shape


def hidden_behind_quota(target: DrillTarget) -> FaultShape | Unfit:
    """A full quota lets no new pod be made, so nobody sees that its image does not exist before that is mended."""
    return _both(quota(target), bad_image(target), "and behind it")


def _both(first: FaultShape | Unfit, second: FaultShape | Unfit, between: str) -> FaultShape | Unfit:
    """One fault of two; the cause that stands first may be either."""
    if isinstance(first, Unfit):
        return first
    if isinstance(second, Unfit):
        return second
    return FaultShape(
        title=f"{first.title}, {between} {second.title}",
        blows=(*first.blows, *second.blows),
        causes=(*second.causes, *first.causes),
        about=None,
        settle_seconds=max(first.settle_seconds, second.settle_seconds),
    )
