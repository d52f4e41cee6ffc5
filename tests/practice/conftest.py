"""The practice ground for its own tests: raised when it is not there, and then taken down again."""

from collections.abc import Iterator

import pytest

from practice import ground as practice_ground
from practice import places


@pytest.fixture(scope="session")
def ground() -> Iterator[None]:
    """The practice ground, up and healthy."""
    stood = places.practice_kubeconfig().exists()
    practice_ground.raise_ground_up(None, print)
    yield
    if not stood:
        practice_ground.take_ground_down(print)
