"""What happened, in order: append-only lines that the report renders."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256

from outage.value import Value

SHORTEST_HEAD = 12
"""Characters of a hash that are enough to tell it from all others of a timeline."""


class EntryKind(StrEnum):
    """What a line of the timeline tells; records and the JSON of `show` have these words."""

    ALERT = "alert"
    PHASE = "phase"
    SEVERITY = "severity"
    EVIDENCE = "evidence"
    HYPOTHESIS = "hypothesis"
    PLAN = "plan"
    APPROVAL = "approval"
    WRITE = "write"
    VERIFY = "verify"
    MESSAGE = "message"
    ESCALATION = "escalation"
    NOTE = "note"
    ENDING = "ending"


class Entry(Value):
    """One line of the timeline."""

    key: str
    """Unique within the incident, so that writing it twice changes nothing."""
    at: datetime
    kind: EntryKind
    says: str
    by: str = "outage"
    hash: str = ""
    """Covers the line and the hash of the line written before it; empty for lines from before there was a chain."""


class ChainBreak(Value):
    """Where a timeline is not what was written."""

    key: str
    says: str


def link_hash(before: str, incident_id: str, entry: Entry) -> str:
    """The hash of a line: of what it says, and through the hash before it of everything written before.

    Args:
        before: Hash of the line written before; empty for the first.
        incident_id: Id of the incident.
        entry: The line; its own hash does not count.
    """
    moment = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    words = [before, incident_id, entry.key, moment, entry.kind, entry.says, entry.by]
    return sha256(json.dumps(words, ensure_ascii=False).encode()).hexdigest()


def chain_break(incident_id: str, written: Sequence[Entry], head: str = "") -> ChainBreak | None:
    """The first place where a timeline was changed, or None.

    Args:
        incident_id: Id of the incident.
        written: Its lines in the order of writing.
        head: Hash that a line had when it was written down elsewhere, or at least its first 12 characters; empty when
            nobody did. A chain from whose end lines were cut is only seen by it.
    """
    before = ""
    for entry in written:
        if not entry.hash and not before:
            continue  # from before there was a chain
        if link_hash(before, incident_id, entry) != entry.hash:
            return ChainBreak(
                key=entry.key, says=f"the line `{entry.key}`, or one before it, is not what was written"
            )
        before = entry.hash
    if head and len(head) < SHORTEST_HEAD:
        return ChainBreak(
            key="", says=f"{head} is too short to prove anything: give {SHORTEST_HEAD} characters"
        )
    if head and not any(entry.hash.startswith(head) for entry in written):
        return ChainBreak(key="", says=f"no line has the hash {head[:12]}…: lines were taken away")
    return None
