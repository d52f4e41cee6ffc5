"""kubectl, pointed at one cluster: the ground speaks to the API the way its users do."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from practice.cluster import machine
from practice.errors import PracticeError

EXCERPT = 400  # characters of kubectl's complaint; more hides the sentence around it
ALONE_SECONDS = 120
QUICKLY = ("--validate=false", "--openapi-patch=false")
"""Our objects are all of built-in kinds, which kubectl knows by heart: reading the API's schema took 50 s of 53."""


@dataclass(frozen=True)
class Kubectl:
    """One cluster, by kubeconfig and context."""

    kubeconfig: Path | None
    """None means kubectl's own default."""
    context: str

    def command(self, *words: str) -> list[str]:
        """Return the words as they are run."""
        where = ["--kubeconfig", str(self.kubeconfig)] if self.kubeconfig else []
        return [machine.kubectl(), *where, "--context", self.context, *words]

    def attempt(self, *words: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run kubectl when its refusal is an answer too."""
        limit = ["--request-timeout=20s"]
        return subprocess.run(
            self.command(*limit, *words),
            input=given,
            text=True,
            capture_output=True,
            check=False,
            timeout=ALONE_SECONDS,
        )

    def run(self, *words: str, given: str | None = None) -> str:
        """Run kubectl and return what it printed.

        Raises:
            PracticeError: The cluster cannot be reached, or it said no.
        """
        result = self.attempt(*words, given=given)
        if result.returncode != 0:
            complaint = (result.stderr or result.stdout).strip()[-EXCERPT:]
            raise PracticeError(f"kubectl {' '.join(words)[:EXCERPT]} on {self.context}: {complaint}")
        return result.stdout

    def read(self, *words: str) -> dict[str, Any]:
        """Return what `kubectl get` prints as JSON; an object that is missing is an empty answer."""
        answer = self.run("get", *words, "--ignore-not-found", "-o", "json")
        found: dict[str, Any] = json.loads(answer or "{}")
        return found

    def apply(self, documents: Sequence[dict[str, Any]]) -> None:
        """Apply objects as a person would, so that the last applied configuration is on each.

        Raises:
            PracticeError: The cluster refused one.
        """
        together = {"apiVersion": "v1", "kind": "List", "items": list(documents)}
        self.run("apply", *QUICKLY, "-f", "-", given=json.dumps(together))
