"""Every write says what its target compares: the sets of writes are closed, and none is left out."""

from pathlib import Path
from typing import get_args

import pytest

from blocks.channels.channel import Channel
from blocks.channels.open_channel import open_channel
from outage.diagnosis.hypothesis import Action
from outage.incidents.fault import Injection, Power
from outage.people.settle_try import SecondTry
from outage.policies.write_checks import (
    OF_ACTIONS,
    OF_BLOWS,
    OF_SERVICES,
    WRITE_CHECKS,
    WriteKind,
    write_check_lines,
)

PAGE = Path(__file__).resolve().parents[3] / "docs/writes.md"


def blows() -> set[str]:
    """Everything that a drill can do."""
    words: set[str] = set()
    for part in get_args(Injection.model_fields["do"].annotation):
        words |= set(get_args(part)) or {part}
    return words | set(get_args(Power))


@pytest.mark.parametrize(
    ("named", "known"),
    [
        pytest.param(set(OF_ACTIONS), set(Action), id="actions of a plan"),
        pytest.param(set(OF_SERVICES), set(SecondTry), id="services that are told"),
        pytest.param(set(OF_BLOWS), blows(), id="blows of a drill"),
        pytest.param(set(WRITE_CHECKS), set(WriteKind), id="kinds of writes"),
    ],
)
def test_no_write_is_left_out(named: set[str], known: set[str]) -> None:
    """Who adds an action, a class of services or a blow says here what its target compares."""
    assert named == known


def test_every_channel_is_of_one_class() -> None:
    """What a second try does at a service is what a late first one does."""
    assert open_channel  # imports every channel
    assert {one.second_try for one in Channel.__subclasses__()} <= set(OF_SERVICES)


def test_what_relies_on_nothing_says_what_that_leaves() -> None:
    """A gap that is known is told with its reason."""
    assert [kind for kind, one in WRITE_CHECKS.items() if not (one.relies_on or one.leaves)] == []


def test_no_write_of_a_plan_relies_on_nothing() -> None:
    """Only messages of some services and practice on marked ground do."""
    of_plans = {kind for kinds in OF_ACTIONS.values() for kind in kinds}
    bare = {kind for kind, one in WRITE_CHECKS.items() if not one.relies_on}

    assert bare == {
        WriteKind.FOUND_MESSAGE,
        WriteKind.BLIND_MESSAGE,
        WriteKind.DRILL_STATEMENT,
        WriteKind.DRILL_POWER,
    }
    assert not bare & of_plans


def test_the_page_says_the_same() -> None:
    """docs/writes.md holds the table as it stands here."""
    assert "\n".join(write_check_lines()) in PAGE.read_text(encoding="utf-8")
