"""How bad an alert's own label says it is: every sender has words of its own, and the policy has a table of them.

The label is only a floor of what is measured. A word that nobody knows is said, never silently taken for mild.
"""

import re
from collections.abc import Mapping

from outage.incidents.severity import Severity
from outage.value import Value

SEVERITY_LABELS = ("severity", "priority", "level")
"""Labels that senders write it in, the usual first."""

ASSUMED = Severity.P2
"""What is asked for by an alert without a word that we know: somebody thought it worth an alert."""

SEVERITY_WORDS: Mapping[str, Severity] = {
    **dict.fromkeys(("p0", "sev0", "s0", "disaster", "emergency", "fatal", "blocker"), Severity.P0),
    **dict.fromkeys(("p1", "sev1", "s1", "critical", "crit", "page", "high", "major"), Severity.P1),
    **dict.fromkeys(
        ("p2", "sev2", "s2", "error", "warning", "warn", "medium", "average", "moderate"), Severity.P2
    ),
    **dict.fromkeys(("p3", "p4", "p5", "sev3", "sev4", "sev5", "s3", "s4"), Severity.NONE),
    **dict.fromkeys(("low", "minor", "info", "informational", "notice", "none", "ok"), Severity.NONE),
}
"""What is understood without a table of one's own; `none` means that nothing is asked for beyond what is measured."""


class SeverityFloor(Value):
    """What an alert's label asks for, and by which word."""

    severity: Severity
    word: str = ""
    """As it stands in the label; empty when there is none."""
    known: bool = True

    @property
    def says(self) -> str:
        """A sentence for people; empty when the word is known."""
        if self.known:
            return ""
        if not self.word:
            return f"it carries no severity: {self.severity} is assumed until it is measured"
        return (
            f"its severity `{self.word}` is no word that the policy's `severity_words` knows:"
            f" {self.severity} is assumed until it is measured"
        )


def severity_word(text: str) -> str:
    """The word as the table spells it: `SEV-1`, `Sev 1` and `sev1` are one."""
    return re.sub(r"[\s_-]+", "", text).casefold()


def severity_floor(labels: Mapping[str, str], words: Mapping[str, Severity] | None = None) -> SeverityFloor:
    """Read the least severity that an alert's labels ask for.

    Args:
        labels: The alert's.
        words: The policy's own table, which comes before ours; its keys as `severity_word` spells them.
    """
    said = next((labels[name] for name in SEVERITY_LABELS if labels.get(name, "").strip()), "")
    table = {**SEVERITY_WORDS, **(words or {})}
    found = table.get(severity_word(said))
    if found is None:
        return SeverityFloor(severity=ASSUMED, word=said, known=False)
    return SeverityFloor(severity=found, word=said)
