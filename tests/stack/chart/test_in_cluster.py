"""Our chart on a real cluster: it heals the platform beside it, whatever of it dies, and while it is upgraded."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from outage.incidents.incident import Ending, Phase
from practice import ground as practice_ground
from practice import places
from practice.images.outage_image import own_image_name
from practice.in_cluster.install_release import install_release, remove_release, upgrade_release
from tests.end_to_end.recorded_history import promises_kept
from tests.stack.chart.installed_release import (
    FollowedDrill,
    InstalledRelease,
    former_chart,
    name_image_again,
    values_for,
)

pytestmark = [pytest.mark.endurance, pytest.mark.timeout(1500)]
STAGES = (
    (Phase.TRIAGE, Phase.INVESTIGATE),
    (Phase.AWAITING_APPROVAL,),
    (Phase.RESOLVE,),
    (Phase.VERIFY,),
)


@pytest.fixture(scope="module")
def release(ground: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InstalledRelease]:
    """The chart of this clone, installed; taken away again only when it was not there before."""
    stood = practice_ground.response_installed()
    install_release(print)
    yield InstalledRelease(tmp_path_factory.mktemp("home"))
    if not stood:
        remove_release(print)


def recorded_promises_kept(release: InstalledRelease, since: datetime) -> None:
    """The same, once everything in the cluster is quiet."""
    release.await_quiet()
    with release.record() as record:
        promises_kept(record, since)


def test_a_drill_is_healed_by_what_runs_in_the_cluster(release: InstalledRelease) -> None:
    """The yes is typed in a pod, and no process of this machine answers anything."""
    since = datetime.now(UTC)
    drill = FollowedDrill.begin(release, "bad-image")
    waiting = drill.reaches(Phase.AWAITING_APPROVAL)

    said = drill.approve(waiting)

    assert said.communicate(timeout=60)[0]
    assert said.returncode == 0
    assert drill.end().ending is Ending.RECOVERED
    recorded_promises_kept(release, since)


@pytest.mark.parametrize("at_once", [False, True], ids=["told to end", "gone at once"])
def test_the_pods_of_every_part_die_in_every_phase_and_nothing_is_lost(
    release: InstalledRelease, at_once: bool
) -> None:
    """While it looks, while it waits for a yes, while it writes and while it verifies."""
    since = datetime.now(UTC)
    drill = FollowedDrill.begin(release, "bad-image")
    for phases in STAGES:
        incident = drill.reaches(*phases)
        release.delete_every_pod(at_once)
        if Phase.AWAITING_APPROVAL in phases:
            release.await_whole()
            drill.approve(incident)

    assert drill.end(900).ending is Ending.RECOVERED
    release.await_whole()
    recorded_promises_kept(release, since)


def test_the_chart_is_upgraded_while_an_approval_waits(release: InstalledRelease, tmp_path: Path) -> None:
    """From its former revision: every pod is another one afterwards, and the yes heals as if nothing had been."""
    former = former_chart(tmp_path)
    if former is None:
        pytest.skip("the history of the chart is not at hand")
    values = places.installed_home() / "values.yaml"
    former_image = own_image_name().rpartition(":")[0] + ":former"
    name_image_again(own_image_name(), former_image)
    upgrade_release(values_for(former, values, former_image, tmp_path / "former.yaml"), former)
    release.await_whole()
    since, before = datetime.now(UTC), release.pod_names()
    revision = release.revision()
    drill = FollowedDrill.begin(release, "bad-image")
    waiting = drill.reaches(Phase.AWAITING_APPROVAL)

    upgrade_release(values)
    release.await_whole()
    drill.approve(waiting)

    assert drill.end().ending is Ending.RECOVERED
    assert release.revision() == revision + 1
    assert not before & release.pod_names()
    recorded_promises_kept(release, since)
