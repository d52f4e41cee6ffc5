"""The evidence of one incident as files without secrets, with an index that says what each is and what is not there.

Runbook: "Immediate". Pure: files come in and go out as bytes by path.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from outage.errors import ClusterRejected
from outage.incidents.timeline import Entry
from outage.kubernetes.json_patch import patched_object
from outage.people.outbox_message import OutboxMessage
from outage.plans.plan import Intent, Plan, Step
from outage.reports.post_incident.post_mortem import post_mortem
from outage.reports.record_json import account_in_json
from outage.reports.report import Account, report
from outage.text.redaction import printable, redact
from outage.value import Manifest, Value

INDEX = "index.json"
VERSION = 1
TRAFFIC = ("service", "at", "phase", "error_ratio", "latency_seconds", "requests_per_second")
USAGE = ("look", "kind", "namespace", "name", "cpu_cores", "memory_bytes")


class EvidenceFile(Value):
    """One file of the bundle."""

    path: str
    what: str
    """What it is, for the index."""
    content: bytes


class EvidenceSources(Value):
    """Where it all comes from."""

    account: Account
    diagnoses: dict[str, dict[str, Any]] = {}
    """By phase, as the record keeps them."""
    chain: tuple[Entry, ...] = ()
    """The timeline in the order of writing."""
    intents: tuple[Intent, ...] = ()
    messages: tuple[OutboxMessage, ...] = ()
    looks: dict[str, dict[str, bytes]] = {}
    """Look → the files of its bundle by path."""


def evidence_files(sources: EvidenceSources, at: datetime) -> list[EvidenceFile]:
    """Everything, the index first.

    Args:
        sources: What is known.
        at: When the bundle is made; it stands in the index.
    """
    files = sorted(_files(sources), key=lambda one: one.path)
    return [_index(sources, files, at), *files]


def _files(sources: EvidenceSources) -> Iterator[EvidenceFile]:
    account = sources.account
    yield _text("report.md", "the report", report(account))
    yield _text("post-mortem.md", "the post-mortem, prefilled from the record", post_mortem(account))
    yield _json("incident.json", "the incident, as `outage show --json` prints it", account_in_json(account))
    yield _json(
        "timeline.json", "the timeline: `outage timeline --verify --from` proves it", _timeline(sources)
    )
    for phase, body in sources.diagnoses.items():
        yield _json(f"diagnosis/{phase}.json", f"what {phase} concluded", printable(body))
    for plan in account.plans:
        yield from _of_plan(plan)
    yield from _manifests(account.plans, sources.intents)
    yield _json("messages.json", "what people were told", [_message(one) for one in sources.messages])
    yield _csv("metrics/traffic.csv", "traffic, as each look measured it", TRAFFIC, _traffic(account))
    yield from _of_looks(sources.looks)


def _timeline(sources: EvidenceSources) -> dict[str, Any]:
    """As `outage timeline --json` prints it; a line that held a secret is no longer what was written."""
    entries = [_redacted_entry(one).model_dump(mode="json") for one in sources.chain]
    return {"version": VERSION, "incident": sources.account.incident.id, "entries": entries}


def _redacted_entry(entry: Entry) -> Entry:
    return entry.model_copy(update={"says": redact(entry.says), "by": redact(entry.by)})


def _of_plan(plan: Plan) -> Iterator[EvidenceFile]:
    body = printable({"hash": plan.hash, **plan.model_dump(mode="json")})
    yield _json(f"plans/{plan.attempt}.json", f"plan {plan.attempt}: {redact(plan.summary)}", body)
    diff = "\n".join(f"# {one.key}\n{redact(one.diff)}" for one in plan.steps if one.diff)
    if diff:
        yield _text(f"plans/{plan.attempt}.diff", f"what plan {plan.attempt} changes", f"{diff}\n")


def _manifests(plans: Sequence[Plan], intents: Sequence[Intent]) -> Iterator[EvidenceFile]:
    """Each object that was about to be written: as it was, and as the approved step makes it."""
    steps = {(plan.hash, step.key): (plan, step) for plan in plans for step in plan.steps}
    for one in intents:
        if (one.plan_hash, one.step_key) not in steps:
            continue  # the undoing of a step: the object before it is the one that the step made
        plan, step = steps[one.plan_hash, one.step_key]
        place, before = f"manifests/{plan.attempt}-{step.key}", one.way_back.before
        if before is not None:
            yield _json(f"{place}/before.json", f"{step.change.target} before the write", printable(before))
        if (after := _after(step, before)) is not None:
            yield _json(f"{place}/after.json", f"{step.change.target} as the step makes it", printable(after))


def _after(step: Step, before: Manifest | None) -> Manifest | None:
    if step.change.manifest is not None:
        return step.change.manifest
    if before is None or not step.change.patch:
        return None
    try:
        return patched_object(before, step.change.patch)
    except ClusterRejected:
        return None


def _message(message: OutboxMessage) -> dict[str, Any]:
    kept = {"key", "what", "channel", "turn", "state", "asked_at", "settled_at", "tries"}
    shown = {name: value for name, value in message.model_dump(mode="json").items() if name in kept}
    return {**shown, "text": redact(message.body.text), "why": redact(message.why)}


def _traffic(account: Account) -> Iterator[tuple[object, ...]]:
    for look in account.looks:
        for one in look.rates:
            numbers = (one.error_ratio, one.latency_seconds, one.requests_per_second)
            yield (one.service, look.at.isoformat(), look.phase, *numbers)


def _of_looks(looks: Mapping[str, Mapping[str, bytes]]) -> Iterator[EvidenceFile]:
    usage: list[tuple[object, ...]] = []
    for look, files in looks.items():
        for path, content in files.items():
            text = content.decode("utf-8", errors="replace")
            if path.startswith("logs/"):
                yield _text(
                    f"logs/{look}/{path.removeprefix('logs/')}", f"a log that {look} kept", redact(text)
                )
            elif path == "snapshot.json":
                head = _parsed(text)
                yield _json(f"looks/{look}.json", f"what {look} asked and saw", printable(head))
                usage += _usage(look, head)
    yield _csv("metrics/usage.csv", "CPU and memory, as each look measured them", USAGE, usage)


def _parsed(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _usage(look: str, head: Mapping[str, Any]) -> Iterator[tuple[object, ...]]:
    for one in head.get("usage") or []:
        yield (look, *(one.get(name) for name in USAGE[1:]))


def _index(sources: EvidenceSources, files: Sequence[EvidenceFile], at: datetime) -> EvidenceFile:
    account = sources.account
    changed = sum(_redacted_entry(one) != one for one in sources.chain)
    hidden = f"{changed} lines of the timeline held secrets and are hidden: the chain breaks there"
    missing = [] if sources.looks else ["no look of this incident is kept on this machine: no logs, no usage"]
    missing += [] if sources.intents else ["nothing was written: there are no manifests before and after"]
    missing += [hidden] if changed else []
    head = sources.chain[-1].hash if sources.chain else ""
    body = {
        "version": VERSION,
        "incident": account.incident.id,
        "made_at": at.isoformat(),
        "chain_head": head,
        "ending_head": account.head,
        "proof": f"outage timeline {account.incident.id} --verify --from timeline.json --head {head}",
        "missing": missing,
        "files": [
            {
                "path": one.path,
                "what": one.what,
                "bytes": len(one.content),
                "sha256": sha256(one.content).hexdigest(),
            }
            for one in files
        ],
    }
    return _json(INDEX, "this list", body)


def _text(path: str, what: str, text: str) -> EvidenceFile:
    return EvidenceFile(path=path, what=what, content=text.encode())


def _json(path: str, what: str, body: object) -> EvidenceFile:
    return _text(path, what, json.dumps(body, indent=1, default=str, ensure_ascii=False) + "\n")


def _csv(path: str, what: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> EvidenceFile:
    said = io.StringIO()
    writer = csv.writer(said, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return _text(path, what, said.getvalue())
