"""The two processes that are measured: the real intake on a real record, and a handler that stores nothing."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request

from blocks.installation.platform_files import PlatformFiles
from blocks.prefect_api import Json, PrefectApi
from blocks.record import Record
from blocks.settings import Settings
from stack.intake.deliveries import Intake
from stack.intake.http_app import intake_app

WORD = "word"
TOKEN = "token"  # noqa: S105 - the name of a file
NOTHING = "nothing"
"""In place of a record: the handler that stores nothing."""


class InstantPrefect(PrefectApi):
    """A Prefect server that answers at once: what is measured is ours."""

    def __init__(self) -> None:
        """No connection."""

    def ask(self, method: str, path: str, body: Json | None = None) -> Any:
        """A deployment, or a run of it."""
        if path == "/deployments/filter":
            return [{"id": "respond"}]
        return {"id": f"run-{(body or {}).get('idempotency_key')}"}


def real_intake(home: Path, dsn: str) -> FastAPI:
    """The intake, with one more address that tells how often platform files were read."""
    files = PlatformFiles(Settings(home=home, policy_file=home / "policy.yaml"))
    (home / TOKEN).write_text(WORD)
    intake = Intake(Record.open(dsn), InstantPrefect(), timedelta(minutes=2), files.registry, files.policy_of)
    app = intake_app(intake, home / TOKEN)

    @app.get("/parsed")
    async def parsed() -> int:
        return files.parsed

    return app


def empty_handler() -> FastAPI:
    """Reads a delivery and answers."""
    app = FastAPI()

    @app.post("/webhook/alertmanager")
    async def take(request: Request) -> dict[str, int]:
        return {"alerts": len((await request.json())["alerts"])}

    return app


if __name__ == "__main__":
    home_, dsn_, port_ = sys.argv[1:]
    app_ = empty_handler() if dsn_ == NOTHING else real_intake(Path(home_), dsn_)
    uvicorn.run(app_, host="127.0.0.1", port=int(port_), log_level="warning", access_log=False)
