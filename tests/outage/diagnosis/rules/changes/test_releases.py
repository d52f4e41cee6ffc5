"""Releases whose pods run: errors, memory or latency alone tell that they are bad."""

from collections.abc import Callable

import pytest

from outage.snapshots.snapshot import Rates
from tests.outage.diagnosis.rules.test_regressions import REFUSED, rolled, says
from tests.outage.diagnosis.worlds.breaking import release_runs
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.otel_demo import Bazaar
from tests.outage.diagnosis.worlds.otel_demo_faults import told
from tests.outage.diagnosis.worlds.shop_objects import ago
from tests.outage.diagnosis.worlds.shop_snapshot import Ground, platform


def test_a_release_that_runs_and_fails_is_taken_back() -> None:
    """Every pod is ready; only the error ratio tells."""
    ground = Ground()
    release_runs(ground, minutes=5)
    rates = (Rates(service="user", error_ratio=0.5, error_ratio_before=0.0, requests_per_second=5),)

    said = diagnose(ground.snapshot(rates=rates), platform())

    assert (said.hypotheses[0].cause, said.hypotheses[0].about.name) == ("bad-image", "user")


def test_a_release_that_leaks_is_taken_back() -> None:
    """The limit is as it was; the image is not."""
    ground = Ground()
    ground.container("auth")["image"] = "shop/auth:2.0"
    last = {"exitCode": 137, "reason": "OOMKilled"}
    ground.roll("auth", waiting=("CrashLoopBackOff", "back-off"), last=last, restarts=4)

    said = diagnose(ground.snapshot(), platform())

    assert said.hypotheses[0].cause == "bad-image"


def test_a_slow_release_is_taken_back_although_nothing_fails() -> None:
    """Only the latency tells."""
    ground = Ground()
    release_runs(ground, minutes=5)
    rates = (Rates(service="user", error_ratio=0.0, latency_seconds=3.0, latency_seconds_before=0.1),)

    said = diagnose(ground.snapshot(rates=rates), platform())

    assert [(one.cause, one.about.name) for one in said.hypotheses] == [("bad-image", "user")]


def image(bazaar: Bazaar) -> None:
    """Payment's next image is out for four minutes; every pod is ready."""
    bazaar.container("payment")["image"] += "-next"
    rolled(bazaar, "payment")


def image_at_birth(bazaar: Bazaar) -> None:
    """Payment got its second image three seconds after it was made, as when a chart is installed."""
    image(bazaar)
    born = ago(minutes=4, seconds=3)
    bazaar.workload("payment")["metadata"]["creationTimestamp"] = born
    old = next(one for one in bazaar.objects["ReplicaSet"] if one["metadata"]["name"].startswith("payment-"))
    old["metadata"]["creationTimestamp"] = born


@pytest.mark.parametrize(
    ("change", "who", "seconds", "causes"),
    [
        pytest.param(image, "checkout", (), [], id="nobody complains"),
        pytest.param(
            image, "checkout", (239, 236, 232), [], id="its caller lost a call while it was replaced"
        ),
        pytest.param(image, "checkout", (600, 40), [], id="its caller complained before as well"),
        pytest.param(image, "payment", (239, 236), [], id="it complained until it was ready"),
        pytest.param(image, "payment", (190, 40), [], id="it complains, and nobody is any worse for it"),
        pytest.param(image_at_birth, "checkout", (190, 40), [], id="no revision before it had time to work"),
        pytest.param(image, "checkout", (190, 40), ["bad-image"], id="its caller complains since then"),
    ],
)
def test_logs_alone_blame_a_release_only_for_what_is_new_and_goes_on(
    change: Callable[[Bazaar], None], who: str, seconds: tuple[int, ...], causes: list[str]
) -> None:
    """Every rollout costs somebody a call or two, and every application complains of something now and then."""

    def both(bazaar: Bazaar) -> None:
        change(bazaar)
        says(bazaar, who, REFUSED if who == "checkout" else "error: the page was not written", *seconds)

    assert [one.cause for one in told(both).hypotheses] == causes
