"""A Prefect server that remembers which runs it was asked for: the part of its API that the intake uses."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse


class PrefectDouble:
    """Start it with `served`; set `dead` to have every answer be a 500."""

    def __init__(self) -> None:
        self.runs: dict[str, dict[str, Any]] = {}
        self.asked = 0
        self.dead = False
        self.known = True
        self.url = ""

    def app(self) -> FastAPI:
        """The HTTP side."""
        made = FastAPI()

        @made.middleware("http")
        async def death(request: Any, go_on: Any) -> Any:
            return JSONResponse({}, status_code=500) if self.dead else await go_on(request)

        @made.get("/api/health")
        async def health() -> bool:
            return True

        @made.post("/api/deployments/filter")
        async def deployments(body: dict[str, Any]) -> list[dict[str, str]]:
            name = body["deployments"]["name"]["any_"][0]
            return [{"id": "dep" if name == "respond" else f"dep-{name}", "name": name}] if self.known else []

        @made.post("/api/deployments/{deployment}/create_flow_run")
        async def create(deployment: str, body: dict[str, Any]) -> dict[str, Any]:
            self.asked += 1
            return self.runs.setdefault(
                body["idempotency_key"], {"id": f"run-{len(self.runs)}", "deployment": deployment, **body}
            )

        return made


@contextmanager
def served() -> Iterator[PrefectDouble]:
    """Serve a double on a free port of the loopback."""
    double = PrefectDouble()
    server = uvicorn.Server(uvicorn.Config(double.app(), port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    double.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/api"
    yield double
    server.should_exit = True
    thread.join()
