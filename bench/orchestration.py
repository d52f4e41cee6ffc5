"""What Prefect adds to a response: the same number of flows and tasks as triage and investigation, doing nothing.

`python -m bench.orchestration API_URL` prints the seconds.
"""

import asyncio
import os
import subprocess
import sys
import time

TASKS = 4
"""Task runs of triage and investigation together: the looks, the findings, the severity, the note."""


def prefect_overhead(api_url: str) -> float:
    """Seconds for empty phases against a Prefect server, in a process of their own."""
    environment = {**os.environ, "PREFECT_API_URL": api_url, "PREFECT_LOGGING_LEVEL": "ERROR"}
    words = [sys.executable, "-m", "bench.orchestration"]
    said = subprocess.run(words, capture_output=True, text=True, check=True, env=environment)
    return float(said.stdout.strip().splitlines()[-1])


def orchestration_main() -> None:
    """Run the empty phases once and print how long they took."""
    from prefect import flow, task

    @task(persist_result=False)
    def nothing() -> None:
        """A task without work."""

    @flow(persist_result=False)
    async def phase() -> None:
        """A phase without work."""
        for _ in range(TASKS // 2):
            nothing()

    @flow(persist_result=False)
    async def both() -> None:
        """Triage and investigation without work."""
        await phase()
        await phase()

    began = time.perf_counter()
    asyncio.run(both())
    sys.stdout.write(f"{time.perf_counter() - began}\n")


if __name__ == "__main__":
    orchestration_main()
