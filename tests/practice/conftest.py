"""The practice ground for its own tests: raised when it is not there, and then taken down again."""

from collections.abc import Iterator

import pytest

from practice import ground as practice_ground
from practice import places


@pytest.fixture(scope="session")
def ground() -> Iterator[None]:
    """The practice ground, up and healthy."""
    stood = places.kubeconfig().exists()
    practice_ground.up(None, print)
    yield
    if not stood:
        practice_ground.down(print)
