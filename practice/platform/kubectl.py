"""kubectl, pointed at one cluster: the ground speaks to the API the way its users do."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from practice.host import machine
from practice.practice_errors import PracticeError

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
        return [machine.kubectl_path(), *where, "--context", self.context, *words]

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
            complaint = complaint_of(result)
            raise PracticeError(f"kubectl {' '.join(words)[:EXCERPT]} on {self.context}: {complaint}")
        return result.stdout

    def read(self, *words: str) -> dict[str, Any]:
        """Return what `kubectl get` prints as JSON; an object that is missing is an empty answer."""
        answer = self.run("get", *words, "--ignore-not-found", "-o", "json")
        found: dict[str, Any] = json.loads(answer or "{}")
        return found

    def live(self, documents: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return those of the objects that exist, as they are.

        Raises:
            PracticeError: The cluster cannot be asked.
        """
        answer = self.run("get", "-f", "-", "--ignore-not-found", "-o", "json", given=together(documents))
        found = one_after_the_other(answer)
        return [item for each in found for item in (each["items"] if each["kind"] == "List" else [each])]

    def put_in_place(
        self, documents: Sequence[dict[str, Any]], *, really: bool
    ) -> tuple[list[dict[str, Any]], str]:
        """Put objects in place of the live ones, or only try it: then the server stops before it would write.

        Returns:
            What is there now, or would be, and why some were refused; empty when none was.
        """
        mode = "none" if really else "server"
        words = ("replace", f"--dry-run={mode}", "--validate=false", "-o", "json", "-f", "-")
        answer = self.attempt(*words, given=together(documents))
        return one_after_the_other(answer.stdout), complaint_of(answer)

    def patch(self, item: dict[str, Any], merge: dict[str, Any]) -> str:
        """Merge a patch into a live object; return why it was refused, empty when it was not.

        It travels by the standard input: it may hold a Secret's values, and everybody sees a command's words.
        """
        meta = item["metadata"]
        where = ["-n", meta["namespace"]] if "namespace" in meta else []
        words = ("patch", f"{item['kind']}/{meta['name']}", *where, "--type=merge", "--patch-file=/dev/stdin")
        return complaint_of(self.attempt(*words, given=json.dumps(merge)))

    def apply(self, documents: Sequence[dict[str, Any]]) -> None:
        """Apply objects as a person would, so that the last applied configuration is on each.

        Raises:
            PracticeError: The cluster refused one.
        """
        self.run("apply", *QUICKLY, "-f", "-", given=together(documents))


def complaint_of(answer: subprocess.CompletedProcess[str]) -> str:
    """Return what kubectl complained of; nothing when it did what it was told."""
    return (answer.stderr or answer.stdout).strip()[-EXCERPT:] if answer.returncode else ""


def together(documents: Sequence[dict[str, Any]]) -> str:
    """Return objects as one document for kubectl."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(documents)})


def one_after_the_other(text: str) -> list[dict[str, Any]]:
    """Return the objects of a text that holds one JSON document after the other."""
    decoder, found, rest = json.JSONDecoder(), [], text.lstrip()
    while rest:
        item, end = decoder.raw_decode(rest)
        found.append(item)
        rest = rest[end:].lstrip()
    return found
