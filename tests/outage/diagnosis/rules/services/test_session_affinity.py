"""Services that forget their callers: said when the time is too short and no old choice."""

import pytest

from outage.kubernetes.objects import ObjectRef
from practice.faults import fault_catalogue
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_snapshot import SHOP, Ground, platform

AUTH = ObjectRef(kind="Service", namespace=SHOP, name="auth")


def remembers(ground: Ground, seconds: int, edited: bool = True) -> None:
    """The Service of auth keeps a client on its pod for so long."""
    service = ground.touch("Service", "auth", 3) if edited else ground.get("Service", "auth")
    service["spec"]["sessionAffinity"] = "ClientIP"
    service["spec"]["sessionAffinityConfig"] = {"clientIP": {"timeoutSeconds": seconds}}


@pytest.mark.parametrize(
    ("seconds", "edited"),
    [
        pytest.param(10800, True, id="the usual three hours, set just now"),
        pytest.param(60, True, id="a minute is somebody's choice"),
        pytest.param(1, False, id="a second, but so since it was made"),
    ],
)
def test_a_time_that_is_meant_accuses_nobody(seconds: int, edited: bool) -> None:
    """Nothing fails, and nothing was made worse."""
    ground = Ground()
    remembers(ground, seconds, edited)

    assert diagnose(ground.snapshot(), platform()).hypotheses == ()


def test_what_the_baseline_has_as_well_accuses_nobody() -> None:
    """All was well with it."""
    ground = Ground()
    remembers(ground, 1)

    assert diagnose(ground.snapshot(), platform(), ground.baseline()).hypotheses == ()


@pytest.mark.parametrize(
    ("before", "wanted"),
    [pytest.param(None, "10800", id="from objects alone"), pytest.param(3600, "3600", id="with a baseline")],
)
def test_a_second_is_too_short(before: int | None, wanted: str) -> None:
    """The time goes back to what it was, or to what the API server gives."""
    ground = Ground()
    baseline = None
    if before is not None:
        remembers(ground, before, edited=False)
        baseline = ground.baseline()
    remembers(ground, 1)

    (found,) = diagnose(ground.snapshot(), platform(), baseline).hypotheses

    assert (found.cause, found.about, found.live, found.wanted) == ("session-affinity", AUTH, "1", wanted)
    assert found.repair is not None
    (change,) = found.repair.changes
    assert [op["path"] for op in change.patch] == ["/spec/sessionAffinityConfig/clientIP/timeoutSeconds"]


def test_the_fault_that_practises_it_breaks_what_the_rule_reads() -> None:
    """Until its picture is taken on the cluster, its own patch is laid over a healthy shop."""
    (fault,) = [one for one in fault_catalogue() if one.name == "session-affinity"]
    ground = Ground()
    spec = ground.touch("Service", "auth", 3)["spec"]
    spec.update({op["path"].removeprefix("/spec/"): op["value"] for op in fault.blows[0].patch})

    found = diagnose(ground.snapshot(), platform()).hypotheses

    assert [one.cause for one in found] == list(fault.expected.causes)
