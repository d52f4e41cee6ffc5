"""What nothing explains is said about the place that everybody else waits for, in its own words."""

import pytest

from outage.diagnosis.hypothesis import Hypothesis
from outage.snapshots.snapshot import LogTail, Rates
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_objects import NOON, SHOP
from tests.outage.diagnosis.worlds.shop_snapshot import Ground, platform


def failing(*services: str) -> Hypothesis:
    """Requests to these services fail, their pods are ready, and the pods of `user` say why."""
    ground = Ground()
    rates = tuple(
        Rates(service=one, error_ratio=1.0, error_ratio_before=0.0, requests_per_second=5) for one in services
    )
    pod = ground.pods("user")[0]["metadata"]["name"]
    text = f"{NOON:%Y-%m-%dT%H:%M:%SZ} ERROR internal state is inconsistent"
    log = LogTail(namespace=SHOP, pod=pod, container="user", text=text)
    said = diagnose(ground.snapshot(rates=rates, logs=(log,)), platform())
    (one,) = said.hypotheses
    return one


@pytest.mark.parametrize(
    "services",
    [
        pytest.param(("user",), id="alone"),
        pytest.param(("content", "scheduler", "user"), id="behind its callers in the alphabet"),
        pytest.param(("user", "content"), id="before them"),
    ],
)
def test_the_unknown_is_about_what_the_others_wait_for(services: tuple[str, ...]) -> None:
    """Whoever calls it fails with it; the switch of slots and the restart are for it alone."""
    one = failing(*services)

    assert (one.cause, one.about.name) == ("unknown", "user")
    assert "internal state is inconsistent" in " ".join(one.evidence_for[:2])
