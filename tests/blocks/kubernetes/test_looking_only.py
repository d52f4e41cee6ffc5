"""The door for what no platform file names: it looks, and enters nothing."""

import ssl
from collections.abc import Callable
from typing import Any

import pytest

from blocks.kubernetes import Access
from blocks.kubernetes.looking_only import LookingCluster
from outage.errors import ClusterForbidden
from outage.kubernetes.objects import ObjectRef


@pytest.fixture
def door() -> LookingCluster:
    """A door to a server that is not there: what is refused is refused before it is asked."""
    access = Access(
        context="c",
        server="https://127.0.0.1:1",
        namespace="default",
        tls=ssl.create_default_context(),
        headers=dict,
    )
    return LookingCluster(access)


@pytest.mark.parametrize(
    "enter",
    [
        pytest.param(
            lambda door: door.get(ObjectRef(kind="Secret", name="s", namespace="x")), id="read a Secret"
        ),
        pytest.param(lambda door: door.list("Secret", "x"), id="list Secrets"),
        pytest.param(lambda door: door.execute("x", "pod", ["true"]), id="run a program in a pod"),
        pytest.param(lambda door: door.forward("x", "pod", 80), id="forward a port"),
    ],
)
def test_it_enters_nothing(door: LookingCluster, enter: Callable[[LookingCluster], Any]) -> None:
    """Nobody said that we may."""
    with pytest.raises(ClusterForbidden, match="no platform file names"):
        enter(door)
