"""The Prefect server as one process of ours: API, UI and services on loopback.

The same application as `prefect server start`, without the second and third import of Prefect that its command
line costs, and bound to 127.0.0.1 whatever the profile of whoever calls says.
"""

import asyncio
import sys

import uvicorn

from blocks.settings import Settings
from stack.processes.heartbeats import serve_alive


def serve_prefect(port: int) -> None:
    """Serve until told to stop."""
    from prefect.server.api.server import create_app

    config = uvicorn.Config(
        create_app(final=True),
        host="127.0.0.1",
        port=port,
        log_level="warning",
        timeout_keep_alive=30,
        timeout_graceful_shutdown=2,  # open browser tabs hold websockets for ever
    )
    asyncio.run(serve_alive(Settings(), "server", uvicorn.Server(config)))


def main() -> None:
    """Serve on the port that is given as the argument."""
    serve_prefect(int(sys.argv[1]))


if __name__ == "__main__":
    main()
