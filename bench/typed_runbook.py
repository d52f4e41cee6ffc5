"""The runbook's kubectl commands, typed one after the other as they stand, and how long that takes."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent
RUNBOOK = HOUSE / "docs" / "runbook.md"
BLOCK = re.compile(r"```bash\n(.*?)```", re.DOTALL)
PHASES = {"triage": "## Immediate Response", "investigate": "## Investigation Phase"}
LEFT_OUT = ("kubectl port-forward",)
"""Runs until it is stopped; the psql and curl commands cost the same typed or not and are left out too."""
BEYOND_OBJECTS = ("kubectl logs", "kubectl exec", "kubectl top")
"""What reads logs, enters pods or asks for usage: no first pass does."""
LONGEST_SECONDS = 120


def runbook_commands(phase: str) -> list[str]:
    """The kubectl commands of a phase, in the runbook's order; a loop over services is one command."""
    text = RUNBOOK.read_text()
    start = text.index(PHASES[phase])
    section = text[start : text.index("\n## ", start + 5)]
    found: list[str] = []
    for block in BLOCK.findall(section):
        growing = ""
        for line in block.splitlines():
            if not growing and (not line.strip() or line.lstrip().startswith("#")):
                continue
            growing = f"{growing}\n{line}" if growing else line
            if (
                subprocess.run(["bash", "-n", "-c", growing], capture_output=True, check=False).returncode
                == 0
            ):
                found.append(growing)
                growing = ""
    return [one for one in found if "kubectl " in one and not one.startswith(LEFT_OUT)]


def object_commands() -> list[str]:
    """The commands of both phases that read nothing but objects: what a first pass stands for."""
    every = [one for phase in PHASES for one in runbook_commands(phase)]
    return [one for one in every if not any(word in one for word in BEYOND_OBJECTS)]


def typed_seconds(commands: list[str], kubeconfig: str) -> float:
    """Seconds for a person who types these without thinking and reads nothing."""
    beside = str(Path(sys.executable).parent)
    environment = {**os.environ, "KUBECONFIG": kubeconfig, "PATH": f"{beside}:{os.environ['PATH']}"}
    began = time.perf_counter()
    for command in commands:
        subprocess.run(
            ["bash", "-c", command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=LONGEST_SECONDS,
            check=False,
        )
    return time.perf_counter() - began
