"""Saturation by the numbers of the monitoring: innocents first, then what they support, contradict, or tell."""

from collections.abc import Sequence

import pytest

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.history.earlier_measurements import robust_z
from outage.diagnosis.hypothesis import Diagnosis
from outage.kubernetes.objects import ObjectRef
from outage.snapshots.snapshot import Measurement, Metric, Rates
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_objects import SHOP
from tests.outage.diagnosis.worlds.shop_snapshot import Ground, platform
from tests.outage.mitigation.overloaded_platform import hot

FEW, QUIET, BUSY = [0.9] * 3, [0.05, 0.06, 0.04] * 7, [0.7, 0.8, 0.75] * 7
CONSTANT = [0.02] * 21
SPIKY = [0.02, 0.03, 0.95] * 7
RESET = [0.05] * 6 + [0.0] + [0.05] * 6
FAILS = (Rates(service="auth", error_ratio=0.5, error_ratio_before=0.0, requests_per_second=5),)
SLOW = (Rates(service="auth", error_ratio=0.0, latency_seconds=4.2, latency_seconds_before=0.1),)


def throttled(
    now: Sequence[float],
    hour: Sequence[float] = (),
    day: Sequence[float] = (),
    pod: str = "",
    metric: Metric = Metric.CPU_THROTTLED,
) -> Measurement:
    """One series of a pod of `auth`."""
    about = ObjectRef(kind="Pod", name=pod or own_pod("auth"), namespace=SHOP)
    return Measurement(metric=metric, about=about, now=tuple(now), hour_ago=tuple(hour), day_ago=tuple(day))


def own_pod(workload: str) -> str:
    """The first pod of a workload."""
    pods = [one["metadata"]["name"] for one in Ground().objects["Pod"]]
    return str(next(one for one in pods if one.startswith(f"{workload}-")))


def told(*rows: Measurement, rates: tuple[Rates, ...] = FAILS, ground: Ground | None = None) -> Diagnosis:
    """What is said of the shop with these numbers."""
    ground = ground or Ground()
    ground.extra |= {"measurements": rows, "rates": rates}
    return diagnose(ground.snapshot(), platform())


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(throttled(BUSY, BUSY, BUSY), id="always so"),
        pytest.param(throttled(BUSY, QUIET, BUSY), id="a nightly batch: so yesterday at this time"),
        pytest.param(throttled(BUSY, BUSY, QUIET), id="so for an hour and more"),
        pytest.param(throttled(BUSY), id="fresh ground without an hour of data"),
        pytest.param(throttled(BUSY, FEW, FEW), id="too few numbers earlier"),
        pytest.param(throttled(FEW, QUIET, QUIET), id="a deploy: its pod is two minutes old and starts"),
        pytest.param(throttled(CONSTANT, [0.0] * 21, [0.0] * 21), id="constant, then a trifle: MAD is 0"),
        pytest.param(throttled(SPIKY, QUIET, QUIET), id="bursts that the middle does not see"),
        pytest.param(throttled(RESET, QUIET, QUIET), id="a counter that began again at nothing"),
        pytest.param(throttled([0.2] * 21, CONSTANT, CONSTANT), id="far above, and too little to hurt"),
        pytest.param(throttled(QUIET, BUSY, BUSY), id="far below: the load went away"),
        pytest.param(throttled((), QUIET, QUIET), id="measured no more"),
        pytest.param(throttled(BUSY, QUIET, QUIET, pod="stranger-1"), id="of a pod that nobody knows"),
    ],
)
def test_what_is_as_usual_or_cannot_be_compared_is_no_sign_and_no_cause(row: Measurement) -> None:
    """Healthy first: requests fail beside it, and still nobody is accused by the number."""
    found = told(row)

    assert not [one for one in found.findings if one.sign is Sign.SATURATED]
    assert Cause.CPU_SATURATED not in [one.cause for one in found.hypotheses]


