"""A record of the drills' own: what other tests left open would keep every drill from being begun."""

from collections.abc import Iterator

import pytest

from blocks.record import Record


@pytest.fixture(scope="module")
def own_record(postgres: str) -> Iterator[Record]:
    """An empty record, migrated."""
    from blocks.record.schema_migration import migrate
    from stack.embedded_postgres import make_databases, with_database

    make_databases(postgres, "drills")
    migrate(with_database(postgres, "drills"))
    with Record.open(with_database(postgres, "drills")) as opened:
        yield opened
