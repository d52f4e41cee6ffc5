"""Running the host's own tools: one sentence when they fail."""

import subprocess
from collections.abc import Sequence

from practice.practice_errors import PracticeError

EXCERPT = 300  # characters of a tool's complaint; more hides the sentence around it


def run_command(*command: str, given: str | None = None) -> str:
    """Run a tool and return what it printed.

    Raises:
        PracticeError: The tool is missing or said no.
    """
    result = attempt_command(*command, given=given)
    if result.returncode != 0:
        complaint = (result.stderr or result.stdout).strip()[-EXCERPT:]
        raise PracticeError(f"{' '.join(command)[:EXCERPT]}: exit status {result.returncode}: {complaint}")
    return result.stdout


def attempt_command(*command: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a tool whose refusal is an answer too."""
    try:
        return subprocess.run(command, input=given, text=True, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise PracticeError(
            f"{command[0]} is not on this machine; `outage practice up` installs it"
        ) from error


def run_inside(namespace: str, command: Sequence[str]) -> list[str]:
    """Return the command as it is run in a named network namespace, with the host's mounts.

    Not by `ip netns exec`: that remounts /sys and hides the cgroups.
    """
    return ["nsenter", f"--net=/run/netns/{namespace}", "--", *command]
