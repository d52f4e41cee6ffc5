"""What a node's cgroup gets of the machine."""

from pathlib import Path

import pytest

from practice.host import cgroups


@pytest.mark.parametrize(
    ("name", "default", "expected"),
    [
        pytest.param("cpu.shares", "1024", "16384", id="version 1"),
        pytest.param("cpu.weight", "100", "1600", id="version 2"),
    ],
)
def test_a_node_weighs_more_than_one_process(tmp_path: Path, name: str, default: str, expected: str) -> None:
    """Sixteen processes beside it leave a node half of the machine."""
    (tmp_path / name).write_text(default)

    cgroups.weigh_cgroup(tmp_path)

    assert (tmp_path / name).read_text() == expected


def test_a_hierarchy_without_weights_is_left_alone(tmp_path: Path) -> None:
    """The memory hierarchy has none."""
    cgroups.weigh_cgroup(tmp_path)

    assert list(tmp_path.iterdir()) == []
