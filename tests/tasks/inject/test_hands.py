"""What a drill can do that no API can: the ground's own command stops and starts nodes."""

import shlex
import sys
from pathlib import Path

import pytest

from outage.errors import ClusterRejected
from tasks.inject.hands import node_hand


def test_a_ground_without_a_command_has_no_power_over_nodes() -> None:
    """A cluster of somebody's own: the fault is refused instead of guessed at."""
    assert node_hand(None) is None


def test_the_command_is_told_what_to_do_with_which_node(tmp_path: Path) -> None:
    """`stop node-2` stands behind it, as two words."""
    written = tmp_path / "words"
    program = "import sys; open(sys.argv[1], 'w').write(' '.join(sys.argv[2:]))"
    turn = node_hand(shlex.join([sys.executable, "-c", program, str(written)]))
    assert turn is not None

    turn("stop", "node-2")

    assert written.read_text() == "stop node-2"


def test_a_command_that_fails_says_why() -> None:
    """The drill ends with the ground's own sentence."""
    turn = node_hand(shlex.join([sys.executable, "-c", "import sys; sys.exit('there is no such node')"]))
    assert turn is not None

    with pytest.raises(ClusterRejected, match=r"stop node-9: there is no such node"):
        turn("stop", "node-9")
