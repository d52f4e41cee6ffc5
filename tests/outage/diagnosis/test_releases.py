"""Releases whose pods run: errors, memory or latency alone tell that they are bad."""

from outage.diagnosis import diagnose
from outage.snapshot import Rates
from tests.outage.diagnosis.breaking import release_runs
from tests.outage.diagnosis.world import Ground, platform


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
