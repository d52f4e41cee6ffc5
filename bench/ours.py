"""Our looks in a process of their own: seconds, and the most memory that the process ever held.

`python -m bench.ours triage|investigate KUBECONFIG PLATFORM` prints one line of JSON. The clock starts before
the door is opened and stops when the diagnosis stands; the interpreter's start is measured by `whole`.
"""

import json
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def measured(phase: str, kubeconfig: str, platform_file: str) -> dict[str, Any]:
    """Look and diagnose once in a fresh process."""
    words = [sys.executable, "-m", "bench.ours", phase, kubeconfig, platform_file]
    began = time.perf_counter()
    said = subprocess.run(words, capture_output=True, text=True, check=False)
    if said.returncode:
        raise RuntimeError(f"measure our {phase}: {said.stderr.strip().splitlines()[-1]}")
    return {**json.loads(said.stdout), "process_seconds": time.perf_counter() - began}


def main(phase: str, kubeconfig: str, platform_file: str) -> None:
    """Look, diagnose, and tell what it cost."""
    import blocks.database  # noqa: F401 - what a running responder has loaded
    import outage.templates  # noqa: F401
    from blocks.cluster import Cluster
    from outage.diagnosis import diagnose
    from outage.platform_file import load_platform
    from tasks.observe import look, wide_look

    platform = load_platform(Path(platform_file))
    began = time.perf_counter()
    cluster = Cluster.from_kubeconfig(kubeconfig)
    seen = (wide_look if phase == "triage" else look)(cluster, platform, now=lambda: datetime.now(UTC))
    looked = time.perf_counter() - began
    diagnosis = diagnose(seen, platform)
    body = {
        "seconds": time.perf_counter() - began,
        "looking_seconds": looked,
        "calls": cluster.calls,
        "bytes_read": cluster.bytes_read,
        "resident_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "findings": len(diagnosis.findings),
        "unseen": sum(one.unseen is not None for one in seen.evidence),
    }
    sys.stdout.write(json.dumps(body) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:4])
