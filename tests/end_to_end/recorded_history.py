"""The history of a run: from the record, from the API server's audit log, and from what the services saw."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from blocks.kubernetes.api_kinds import KINDS
from blocks.record import Record
from outage.kubernetes.objects import ObjectRef
from outage.people.outbox_message import MessageState, OutboxMessage
from outage.plans.approval import Answer
from outage.plans.outcome import StepDid
from outage.verification.run_history import (
    AlertHeard,
    AnswerHeard,
    IncidentSeen,
    IntentSeen,
    MessageHeard,
    RunHistory,
    WriteSeen,
    broken_promises,
)
from practice.cluster.audit_log import AUDITED_USERS, audit_file

BY_PLURAL = {kind.plural: name for name, kind in KINDS.items()}
NOT_AUDITED = ("session/", "node/")
"""Targets of which the audit log says nothing, or, of a node that was cordoned already, need not say anything."""


def audited_writes(log: Iterable[str], user: str) -> Iterator[WriteSeen]:
    """The writes of one identity that the API server took, oldest first; tries and refusals are none.

    Args:
        log: Lines of the audit log.
        user: As the API server calls the writing identity.
    """
    for line in log:
        event = json.loads(line)
        taken = event["stage"] == "ResponseComplete" and event["responseStatus"]["code"] < 300
        if taken and event["user"]["username"] == user and "dryRun=" not in event["requestURI"]:
            yield from _write_of(event)


def _write_of(event: dict[str, Any]) -> Iterator[WriteSeen]:
    of, verb = event["objectRef"], event["verb"]
    if verb not in ("create", "update", "patch", "delete") or of["resource"] not in BY_PLURAL:
        return
    name = of.get("name") or event.get("responseObject", {}).get("metadata", {}).get("name", "")
    target = ObjectRef(kind=BY_PLURAL[of["resource"]], name=name, namespace=of.get("namespace", ""))
    yield WriteSeen(
        target=str(target),
        verb="evict" if of.get("subresource") == "eviction" else verb,
        at=datetime.fromisoformat(event["requestReceivedTimestamp"].replace("Z", "+00:00")),
        of_proof=target.kind == "Job" or of.get("subresource") == "eviction",
    )


def history_of(
    record: Record, audit: Path, user: str, seen: Callable[[OutboxMessage], int], since: datetime
) -> RunHistory:
    """Everything that is known of a run.

    Args:
        record: Says what was meant.
        audit: The API server's log.
        user: As the API server calls the writing identity.
        seen: How often a message is visible at its service.
        since: When the run began; what is older belongs to another one.
    """
    incidents = [one for one in record.incidents(limit=10_000) if one.opened_at >= since]
    lines = audit.read_text(encoding="utf-8").splitlines()
    writes = [one for one in audited_writes(lines, user) if one.at >= since]
    return RunHistory(
        alerts=tuple(_alerts(record, since)),
        incidents=tuple(IncidentSeen(id=one.id, ended=one.closed_at is not None) for one in incidents),
        answers=tuple(
            AnswerHeard(
                incident=one.id, plan_hash=said.plan_hash, yes=said.answer is Answer.APPROVE, at=said.at
            )
            for one in incidents
            for said in record.approvals(one.id)
        ),
        intents=tuple(_intents(record, since)),
        writes=tuple(writes),
        messages=tuple(
            MessageHeard(key=told.key, received=told.state is MessageState.RECEIPT, seen=seen(told))
            for one in incidents
            for told in record.messages(one.id)
        ),
    )


def promises_kept(record: Record, since: datetime) -> None:
    """Assert that nothing was lost, doubled or unapproved, by the record and by what the API server wrote down."""
    history = history_of(record, audit_file(), AUDITED_USERS[0], lambda message: 1, since)
    found = broken_promises(history)
    print("\n".join(found.lines()))  # noqa: T201 - the counts are what is shown
    assert found.kept, "\n".join(found.lines())
    assert history.writes
    assert history.incidents


def _alerts(record: Record, since: datetime) -> Iterator[AlertHeard]:
    rows = record.rows(
        "read which incident has which alert",
        "select a.fingerprint, coalesce(min(m.incident), '') as incident from outage.alert a"
        " left join outage.member m using (fingerprint) where a.firing and a.received_at >= %s"
        " and a.body ->> 'name' <> 'Watchdog' group by a.fingerprint",
        since,
    )
    for row in rows:
        yield AlertHeard(**row)


def _intents(record: Record, since: datetime) -> Iterator[IntentSeen]:
    wrote = {StepDid.APPLIED: True, StepDid.ALREADY_SO: False, StepDid.FAILED: None}
    rows = record.rows(
        "read the intents of a run",
        "select incident, plan_hash, step_key, target, at, outcome ->> 'did' as did from outage.intent"
        " where at >= %s order by written",
        since,
    )
    for row in rows:
        did = row.pop("did")
        known = None if did is None or row["target"].startswith(NOT_AUDITED) else wrote[StepDid(did)]
        yield IntentSeen(**row, wrote=known)
