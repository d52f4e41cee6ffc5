"""One run that hangs where none may run beside it: first who only takes long, then it."""

from collections.abc import Callable
from typing import Any

import pytest

from outage.diagnosis.cause import Cause
from outage.diagnosis.hypothesis import Hypothesis
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_objects import SHOP, Manifest, ago, meta
from tests.outage.diagnosis.worlds.shop_snapshot import Ground, platform

Break = Callable[[Ground], object]


def run(ground: Ground, began: float, took: float | None) -> Manifest:
    """A run of the CronJob that began so many minutes ago, and ended well when it took some."""
    owner = {"kind": "CronJob", "name": "report", "uid": "report", "controller": True}
    state: dict[str, Any] = {"active": 1, "startTime": ago(minutes=began)}
    if took is not None:
        ended = {"type": "Complete", "status": "True"}
        state = {"succeeded": 1, "completionTime": ago(minutes=began - took), "conditions": [ended]}
    name = f"report-{began:.0f}"
    job = ground.put("Job", {"metadata": meta(name), "spec": {}, "status": state})
    job["metadata"] |= {"creationTimestamp": ago(minutes=began), "ownerReferences": [owner]}
    return job


def reports(ground: Ground, active: float | None = 70, earlier: int = 3, took: float = 2) -> None:
    """A report every ten minutes; the last began so many minutes ago and has not ended."""
    spec = {"schedule": "*/10 * * * *", "concurrencyPolicy": "Forbid"}
    ground.put("CronJob", {"metadata": meta("report"), "spec": spec, "status": {}})
    for one in range(earlier):
        run(ground, (active or 0) + 10 * (one + 1), took)
    if active is not None:
        run(ground, active, None)


def told(change: Break) -> tuple[Hypothesis, ...]:
    """What is said of the shop with it."""
    ground = Ground()
    change(ground)
    return diagnose(ground.snapshot(), platform()).hypotheses


def changed(change: Break) -> Break:
    """The hung report, with something else about it."""

    def both(ground: Ground) -> None:
        reports(ground)
        change(ground)

    return both


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda ground: reports(ground, None), id="none runs"),
        pytest.param(lambda ground: reports(ground, 5), id="one began a while ago"),
        pytest.param(lambda ground: reports(ground, 25), id="one tick or two were missed"),
        pytest.param(lambda ground: reports(ground, 70, took=30), id="runs have always taken long"),
        pytest.param(lambda ground: reports(ground, 70, earlier=1), id="nobody knows how long one takes"),
        pytest.param(
            changed(lambda ground: ground.get("CronJob", "report")["spec"].update(suspend=True)),
            id="suspended: no other is meant to begin",
        ),
        pytest.param(
            changed(lambda ground: ground.get("CronJob", "report")["spec"].update(concurrencyPolicy="Allow")),
            id="others may begin beside it",
        ),
        pytest.param(
            changed(lambda ground: ground.get("Job", "report-70")["spec"].update(activeDeadlineSeconds=9000)),
            id="it has a deadline, and ends by itself",
        ),
    ],
)
def test_a_run_that_only_takes_long_is_nothing_wrong(change: Break) -> None:
    """Healthy first."""
    assert told(change) == ()


def test_a_run_far_longer_than_any_before_it_is_why_no_other_begins() -> None:
    """Nothing fails, and nothing is done; what it did so far is a person's to judge."""
    (one,) = told(reports)

    assert (one.cause, str(one.about)) == (Cause.RUNS_PILE_UP, f"cronjob/report in {SHOP}")
    assert (one.strength, one.repair) == ("fits", None)
    assert any("report-70" in name for name in one.explains)
