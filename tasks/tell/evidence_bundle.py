"""The evidence bundle of an incident: one file to hand on, gathered from the record and from the looks kept here."""

import io
import tarfile
from datetime import datetime
from pathlib import Path

from blocks.record import Record
from blocks.record.incident_account import account_of
from outage.errors import FileError
from outage.incidents.incident import Incident
from outage.incidents.phase_key import KeptPhase, PhaseKey
from outage.reports.post_incident.evidence_files import EvidenceFile, EvidenceSources, evidence_files

CONCLUDED = (KeptPhase.TRIAGE, KeptPhase.INVESTIGATE)


def write_evidence(
    record: Record, incident: Incident, home: Path, output: Path, at: datetime, owner: str = ""
) -> list[EvidenceFile]:
    """Write everything that is known of an incident into one `.tar.gz`, for its owner alone to read.

    Source: runbook "Immediate".

    Args:
        record: What was recorded.
        incident: Which.
        home: Where the looks are kept.
        output: The file; it is not written over.
        at: Now.
        owner: To whom policy leaves what no data answers.

    Returns:
        What stands in it, the index first.

    Raises:
        FileError: It cannot be written, or is there already. Permanent.
    """
    files = evidence_files(evidence_sources(record, incident, home, owner), at)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for one in files:
            head = tarfile.TarInfo(f"{incident.id}/{one.path}")
            head.size, head.mode, head.mtime = len(one.content), 0o600, int(at.timestamp())
            archive.addfile(head, io.BytesIO(one.content))
    try:
        output.touch(mode=0o600, exist_ok=False)
        output.write_bytes(packed.getvalue())
    except FileExistsError as error:
        raise FileError(f"write {output}: it is there already") from error
    except OSError as error:
        raise FileError(f"write {output}: {error.strerror}") from error
    return files


def evidence_sources(record: Record, incident: Incident, home: Path, owner: str = "") -> EvidenceSources:
    """Gather what the bundle is made of."""
    phases = record.phases(incident.id)
    return EvidenceSources(
        account=account_of(record, incident, owner=owner),
        diagnoses={str(key): body for key, body in phases.items() if PhaseKey.parse(key).phase in CONCLUDED},
        chain=tuple(record.entries_as_written(incident.id)),
        intents=tuple(record.intents(incident.id)),
        messages=tuple(record.messages(incident.id)),
        looks=files_of_looks(home / "bundles" / incident.id),
    )


def files_of_looks(folder: Path) -> dict[str, dict[str, bytes]]:
    """Look → the files that it kept, by path; what cannot be read is left out."""
    found: dict[str, dict[str, bytes]] = {}
    for look in sorted(folder.iterdir()) if folder.is_dir() else []:
        files = found.setdefault(look.name, {})
        for path in sorted(look.rglob("*")):
            try:
                if path.is_file():
                    files[path.relative_to(look).as_posix()] = path.read_bytes()
            except OSError:
                continue
    return found
