"""What the logs complain of: what a baseline keeps of it, and what is news since."""

from datetime import timedelta

import pytest

from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.findings.log_news import KINDS_KEPT, kinds_while_well, serving_since
from outage.diagnosis.hypothesis import Diagnosis
from outage.snapshots.baseline import Baseline
from outage.snapshots.case import Case
from outage.snapshots.evidence import Evidence
from outage.snapshots.snapshot import LogTail
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_objects import NOON, SHOP, ago
from tests.outage.diagnosis.worlds.shop_snapshot import Ground, platform

AUTH, USER = f"deployment/auth in {SHOP}", f"deployment/user in {SHOP}"
OLD, NEW = "error: cache of 7 is cold", "error: relation orders does not exist"
Known = dict[str, tuple[str, ...]]


def log(ground: Ground, workload: str, *said: tuple[str, float]) -> LogTail:
    """The log of a workload's first pod: what was said, and how many minutes before NOON."""
    lines = "\n".join(f"{ago(minutes=minutes)} {text}" for text, minutes in said)
    pod = ground.pods(workload)[0]["metadata"]["name"]
    return LogTail(namespace=SHOP, pod=pod, container="app", text=lines)


def recorded(ground: Ground, known: Known | None) -> Baseline:
    """The baseline of an hour ago, with what it knows of the logs."""
    return ground.baseline().model_copy(update={"log_templates": known})


def said(ground: Ground, known: Known | None, *logs: LogTail) -> Diagnosis:
    """The diagnosis of these logs, with a baseline that knows so much."""
    return diagnose(ground.snapshot(logs=logs), platform(), recorded(ground, known))


def findings(diagnosis: Diagnosis) -> list[Finding]:
    """What is told of the logs."""
    return [one for one in diagnosis.findings if one.sign == "log-errors"]


def kept(ground: Ground, *logs: LogTail, earlier: Known | None = None, since: float = 60) -> Known:
    """What a baseline would keep of these logs, all being well for so many minutes."""
    index = Case(snapshot=ground.snapshot(logs=logs), platform=platform()).index
    return kinds_while_well(index, NOON - timedelta(minutes=since), earlier)


def test_what_was_said_while_all_was_well_is_not_news() -> None:
    """Healthy first: every platform grumbles."""
    ground = Ground()
    known = kept(ground, log(ground, "auth", (OLD, 30)))

    found = said(ground, known, log(ground, "auth", (OLD, 2), (OLD.replace("7", "9"), 1)))

    assert [(one.new, one.count) for one in found.log_templates] == [(False, 2)]
    assert findings(found)[0].says.endswith(
        "2 log lines with errors, the last 1 min ago: " + OLD.replace("7", "9")
    )


def test_a_new_complaint_stands_first_and_is_the_example_though_old_ones_are_louder() -> None:
    """The last line of a log is often what it always says."""
    ground = Ground()
    known = kept(ground, log(ground, "auth", (OLD, 30)))

    found = said(ground, known, log(ground, "auth", (NEW, 3), (OLD, 2), (OLD, 1)))

    assert [(one.new, one.text) for one in found.log_templates] == [
        (True, NEW),
        (False, "error: cache of <NUMBER> is cold"),
    ]
    assert findings(found)[0].says.endswith(
        f"3 log lines with errors, the last 1 min ago, new since the baseline: {NEW}"
    )


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(None, id="a baseline that was recorded before logs were kept"),
        pytest.param({USER: ()}, id="a workload that nobody listened to"),
    ],
)
def test_nothing_is_called_new_when_nobody_knows(known: Known | None) -> None:
    """Else everything would be."""
    ground = Ground()

    found = said(ground, known, log(ground, "auth", (NEW, 3)))

    assert [one.new for one in found.log_templates] == [None]
    assert "new since" not in findings(found)[0].says


def test_without_a_baseline_the_templates_are_told_all_the_same() -> None:
    """A stranger's cluster has none."""
    ground = Ground()

    found = diagnose(ground.snapshot(logs=(log(ground, "auth", (NEW, 3)),)), platform())

    assert [(one.new, one.count) for one in found.log_templates] == [(None, 1)]


def test_a_baseline_leaves_out_what_was_said_before_all_was_well() -> None:
    """The end of a log still holds the last outage, and how the platform started."""
    ground = Ground()

    assert kept(ground, log(ground, "auth", (NEW, 61), (OLD, 59))) == {AUTH: ("error: cache of <*> is cold",)}


def test_a_silent_log_is_known_to_be_silent() -> None:
    """What it says tomorrow is news; a log that could not be read says nothing of the kind."""
    ground = Ground()
    looks = tuple(
        Evidence(
            id=f"logs/{ground.pods(name)[0]['metadata']['name']}/app",
            words="kubectl logs",
            observed_at=NOON,
            duration=timedelta(),
            unseen=unseen,
        )
        for name, unseen in (("auth", None), ("user", "403"))
    )

    index = Case(snapshot=ground.snapshot(evidence=looks), platform=platform()).index

    assert kinds_while_well(index, None) == {AUTH: ()}


def test_what_is_complained_of_once_a_day_stays_known() -> None:
    """The end of a log holds minutes; what is gone from the cluster is forgotten with its complaints."""
    ground = Ground()
    earlier = {
        AUTH: ("error: nightly", "error: cache of <*> is cold"),
        f"job/seed-1 in {SHOP}": ("error: x",),
    }

    found = kept(ground, log(ground, "auth", (NEW, 2), (OLD, 1)), earlier=earlier)

    assert found == {AUTH: (NEW, "error: cache of <*> is cold", "error: nightly")}


def test_a_baseline_keeps_only_so_many_kinds_of_one_workload() -> None:
    """Those that are said now before those of earlier."""
    ground = Ground()
    earlier = {AUTH: tuple(f"error: old-{'x' * n}" for n in range(KINDS_KEPT))}

    found = kept(ground, log(ground, "auth", (NEW, 1)), earlier=earlier)

    assert len(found[AUTH]) == KINDS_KEPT
    assert found[AUTH][0] == NEW


def test_no_secret_is_kept_of_a_log() -> None:
    """The baseline goes with every bundle."""
    ground = Ground()

    found = kept(ground, log(ground, "auth", ("error: login with password=hunter22 failed", 1)))

    assert found == {AUTH: ("error: login with password=[redacted] failed",)}


def test_a_platform_serves_since_the_last_of_its_workloads_had_a_ready_pod() -> None:
    """A further pod that came later changes nothing; what is not ready serves nobody."""
    ground = Ground()
    for workload, minutes in (("auth", (50, 5)), ("user", (40, 45)), ("postgres", (30,))):
        for pod, since in zip(ground.pods(workload), minutes, strict=True):
            condition = next(one for one in pod["status"]["conditions"] if one["type"] == "Ready")
            condition["lastTransitionTime"] = ago(minutes=since)

    assert serving_since(Case(snapshot=ground.snapshot(), platform=platform()).index) == NOON - timedelta(
        minutes=30
    )
