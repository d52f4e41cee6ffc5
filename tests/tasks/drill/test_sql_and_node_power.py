"""What a drill can do that no API can: the ground's own command stops and starts nodes and the scheduler."""

import shlex
import sys
from pathlib import Path

import pytest

from outage.errors import ClusterRejected
from outage.incidents.fault import Injection
from outage.kubernetes.objects import ObjectRef
from outage.plans.fence import unshared_fence
from tasks.drill.injection import inject_step
from tasks.drill.marked_ground import MarkedGround
from tasks.drill.sql_and_node_power import node_power
from tests.blocks.fake_api import fake_api, status

SCHEDULER = ObjectRef(kind="Component", name="kube-scheduler", namespace="kube-system")


def test_a_ground_without_a_command_has_no_power_over_nodes() -> None:
    """A cluster of somebody's own: the fault is refused instead of guessed at."""
    assert node_power(None) is None


def test_the_command_is_told_what_to_do_with_which_node(tmp_path: Path) -> None:
    """`stop node-2` stands behind it, as two words."""
    written = tmp_path / "words"
    program = "import sys; open(sys.argv[1], 'w').write(' '.join(sys.argv[2:]))"
    turn = node_power(shlex.join([sys.executable, "-c", program, str(written)]))
    assert turn is not None

    turn("stop", "node-2")

    assert written.read_text() == "stop node-2"


def test_a_command_that_fails_says_why() -> None:
    """The drill ends with the ground's own sentence."""
    turn = node_power(shlex.join([sys.executable, "-c", "import sys; sys.exit('there is no such node')"]))
    assert turn is not None

    with pytest.raises(ClusterRejected, match=r"stop node-9: there is no such node"):
        turn("stop", "node-9")


def test_a_part_of_the_control_plane_is_stopped_and_started_by_the_same_hand() -> None:
    """The API knows it no more than a kubelet, and is not asked."""
    told: list[tuple[str, str]] = []
    with fake_api(lambda path, query: status(500, "nobody asked")) as (cluster, api):
        ground = MarkedGround(
            cluster, "shop", unshared_fence("shop"), nodes=lambda what, name: told.append((what, name))
        )
        inject_step(ground, Injection(do="stop-part", target=SCHEDULER))
        inject_step(ground, Injection(do="start-part", target=SCHEDULER))

    assert told == [("stop", "kube-scheduler"), ("start", "kube-scheduler")]
    assert api.asked == []


def test_a_ground_without_that_power_refuses_instead_of_guessing() -> None:
    """A cluster of somebody's own."""
    with (
        fake_api(lambda path, query: status(500, "nobody asked")) as (cluster, _),
        pytest.raises(ClusterRejected, match="stop-part kube-scheduler: nobody here"),
    ):
        inject_step(
            MarkedGround(cluster, "shop", unshared_fence("shop")), Injection(do="stop-part", target=SCHEDULER)
        )
