"""Our looks in a process of their own: seconds, and the most memory that the process ever held.

`python -m bench.ours triage|investigate|strangers KUBECONFIG PLATFORM` prints one line of JSON. The clock starts
before the door is opened and stops when the diagnosis stands; the interpreter's start is measured by `whole`.
`strangers` is `outage investigate` without a platform file: where to look is found out first, in the same time.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from blocks.kubernetes import Cluster
    from outage.platforms.platform import Platform
    from outage.snapshots.case import Case

    Looking = Callable[[Cluster, Platform], Case]

WITHIN = timedelta(seconds=45)
"""What `outage investigate` allows itself."""


def measured_look(phase: str, kubeconfig: str, platform_file: str) -> dict[str, Any]:
    """Look and diagnose once in a fresh process."""
    words = [sys.executable, "-m", "bench.our_looks", phase, kubeconfig, platform_file]
    began = time.perf_counter()
    said = subprocess.run(words, capture_output=True, text=True, check=False)
    if said.returncode:
        raise RuntimeError(f"measure our {phase}: {said.stderr.strip().splitlines()[-1]}")
    return {**json.loads(said.stdout), "process_seconds": time.perf_counter() - began}


def run_look(phase: str, first: "Callable[[Case], None]") -> "Looking":
    """How a phase looks; it is imported before the clock starts, as in a running responder."""
    from cli.investigate_command import look_around
    from outage.snapshots.case import Case
    from tasks.observe import collect_wide_snapshot

    def now() -> datetime:
        return datetime.now(UTC)

    if phase == "triage":
        return lambda cluster, platform: Case(
            snapshot=collect_wide_snapshot(cluster, platform, now=now), platform=platform
        )
    with_file = phase == "investigate"
    return lambda cluster, platform: look_around(
        cluster, (), platform if with_file else None, WITHIN, first=first
    )


def our_looks_main(phase: str, kubeconfig: str, platform_file: str) -> None:
    """Look, diagnose, and tell what it cost."""
    import blocks.postgres.database_reader  # noqa: F401 - what a running responder has loaded
    from blocks.kubernetes import Cluster
    from outage.diagnosis import diagnose
    from outage.platforms.platform_file import load_platform
    from tasks.observe.budget import paused_garbage

    answered: list[float] = []

    def first(case: "Case") -> None:
        diagnose(case)
        answered.append(time.perf_counter() - began)

    platform, look = load_platform(Path(platform_file)), run_look(phase, first)
    began, spent = time.perf_counter(), time.process_time()
    cluster = Cluster.from_kubeconfig(kubeconfig)
    case = look(cluster, platform)
    looked = time.perf_counter() - began
    with paused_garbage():
        diagnosis = diagnose(case)
    body = {
        "seconds": time.perf_counter() - began,
        "first_seconds": answered[0] if answered else None,
        "looking_seconds": looked,
        "cpu_seconds": time.process_time() - spent,
        "calls": cluster.calls,
        "bytes_read": cluster.bytes_read,
        "resident_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "findings": len(diagnosis.findings),
        "unseen": sum(one.unseen is not None for one in case.snapshot.evidence),
    }
    sys.stdout.write(json.dumps(body) + "\n")


if __name__ == "__main__":
    our_looks_main(*sys.argv[1:4])
