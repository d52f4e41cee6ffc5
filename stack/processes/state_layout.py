"""Where the stack keeps its things below the home, and the environment that its processes get."""

import hashlib
import os
from pathlib import Path

from blocks.settings import HERE, Settings
from stack import embedded_postgres

EVENTS_KEPT = "P2D"
"""As Prefect spells two days: its events drive the automations of a moment, and are half of what an incident leaves."""
MARK = "OUTAGE_STACK"
"""Every process of a stack carries its home in this variable: that is how `down` finds a stray."""


def state_folder(settings: Settings, name: str) -> Path:
    """What is known about a running process: `run/server.json`."""
    return settings.home / "run" / f"{name}.json"


def choice_mark(settings: Settings) -> str:
    """What tells one choice of `outage up` from another: a process that was started with another one is out of date."""
    try:
        return hashlib.sha256(settings.stack_file.read_bytes()).hexdigest()[:16]
    except OSError:
        return ""


def units_file(settings: Settings) -> Path:
    """Stands while systemd's units keep this home, and says which: `outage install` writes it."""
    return settings.home / "units.json"


def stop_file(settings: Settings) -> Path:
    """Stands while the stack is taken down: nobody starts anything then."""
    return settings.home / "run" / "stopping"


def log_path(settings: Settings, name: str) -> Path:
    """What a process said: `logs/server.log`."""
    return settings.home / "logs" / f"{name}.log"


def flow_log(settings: Settings, run_id: str) -> Path:
    """What a flow process said outside Prefect's logging."""
    return settings.home / "logs" / "flows" / f"{run_id}.log"


def flow_states(settings: Settings) -> Path:
    """Which processes carry which flow runs."""
    return settings.home / "run" / "flows"


def embedded_folder(settings: Settings) -> Path | None:
    """The folder of the embedded PostgreSQL; None when the user has a server of their own."""
    return None if settings.database_url else settings.home / "postgres"


def database_file(settings: Settings, name: str) -> str:
    """The URL of one of our databases (`postgres` for none in particular)."""
    if settings.database_url:
        same = name == "postgres"
        return settings.database_url if same else embedded_postgres.with_database(settings.database_url, name)
    return embedded_postgres.embedded_dsn(settings.home / "postgres", name)


def stack_environment(settings: Settings) -> dict[str, str]:
    """The environment of every process of the stack.

    Prefect's own variables of whoever calls are left out: a PREFECT_API_URL of another server would send our runs
    there. So are ours, but for the home: everything else stands in stack.json, where an edit takes effect.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PREFECT_", "OUTAGE_")) and name != "PYTHONDONTWRITEBYTECODE"
    }
    return {
        **kept,
        "OUTAGE_HOME": str(settings.home),
        MARK: str(settings.home),
        "PYTHONPATH": str(HERE),
        **flow_environment(settings),
        "NO_PROXY": ",".join(filter(None, [kept.get("NO_PROXY", ""), "127.0.0.1", "localhost"])),
        **_of_the_server(settings),
    }


def flow_environment(settings: Settings) -> dict[str, str]:
    """What whoever carries flows is given for Prefect, beside the server or far from it."""
    return {
        "PYTHONUNBUFFERED": "1",
        "PREFECT_HOME": str(settings.home / "prefect"),
        "PREFECT_API_URL": settings.prefect_api_url,
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_CLIENT_MAX_RETRIES": "8",  # a supervisor restarts the server within these
        "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "false",  # one request less at the start of every flow
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",  # what must last is in the record
    }


def _of_the_server(settings: Settings) -> dict[str, str]:
    """The Prefect server's settings. All processes have them: they are forks of one that imported the server."""
    return {
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": embedded_postgres.for_prefect(
            database_file(settings, "prefect")
        ),
        "PREFECT_SERVER_UI_API_URL": settings.prefect_api_url,
        "PREFECT_UI_URL": settings.prefect_ui_url,
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        # Task runs and events reach the timeline in batches instead of one by one. (Half a second is read as 0
        # and spins.)
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "50",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
        "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "50",
        "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_FLUSH_INTERVAL": "1",
        # Slots that runs hold must outlive a killed server, or their next renewal cancels them.
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
        # What a month of outages leaves in Prefect's tables is more than anybody reads; open incidents' runs stay.
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(settings.runs_kept_days * 86_400),
        "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": EVENTS_KEPT,
        # No work pools and workers here: our runner asks for deployments' runs itself.
        "PREFECT_SERVER_SERVICES_FOREMAN_ENABLED": "false",
    }
