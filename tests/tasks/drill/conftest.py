"""A record of the drills' own: what other tests left open would keep every drill from being begun."""

from collections.abc import Iterator

import pytest

from blocks.record import Record


@pytest.fixture(scope="module")
def own_record(postgres: str, request: pytest.FixtureRequest) -> Iterator[Record]:
    """An empty record of the module's own, migrated."""
    from blocks.record.schema_migration import migrate
    from stack.embedded_postgres import make_databases, with_database

    name = f"drills_{request.module.__name__.rpartition('.')[2].lower()}"
    make_databases(postgres, name)
    migrate(with_database(postgres, name))
    with Record.open(with_database(postgres, name)) as opened:
        yield opened
