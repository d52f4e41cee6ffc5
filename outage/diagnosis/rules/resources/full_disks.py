"""Volumes without space: whose they are, what fills them as far as it tells, and what must not be deleted."""

import re
from collections.abc import Iterator

from outage.diagnosis.calls.datastores import POSTGRES, kind_of_store
from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.database_signs import database_ref
from outage.diagnosis.findings.user_signs import line_moment, troubled_lines
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.thresholds import RETAINED_BYTES
from outage.diagnosis.weighing.strength import Strength, Support
from outage.errors import cut
from outage.kubernetes.object_times import earliest_of
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.snapshots.snapshot import DatabaseView, ReplicationSlot
from outage.text.logs.trouble_kinds import NamedTrouble, TroubleKind, named_trouble
from outage.text.logs.trouble_lines import bare_line
from outage.value import Manifest

ITS_LOG = re.compile(r"pg_wal|pg_xlog|xlogtemp|write-ahead log|binlog|wal segment|appendonly", re.I)
OTHERS = re.compile(
    r"connection to server|SQLSTATE|remote|upstream|psql: error|PSQLException|OperationalError"
    r"|cluster_block_exception|blocked by: \[|\bMISCONF\b",
    re.I,
)
"""Words of who only repeats what another server told him."""


def suspect_full_disks(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Workloads that cannot write, told by their own logs; who repeats another's words is its victim."""
    said: dict[str, list[tuple[ObjectRef, str]]] = {}
    for tail in index.snapshot.logs:
        pod = index.get(ObjectRef(kind="Pod", name=tail.pod, namespace=tail.namespace))
        if pod is None or tail.namespace not in index.home:
            continue
        for line in troubled_lines(index, tail):
            told = named_trouble(bare_line(line)[1])
            if told and told.kind is TroubleKind.NO_SPACE and not OTHERS.search(line):
                about = index.workload_of(pod)
                said.setdefault(str(about), []).append((about, line))
    for lines in said.values():
        yield _suspect(index, signs, lines[0][0], [line for _, line in lines])
    if not said:
        yield from _slots(index, signs)


def _suspect(index: CaseIndex, signs: Signs, about: ObjectRef, lines: list[str]) -> SuspectDraft:
    workload = {"kind": about.kind, **(index.get(about) or {})}
    own_log = next((line for line in lines if ITS_LOG.search(line)), None)
    last = bare_line(own_log or lines[-1])[1]
    volume = _volume(workload, named_trouble(last))
    place = f"volume {volume.get('name')} ({_kind(volume)})" if volume else "one of its volumes"
    says = f"{place} of {about} is full: {cut(last, 160)}"
    found = SuspectDraft(cause=Cause.DISK_FULL, about=about, says=says, explains=names_of(about))
    found.add(Strength.STATED, f"{len(lines)} lines of its log say that no space is left")
    found.add(Support.SYMPTOM, "it cannot write, and who calls it fails with it")
    found.field = (
        f"spec.template.spec.volumes.{volume.get('name')}" if volume else "spec.template.spec.volumes"
    )
    found.live = "full" + (
        f", limit {dig(volume, 'emptyDir.sizeLimit')}" if dig(volume, "emptyDir.sizeLimit") else ""
    )
    found.evidence_for = [cut(bare_line(line)[1], 200) for line in dict.fromkeys(lines)][-3:]
    found.evidence_for += [one.says for one in signs.failing][:3]
    found.onset, found.alone = earliest_of(line_moment(line) for line in lines), True
    found.settle = _steps(index, workload, volume, own_log is not None)
    return found


def _volume(workload: Manifest, told: NamedTrouble | None) -> Manifest | None:
    """The volume that a line's path lies on, or the only one that can be written to."""
    spec = dig(workload, "spec.template.spec", {})
    volumes = {one.get("name"): one for one in spec.get("volumes") or []}
    mounts = [mount for one in spec.get("containers") or [] for mount in one.get("volumeMounts") or []]
    path = told.path if told else ""
    under = [one for one in mounts if path and path.startswith(str(one.get("mountPath")))]
    written = [
        one for one in mounts if {"emptyDir", "persistentVolumeClaim"} & {*volumes.get(one.get("name"), {})}
    ]
    chosen = under or (written if len(written) == 1 else [])
    return volumes.get(chosen[0].get("name")) if chosen else None


def _kind(volume: Manifest) -> str:
    claim = dig(volume, "persistentVolumeClaim.claimName")
    if claim:
        return f"claim {claim}"
    return "emptyDir in memory" if dig(volume, "emptyDir.medium") == "Memory" else "emptyDir"


def _steps(index: CaseIndex, workload: Manifest, volume: Manifest | None, own_log: bool) -> str:
    store = kind_of_store(workload)
    dies = volume is not None and "emptyDir" in volume
    words = "A person makes room: a larger volume, or less in it. "
    if store == POSTGRES or own_log:
        slots = ", ".join(
            f"{one.name} ({one.retained_bytes:,} bytes)" for one in _idle_slots(index.snapshot.database)
        )
        words += (
            f"A replication slot that nobody reads keeps the log: {slots}. "
            if slots
            else "What fills a PostgreSQL is mostly its own log, kept for a replication slot whose standby is gone "
            "(select slot_name, active, inactive_since from pg_replication_slots) or for an archive that fails. "
        )
        words += (
            "Drop the slot only when its standby is gone for good; then set max_slot_wal_keep_size. "
            "Never delete files in pg_wal; deleting rows frees nothing and writes more. "
        )
    if dies:
        words += (
            f"Its volume dies with the pod: restarting or deleting {object_ref(workload)} loses the data."
        )
    return words


def _slots(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Slots that keep much although nobody reads them: the disk is not full yet."""
    for slot in _idle_slots(index.snapshot.database):
        about = database_ref(index)
        says = f"slot {slot.name} of {about} keeps {slot.retained_bytes:,} bytes of log and nobody reads it"
        found = SuspectDraft(cause=Cause.SLOT_HOLDS_LOG, about=about, says=says, explains=names_of(about))
        found.field, found.live = f"replication slot {slot.name}", "inactive"
        found.settle = "Whether its standby comes back; else a person drops it with pg_drop_replication_slot."
        yield found.add(Strength.FITS, "the database says that the slot is inactive and how much it keeps")


def _idle_slots(view: DatabaseView | None) -> list[ReplicationSlot]:
    return (
        [one for one in view.slots if not one.active and one.retained_bytes >= RETAINED_BYTES] if view else []
    )


RULES = (
    CauseRule(
        suspect_full_disks,
        entries=(
            CauseEntry(
                Cause.DISK_FULL,
                says="A volume has no space left.",
                shows="writes fail with no space left on the device",
                evidence="the log line, the volume below the path that it names",
                remedies=(Remedy.PERSON,),
            ),
            CauseEntry(
                Cause.SLOT_HOLDS_LOG,
                says="A replication slot that nobody reads keeps the database's log and fills its disk.",
                shows="the database's disk is full of its own log, and a slot that nobody reads keeps it",
                evidence="pg_replication_slots: inactive, and how much log it keeps",
                remedies=(Remedy.PERSON,),
            ),
        ),
    ),
)
