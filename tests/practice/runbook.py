"""The runbook's commands, read from the runbook: nothing is copied, so nothing can be copied wrongly."""

import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

RUNBOOK = Path(__file__).parent.parent.parent / "docs" / "runbook.md"
BLOCK = re.compile(r"```bash\n(.*?)```", re.DOTALL)
FORWARD = "kubectl port-forward"


@dataclass(frozen=True)
class Command:
    """One command as it stands, and what has to run beside it."""

    text: str
    beside: str = ""
    """The port-forward typed before it in the same block."""

    @property
    def name(self) -> str:
        """Return it on one line, for a test's name."""
        return " ".join(self.text.split())[:110]


@cache
def commands(runbook: str) -> list[Command]:
    """Return every command in the order of the runbook."""
    found = []
    for block in BLOCK.findall(runbook):
        forward = ""
        for text in statements(block):
            needs = forward if text.startswith("psql") else ""
            found.append(Command(text, needs))
            forward = text if text.startswith(FORWARD) else forward
    return found


def statements(block: str) -> list[str]:
    """Split a block where the shell itself would: a line is added until bash calls it whole."""
    whole, growing = [], ""
    for line in block.splitlines():
        if not growing and (not line.strip() or line.lstrip().startswith("#")):
            continue
        growing = f"{growing}\n{line}" if growing else line
        if subprocess.run(["bash", "-n", "-c", growing], capture_output=True, check=False).returncode == 0:
            whole.append(growing)
            growing = ""
    assert not growing, f"the runbook ends in the middle of {growing!r}"
    return whole
