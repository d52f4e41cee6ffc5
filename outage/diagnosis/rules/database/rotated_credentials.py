"""Passwords that were changed in a Secret and not in the server that asks for them.

A server takes its first password from the Secret when its data folder is made, and never again. Restarting it heals
nothing, and where its volume dies with the pod it loses everything: whoever comes here hands over.
"""

from collections.abc import Iterator
from datetime import datetime

from outage.diagnosis.calls.mentions import config_references
from outage.diagnosis.cause import Cause
from outage.diagnosis.edges.pod_complaints import Complaint, is_lasting, pod_complaints, workload_manifest
from outage.diagnosis.edges.volatile_stores import volatile_volume
from outage.diagnosis.findings import Signs
from outage.diagnosis.known_good.config_readers import config_readers
from outage.diagnosis.known_good.template_revisions import template_changed
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.thresholds import BEING_MADE
from outage.diagnosis.weighing.strength import Strength, Support, Trust
from outage.kubernetes.object_times import changed_at, created_at, earliest_of
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.kubernetes.workloads import WORKLOADS
from outage.snapshots.case_index import CaseIndex
from outage.text.logs.trouble_kinds import TroubleKind
from outage.text.redaction import SECRET_NAME
from outage.value import Manifest


def suspect_rotated_credentials(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Secrets that changed after their server started, where those that started since are refused."""
    refused = [
        one
        for one in pod_complaints(index)
        if one.kind is TroubleKind.CREDENTIAL_REFUSED and is_lasting(index, one)
    ]
    for about in dict.fromkeys(secret for one in refused for secret in _secrets(index, one)):
        secret = index.get(about) or {}
        at, born = changed_at(secret), created_at(secret)
        if at is None or born is None or at - born < BEING_MADE:
            continue
        users = [one for one in refused if about in _secrets(index, one)]
        old = _servers(index, about, at, users)
        since = [one for one in users if _made_since(index, one, at)]
        if old and since:
            yield _suspect(index, signs, about, at, old[0], since)


def _secrets(index: CaseIndex, one: Complaint) -> list[ObjectRef]:
    """The Secrets that the one who is refused reads a credential from."""
    manifest = workload_manifest(index, one.workload) or {}
    found = []
    for read in config_references(dig(manifest, "spec.template.spec", {})):
        about = ObjectRef(kind="Secret", name=read.name, namespace=one.workload.namespace)
        if read.kind == "Secret" and _holds_credential(index.get(about), read.keys):
            found.append(about)
    return list(dict.fromkeys(found))


def _holds_credential(secret: Manifest | None, keys: set[str] | None) -> bool:
    held = set((secret or {}).get("data") or {})
    return any(SECRET_NAME.search(key) for key in (held if keys is None else held & keys))


def _servers(index: CaseIndex, secret: ObjectRef, at: datetime, users: list[Complaint]) -> list[ObjectRef]:
    """Readers of the Secret that are older than its change and complain of nothing: they still know the old value."""
    refused = {one.workload for one in users}
    readers = [object_ref(one) for one in config_readers(index, secret)]
    others = [one for one in readers if one not in refused]
    older = [one for one in others if _all_older(index, one, at)]
    called = [one for one in _called(index, users) if _all_older(index, one, at)]
    return list(dict.fromkeys([*older, *called]))


def _called(index: CaseIndex, users: list[Complaint]) -> Iterator[ObjectRef]:
    for one in users:
        name = one.trouble.host.split(".")[0]
        service = index.get(ObjectRef(kind="Service", name=name, namespace=one.workload.namespace))
        for workload in index.behind(service) if service else ():
            yield object_ref(workload)


def _all_older(index: CaseIndex, about: ObjectRef, at: datetime) -> bool:
    births = [created_at(pod) for pod in index.pods_of(about)]
    return bool(births) and all(born and born < at for born in births)


def _made_since(index: CaseIndex, one: Complaint, at: datetime) -> bool:
    born = created_at(index.get(one.pod) or {})
    if one.workload.kind not in WORKLOADS or born is None or born < at:
        return False
    manifest = workload_manifest(index, one.workload)
    changed = template_changed(index, manifest) if manifest else None
    return changed is None or changed < at  # else what it asks with was changed in its own template


def _suspect(
    index: CaseIndex, signs: Signs, about: ObjectRef, at: datetime, server: ObjectRef, since: list[Complaint]
) -> SuspectDraft:
    users = list(dict.fromkeys(one.workload for one in since))
    names = ", ".join(one.name for one in users)
    says = (
        f"{about} was changed at {at:%H:%M:%S}; {names} started since and is refused, and {server.name} is older "
        "than the change: it still has the value from before"
    )
    found = SuspectDraft(
        cause=Cause.CREDENTIAL_ROTATED_ALONE, about=about, says=says, explains=names_of(about, *users, server)
    )
    keys = [key for key in (index.get(about) or {}).get("data") or {} if SECRET_NAME.search(key)]
    found.field, found.live = f"data.{keys[0] if keys else '?'}", "(newer than the server that asks for it)"
    found.add(Strength.STATED, "who read the new value is refused by a server that is older than it")
    found.add(Support.SYMPTOM, f"{sum(one.count for one in since)} refusals in the last minutes")
    found.add(Support.DETAIL, "the readers were started after the change: none of them holds an old value")
    was = index.baseline.get(about) if index.baseline else None
    if was is not None and (was.get("data") or {}) != ((index.get(about) or {}).get("data") or {}):
        found.add(Trust.BASELINE, "the baseline has another value")
    found.time(at, earliest_of(one.first for one in since))
    found.evidence_for = [f"{one.pod}: {one.line[:160]}" for one in since][:3]
    found.evidence_for += [one.says for one in signs.failing][:3]
    found.alone = True
    found.settle = _steps(index, about, server, since[0].trouble.account)
    return found


def _steps(index: CaseIndex, about: ObjectRef, server: ObjectRef, account: str) -> str:
    who = f"role {account}" if account else "the account"
    words = (
        f"A person finishes the change (give {who} in {server.name} the new password, as ALTER ROLE … PASSWORD) or "
        f"takes it back (the old value into {about} from where it is kept, then restart its clients). "
        f"Do not restart {server.name}: it takes the value from the Secret only when its data are made"
    )
    lost = volatile_volume(index.get(server) or {})
    return words + (f", and its volume {lost} dies with the pod: all data would be lost." if lost else ".")


RULES = (
    CauseRule(
        suspect_rotated_credentials,
        entries=(
            CauseEntry(
                Cause.CREDENTIAL_ROTATED_ALONE,
                says="A password was changed in its Secret, and the database still has the old one.",
                shows="a Secret is newer than the database that it opens, and its clients are refused since",
                evidence="authentication failures in the logs since the change; when the server made its data folder",
                remedies=(Remedy.PERSON,),
            ),
        ),
    ),
)
