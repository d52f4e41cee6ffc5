"""Values that lead callers astray: ConfigMaps and Secrets that are not what they were."""

from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.symptoms_near import EXPECTED, first_failure, hurt_near
from outage.diagnosis.hypothesis import Repair, Risk
from outage.diagnosis.known_good.config_readers import config_readers, reads_once, unread_pods
from outage.diagnosis.known_good.known_objects import known_objects
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.remedies.single_repairs import patch_change, restart_reader
from outage.diagnosis.rules.config.stale_config import read_too_early
from outage.diagnosis.rules.network.cluster_dns import COREFILE
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Support
from outage.kubernetes.field_differences import (
    FieldDifference,
    escape_pointer,
    field_differences,
    patch_for,
    shown_value,
)
from outage.kubernetes.json_patch import with_sections
from outage.kubernetes.object_times import changed_at
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.text.redaction import SECRET_NAME, printable_at
from outage.value import Manifest


def suspect_config_drift(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Configuration that differs from the known good one, read by those who fail."""
    for kind in ("ConfigMap", "Secret"):
        for config in index.all(kind):
            about = object_ref(config, kind)
            config = {"kind": kind, **config}
            if about == COREFILE or about.namespace not in index.home:
                continue  # what is wrong with the cluster DNS has a cause of its own
            if not read_too_early(index, signs, config):
                yield from _drifted(index, signs, config)  # who never read a value does not fail of it


def _drifted(index: CaseIndex, signs: Signs, config: Manifest) -> Iterator[SuspectDraft]:
    about = object_ref(config)
    using = [object_ref(one) for one in config_readers(index, about)]
    hurt = hurt_near(index, signs, using)
    if not using or not (hurt or signs.failing):
        return
    onset = first_failure(signs, hurt)
    for known in known_objects(index, about, onset):
        fields = [
            d
            for section in ("data", "binaryData", "stringData")
            for d in field_differences(
                config.get(section) or {}, known.manifest.get(section) or {}, f"/{section}"
            )
        ]
        if config.get("data") and not known.manifest.get("data"):
            fields = []
        if fields:
            found = _drift(index, about, using, fields, known.source)
            found.add(known.trust, f"{known.source} has {fields[0].field} = {found.wanted}")
            found.add(Support.SYMPTOM if hurt else None, "its readers, or what depends on them, fail")
            found.time(changed_at(config), onset, certain=True)
            found.evidence_for = [each.says for each in hurt[:6]]
            yield found
            return


def _hidden(about: ObjectRef, key: str, value: object) -> str:
    if about.kind == "Secret" or SECRET_NAME.search(key):
        return "another value"
    return shown_value(printable_at({}, f"/{escape_pointer(key)}", value))


def _drift(
    index: CaseIndex, about: ObjectRef, using: list[ObjectRef], fields: list[FieldDifference], source: str
) -> SuspectDraft:
    keys = ", ".join(one.field.partition(".")[2] for one in fields[:3])
    says = f"{about}: {keys} differs from {source}, and {', '.join(one.name for one in using[:3])} read it"
    found = SuspectDraft(cause=Cause.CONFIG_DRIFT, about=about, says=says, explains=names_of(about, *using))
    first = fields[0]
    found.field = first.field
    found.live = _hidden(about, first.field, first.live)
    found.wanted = _hidden(about, first.field, first.wanted)
    found.add(Strength.CONTRADICTED, "its data is not what it was")
    if about.kind == "Secret":
        found.settle = (
            f"The value of {keys}: the record keeps only hashes. Put it back from where {about} comes from."
        )
        return found
    patch = with_sections(tuple(patch_for(fields)), index.get(about) or {})
    change = patch_change(about, patch, f"{keys} was changed", EXPECTED, Risk.MEDIUM)
    misled = [one for one in using if _took_over(index, one, about)]
    restarts = tuple(restart_reader(one) for one in misled)
    words = f"Put {keys} of {about} back to {source}"
    words += f" and restart {', '.join(one.name for one in misled)}" if misled else ""
    found.repair = Repair(summary=words, changes=(change, *restarts))
    found.settle = "Whether the change was meant, as of a feature flag."
    return found


def _took_over(index: CaseIndex, workload: ObjectRef, config: ObjectRef) -> bool:
    """Whether pods of it read the changed value once: those that started before go on with the good one, in peace."""
    at, manifest = changed_at(index.get(config) or {}), index.get(workload)
    if manifest is None or not reads_once(manifest, config):
        return False
    if at is None:
        return True
    before = unread_pods(index, manifest, at)
    return any(dig(pod, "metadata.name") not in before for pod in index.pods_of(workload))


RULES = (
    CauseRule(
        suspect_config_drift,
        entries=(
            CauseEntry(
                Cause.CONFIG_DRIFT,
                says="A ConfigMap or Secret differs from the known-good one and its readers fail since.",
                shows="the data of a ConfigMap or Secret is not what the baseline has, and its readers fail",
                evidence="data against the baseline (of a Secret only hashes); who reads it, by env, volume or API",
                remedies=(Remedy.PUT_BACK, Remedy.RESTART, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED, Doubt.EXPLAINED),
            ),
        ),
    ),
)