def test_a_saturated_workload_of_a_platform_that_is_well_is_a_hint_and_no_hypothesis() -> None:
    """A number hurts nobody by itself."""
    found = told(throttled(BUSY, QUIET, QUIET), rates=())

    assert [one.sign for one in found.findings] == [Sign.SATURATED]
    assert found.hypotheses == ()


def test_what_fails_far_from_it_is_not_its_doing() -> None:
    """Its own callers may wait for it; whom it calls does not."""
    caller = throttled(BUSY, QUIET, QUIET, pod=own_pod("user"))

    assert Cause.CPU_SATURATED not in [one.cause for one in told(caller).hypotheses]


@pytest.mark.parametrize("rates", [pytest.param(FAILS, id="fails"), pytest.param(SLOW, id="is slow")])
@pytest.mark.parametrize(
    ("hour", "day"),
    [
        pytest.param(QUIET, QUIET, id="against both"),
        pytest.param(QUIET, (), id="against an hour ago alone"),
        pytest.param(CONSTANT, CONSTANT, id="against a series that never moved"),
    ],
)
def test_a_workload_that_fails_and_is_throttled_as_never_before_is_a_last_resort(
    hour: Sequence[float], day: Sequence[float], rates: tuple[Rates, ...]
) -> None:
    """The number alone is never worth as much as anything that fits."""
    found = told(throttled(BUSY, hour, day), rates=rates)
    (one,) = [each for each in found.hypotheses if each.cause == Cause.CPU_SATURATED]

    assert (one.about.name, one.strength, one.repair) == ("auth", "last resort", None)


def test_pods_of_before_a_release_are_what_its_new_ones_are_compared_with() -> None:
    """A release gives every pod a new name."""
    new, old = throttled(BUSY), throttled((), QUIET, QUIET, pod="auth-0ld0ld-xyz12")

    assert Cause.CPU_SATURATED in [one.cause for one in told(new, old).hypotheses]


@pytest.mark.parametrize(
    ("row", "points"),
    [
        pytest.param(throttled(BUSY, QUIET, QUIET), "+0.12", id="measured so: it supports"),
        pytest.param(throttled(QUIET, QUIET, QUIET), "-0.05", id="measured as usual: a doubt"),
        pytest.param(throttled(BUSY), None, id="not comparable: nothing"),
    ],
)
def test_the_number_supports_or_contradicts_what_shows_by_itself_and_leaves_its_strength(
    row: Measurement, points: str | None
) -> None:
    """Usage at the limit while users wait is a cause already; its repair and its word stay."""
    ground, bare = Ground(), Ground()
    hot(ground)
    hot(bare)
    rates = tuple(ground.extra["rates"])
    (before,) = [one for one in told(rates=rates, ground=bare).hypotheses if one.cause == Cause.CPU_SATURATED]
    (after,) = [
        one for one in told(row, rates=rates, ground=ground).hypotheses if one.cause == Cause.CPU_SATURATED
    ]

    assert (after.strength, after.repair) == (before.strength, before.repair)
    added = [one for one in after.reasons if one not in before.reasons]
    assert [one[:5] for one in added] == ([points] if points else [])


@pytest.mark.parametrize(
    ("now", "earlier", "score"),
    [
        pytest.param([1.0] * 6, [1.0] * 6, 0.0, id="the same"),
        pytest.param([2.0] * 6, [1.0] * 6, 10.0, id="constant: the least spread counts"),
        pytest.param([2.0] * 6, [0.0, 1.0, 2.0] * 3, 0.674, id="within its own scatter"),
        pytest.param([1.0] * 5, [1.0] * 6, None, id="too few now"),
        pytest.param([1.0] * 6, [1.0] * 5, None, id="too few then"),
    ],
)
def test_a_score_is_the_distance_of_the_middles_in_median_deviations(
    now: list[float], earlier: list[float], score: float | None
) -> None:
    """The numbers by hand."""
    assert robust_z(now, earlier, 0.1) == (score if score is None else pytest.approx(score, abs=1e-3))
