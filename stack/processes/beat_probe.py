"""Whether a process of ours in this container lives: for Kubernetes' probes, so it imports next to nothing.

`python3 -m stack.processes.beat_probe runner` ends with 0 while the loop of the runner goes round.
"""

import os
import sys
import time
from pathlib import Path

SILENT_SECONDS = 60
"""As `stack.processes.heartbeats` has it; a test compares the two."""


def beat_silence(home: Path, name: str, now: float) -> str:
    """Why a process is not believed to live; empty when it is.

    Args:
        home: Where the processes of this container keep their files.
        name: Of the process.
        now: Seconds since the epoch.
    """
    try:
        silent = now - (home / "run" / f"{name}.beat").stat().st_mtime
    except OSError as error:
        return f"{name} has not begun: {error.strerror}"
    return f"the loop of {name} did not go round for {silent:.0f} s" if silent > SILENT_SECONDS else ""


def main() -> int:
    """Say why not on stderr, where `kubectl describe pod` shows it."""
    silence = beat_silence(Path(os.environ.get("OUTAGE_HOME", "")), sys.argv[1], time.time())
    if silence:
        sys.stderr.write(f"{silence}\n")
    return 1 if silence else 0


if __name__ == "__main__":
    raise SystemExit(main())
