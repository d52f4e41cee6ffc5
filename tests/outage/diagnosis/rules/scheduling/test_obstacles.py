"""What the scheduler says, word for word, and the obstacle that it means."""

import pytest

from outage.diagnosis.cause import Cause
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.scheduling.obstacles import Obstacle, obstacle_entries
from outage.diagnosis.rules.scheduling.template_obstacles import OBSTACLES

FEW = "0/3 nodes are available: "
SAID = [
    ("1 node(s) had untolerated taint {dedicated: db}, 2 node(s) were unschedulable.", None, ""),
    ("3 Insufficient memory.", None, ""),
    ("3 node(s) didn't match Pod's node affinity/selector.", Cause.NODE_SELECTOR_UNMATCHED, ""),
    ("3 node(s) didn't match pod anti-affinity rules.", Cause.ANTI_AFFINITY_DEADLOCK, ""),
    ("3 node(s) didn't have free ports for the requested pod ports.", Cause.HOST_PORT_CLASH, ""),
    ('persistentvolumeclaim "dat" not found.', Cause.CLAIM_NAME_WRONG, "dat"),
    ("3 node(s) had volume node affinity conflict.", Cause.VOLUME_NODE_CONFLICT, ""),
    ("3 node(s) didn't match pod topology spread constraints.", Cause.BAD_TEMPLATE, ""),
    ("3 node(s) didn't match pod affinity rules.", Cause.BAD_TEMPLATE, ""),
    ("3 Insufficient nvidia.com/gpu.", Cause.REQUEST_TOO_LARGE, "nvidia.com/gpu"),
    ("3 Insufficient hugepages-2Mi.", Cause.REQUEST_TOO_LARGE, "hugepages-2Mi"),
]


@pytest.mark.parametrize(("words", "cause", "named"), SAID, ids=[words[:40] for words, _, _ in SAID])
def test_what_the_scheduler_says_means_one_obstacle(words: str, cause: Cause | None, named: str) -> None:
    """What lies on the nodes, and what is a matter of numbers, is none of the template's."""
    meant = [
        (one.cause, found.group(1).rstrip(".") if found.re.groups else "")
        for one in OBSTACLES
        if one.said is not None and (found := one.said.search(FEW + words))
    ]

    assert meant == ([(cause, named)] if cause else [])


def test_an_obstacle_is_entered_with_what_it_may_give_without_history() -> None:
    """The page of causes is written from the table; causes of other rules stand there."""
    entries = {entry.cause: entry for entry in obstacle_entries(OBSTACLES)}

    assert entries[Cause.ANTI_AFFINITY_DEADLOCK].remedies == (
        Remedy.UNDO,
        Remedy.PUT_BACK,
        Remedy.PREFER,
        Remedy.PERSON,
    )
    assert Cause.BAD_TEMPLATE not in entries


@pytest.mark.parametrize("obstacle", OBSTACLES, ids=[one.sentence[:50] for one in OBSTACLES])
def test_an_obstacle_shows_by_words_or_by_a_sign(obstacle: Obstacle) -> None:
    """One that shows by neither would never be found."""
    assert (obstacle.said is None) != (obstacle.sign is None)
