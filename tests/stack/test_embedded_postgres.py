"""One database, named in the words of psycopg, of Prefect, and of people."""

from pathlib import Path

import pytest

from stack import embedded_postgres


@pytest.mark.parametrize(
    ("url", "prefect"),
    [
        pytest.param(
            "postgresql://postgres@/prefect?host=/var/lib/outage",
            "postgresql+asyncpg://postgres@/prefect?host=/var/lib/outage",
            id="the embedded one",
        ),
        pytest.param(
            "postgresql://ada:s%40crt@db:5432/prefect?sslmode=require",
            "postgresql+asyncpg://ada:s%40crt@db:5432/prefect?ssl=require",
            id="a server of the user's, with TLS",
        ),
    ],
)
def test_prefect_is_told_in_its_own_words(url: str, prefect: str) -> None:
    """SQLAlchemy's asyncpg knows no sslmode."""
    assert embedded_postgres.for_prefect(url) == prefect


def test_another_database_of_the_same_server() -> None:
    """The user names one; we use two."""
    url = embedded_postgres.with_database("postgresql://ada@db/postgres?sslmode=require", "outage")

    assert url == "postgresql://ada@db/outage?sslmode=require"


def test_a_long_path_has_a_short_socket(tmp_path: Path) -> None:
    """The kernel takes 107 characters."""
    deep = tmp_path / ("x" * 120)

    assert embedded_postgres.socket_folder(tmp_path) == tmp_path
    assert len(str(embedded_postgres.socket_folder(deep))) < embedded_postgres.SOCKET_PATH_LIMIT


def test_a_database_of_a_long_path_is_served(tmp_path: Path) -> None:
    """Homes can be anywhere."""
    with embedded_postgres.throwaway_postgres(tmp_path / ("x" * 120) / "data") as url:
        assert embedded_postgres.postgres_answers(url) is None


def test_an_interrupted_making_is_made_anew(tmp_path: Path) -> None:
    """Killed in the middle of initdb: what is there is not a database."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "PG_VERSION").write_text("18")

    with embedded_postgres.throwaway_postgres(tmp_path / "data") as url:
        assert embedded_postgres.postgres_answers(url) is None


def test_databases_are_made_once(postgres: str) -> None:
    """A second start finds them."""
    from stack.embedded_postgres import make_databases, postgres_answers, with_database

    make_databases(postgres, "once")
    make_databases(postgres, "once")

    assert postgres_answers(with_database(postgres, "once")) is None
    assert postgres_answers(with_database(postgres, "never")) is not None
