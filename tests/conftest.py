"""What several rooms' tests need: a real PostgreSQL, and the responder's own stack on other ports."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from blocks.record import Record
    from blocks.settings import Settings

HERE = Path(__file__).resolve().parent

PATIENCE_SECONDS = 240
"""What an idle machine needs many times over."""

# Prefect reads its home when it is imported: never the one of whoever runs the tests.
os.environ.setdefault("PREFECT_HOME", f"/tmp/outage-tests-{os.getuid()}/prefect")  # noqa: S108 - read by nobody
if worker := os.environ.get("PYTEST_XDIST_WORKER"):  # two that write one home would wait for each other
    os.environ["PREFECT_HOME"] = f"/tmp/outage-tests-{os.getuid()}/prefect-{worker}"  # noqa: S108
Path(os.environ["PREFECT_HOME"]).mkdir(parents=True, exist_ok=True)
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real PostgreSQL, started in about two seconds."""
    from stack.embedded_postgres import throwaway_postgres

    with throwaway_postgres(tmp_path_factory.mktemp("postgres") / "data") as url:
        yield url


@pytest.fixture(scope="session")
def record_dsn(postgres: str) -> str:
    """The DSN of an empty record, migrated; shared by the session, so tests use keys of their own."""
    from blocks.record.schema_migration import migrate
    from stack.embedded_postgres import make_databases, with_database

    make_databases(postgres, "outage")
    migrate(with_database(postgres, "outage"))
    return with_database(postgres, "outage")


@pytest.fixture(scope="module")
def module_dsn(postgres: str, request: pytest.FixtureRequest) -> str:
    """The DSN of a database of the module's own: what other tests left open would be in its way."""
    from stack.embedded_postgres import make_databases, with_database

    name = request.module.__name__.replace(".", "_").lower()
    make_databases(postgres, name)
    return with_database(postgres, name)


@pytest.fixture(scope="module")
def record(record_dsn: str) -> Iterator["Record"]:
    """The record itself."""
    from blocks.record import Record

    with Record.open(record_dsn) as opened:
        yield opened


@pytest.fixture(scope="session")
def ground() -> Iterator[None]:
    """The practice ground, up and healthy; taken down again only when it was not there before."""
    from practice import ground as practice_ground
    from practice import places

    stood = places.practice_kubeconfig().exists()
    practice_ground.raise_ground_up(None, print)
    yield
    if not stood:
        practice_ground.take_ground_down(print)


def eventually(what: str, true: Callable[[], Any], within_seconds: float = PATIENCE_SECONDS) -> Any:
    """Wait until something is so; what it gave."""
    deadline = time.monotonic() + within_seconds
    while not (found := true()):
        assert time.monotonic() < deadline, f"not within {within_seconds:.0f} s: {what}"
        time.sleep(0.2)
    return found


def free_port() -> int:
    """A port of the loopback that nobody has."""
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


@contextmanager
def raised(home: Path, deployments: Path) -> Iterator["Settings"]:
    """A whole stack in a home of its own, on ports of its own, for as long as the block lasts."""
    from blocks.settings import Settings
    from stack.stack_down import take_stack_down
    from stack.stack_up import bring_stack_up

    settings = Settings(
        home=home,
        prefect_port=free_port(),
        intake_port=free_port(),
        page_port=free_port(),
        intake_socket=home / "intake.sock",
        deployments_file=deployments,
        database_url=None,
        record_dsn="",
        prefect_api_url="",
    )
    try:
        bring_stack_up(settings, print)
        yield Settings(home=home)
    finally:
        take_stack_down(settings, print)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Settings"]:
    """The real deployments on a real stack; `OUTAGE_HOME` points at it while the session lasts."""
    with raised(tmp_path_factory.mktemp("stack"), HERE.parent / "prefect.yaml") as settings:
        before = os.environ.get("OUTAGE_HOME")
        os.environ["OUTAGE_HOME"] = str(settings.home)
        yield settings
        os.environ.pop("OUTAGE_HOME")
        if before is not None:
            os.environ["OUTAGE_HOME"] = before


@pytest.fixture(scope="session")
def toy_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Settings"]:
    """A real stack that runs toys, so that they can be killed."""
    with raised(tmp_path_factory.mktemp("toys"), HERE / "stack/deployments.yaml") as settings:
        yield settings
