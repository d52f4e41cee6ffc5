"""A record of the drills' own: what other tests left open would keep every drill from being begun."""

from collections.abc import Iterator

import pytest

from blocks.record import Record


@pytest.fixture(scope="module")
def own_record(module_dsn: str) -> Iterator[Record]:
    """An empty record of the module's own, migrated."""
    with Record.open(module_dsn) as opened:
        yield opened
