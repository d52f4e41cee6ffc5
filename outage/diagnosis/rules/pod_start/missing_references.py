"""Things that pods name and that are not there: ConfigMaps, Secrets, their keys, service accounts."""

import re
from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.container_signs import container_statuses
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.hypothesis import Repair
from outage.diagnosis.known_good.troubled_workloads import Troubled, troubled_workloads
from outage.diagnosis.remedies.finished_repairs import create_again
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.remedies.single_repairs import patch_change
from outage.diagnosis.rules.config.typos import take_siblings_account, take_unused_namesake
from outage.diagnosis.rules.pod_start.missing_files import missing_file_keys
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Trust
from outage.kubernetes.events import event_message
from outage.kubernetes.field_differences import escape_pointer, shown_value
from outage.kubernetes.json_patch import with_sections
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

ABSENT = re.compile(r"""(configmap|secret)s? "([^"]+)" (?:not found|is forbidden)""", re.I)
ABSENT_KEY = re.compile(r"couldn't find key (\S+) in (ConfigMap|Secret) (?:(\S+)/)?(\S+)", re.I)
NO_KEY_FILE = re.compile(r"references non-existent (?:config|secret) key: ?(\S+)", re.I)
NO_ACCOUNT = re.compile(r'serviceaccount "([^"]+)" not found', re.I)
EXPECTED = "The pods are created, start and become ready."


def suspect_missing_references(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """One suspect per absent thing, whoever names it."""
    for one in troubled_workloads(index, signs):
        text = _said(one)
        for kind, name in dict.fromkeys(ABSENT.findall(text)):
            yield _absent(one, "ConfigMap" if kind.lower() == "configmap" else "Secret", name)
        for key, kind, _, name in dict.fromkeys(ABSENT_KEY.findall(text)):
            yield _absent_key(one, "ConfigMap" if kind.lower() == "configmap" else "Secret", name, key)
        if unmounted := NO_KEY_FILE.search(text):
            yield from _absent_file_key(one, unmounted.group(1).strip("\"',"))
        for kind, name, key in missing_file_keys(one):
            found = _absent_key(one, kind, name, key).without(Strength.STATED)
            yield found.add(
                Strength.CONTRADICTED, f"its log misses the file {key}, which {name} should give it"
            )
        if account := NO_ACCOUNT.search(text):
            yield _absent_account(one, account.group(1))


def _said(one: Troubled) -> str:
    said = [finding.quoted for finding in one.trouble(Sign.PODS_REFUSED)]
    for pod in one.pods:
        said += [dig(status, "state.waiting.message", "") for status in container_statuses(pod)]
        said += [
            event_message(event)
            for event in one.index.warnings(object_ref(pod, "Pod"))
            if event.get("reason") in ("FailedMount", "Failed")
        ]
    return "\n".join(said)


def _still_absent(one: Troubled, about: ObjectRef) -> bool:
    return not one.index.snapshot.saw(about.kind) or one.index.get(about) is None


def _absent(one: Troubled, kind: str, name: str) -> SuspectDraft:
    about = ObjectRef(kind=kind, name=name, namespace=one.about.namespace)
    cause = Cause.CONFIG_MISSING if kind == "ConfigMap" else Cause.SECRET_MISSING
    says = f"{one.about} needs {kind} {name}, which does not exist"
    found = one.suspect(cause, says, None, "", elsewhere=True)
    found.add(Strength.STATED, f"the node says that {kind} {name} is not there")
    if not _still_absent(one, about):
        return found.add(Doubt.EXISTS_BY_NOW)
    was = one.index.baseline.get(about) if one.index.baseline else None
    fix = one.fix(r"/(?:envFrom|env|volumes)(?:/|$)")
    reference = fix is not None and was is None
    if reference and fix is not None and any(name in str(d.live) for d in fix.chosen):
        chosen = fix.model_copy(update={"chosen": tuple(d for d in fix.chosen if name in str(d.live))})
        found.field, found.live, found.wanted = chosen.chosen[0].field, name, _named(chosen.chosen[0].wanted)
        found.repair = one.repair(chosen, EXPECTED)
        return found.add(chosen.known.trust, f"{chosen.known.source} names another one")
    if was is None and take_unused_namesake(one, found, kind, name, EXPECTED):
        return found
    found.about = about
    _recreate(found, about, was)
    return found


def _named(value: object) -> str:
    return str(dig(value, "name", value)) if isinstance(value, dict) else shown_value(value)


def _recreate(found: SuspectDraft, about: ObjectRef, was: Manifest | None) -> None:
    """Put an absent object back from the baseline, word for word; a Secret is never invented."""
    if was is None:
        found.settle = f"Where {about} comes from: neither a baseline nor an older template tells."
        return
    found.add(Trust.BASELINE, "the baseline has it")
    if about.kind == "Secret":
        found.settle = f"Its values: the baseline keeps only hashes. Put {about} back from where it came."
        return
    create_again(found, was, EXPECTED)


def _absent_key(one: Troubled, kind: str, name: str, key: str) -> SuspectDraft:
    about = ObjectRef(kind=kind, name=name, namespace=one.about.namespace)
    says = f"{one.about} needs key {key} of {kind} {name}, which has no such key"
    found = one.suspect(Cause.CONFIG_KEY_MISSING, says, None, "", elsewhere=True)
    found.add(Strength.STATED, f"the node says that {kind} {name} has no key {key}")
    fix = one.fix(r"/env(?:/|$)")
    changed = [d for d in fix.chosen if key in str(d.live)] if fix else []
    was = one.index.baseline.get(about) if one.index.baseline else None
    value = dig(was, "data", {}).get(key) if was else None
    if fix is not None and changed and value is None:
        chosen = fix.model_copy(update={"chosen": tuple(changed)})
        found.field, found.live, found.wanted = changed[0].field, key, _named(changed[0].wanted)
        found.repair = one.repair(chosen, EXPECTED)
        return found.add(fix.known.trust, f"{fix.known.source} names another key")
    found.about, found.field, found.live = about, f"data.{key}", "(absent)"
    if value is not None and kind == "ConfigMap":
        add = {"op": "add", "path": f"/data/{escape_pointer(key)}", "value": value}
        patch = with_sections((add,), one.index.get(about) or {})
        change = patch_change(about, patch, "the key was removed", EXPECTED)
        found.repair = Repair(summary=f"Put key {key} of {about} back", changes=(change,))
        return found.add(Trust.BASELINE, "the baseline has the key")
    found.settle = f"The value of {key}: put it back from where {about} comes from; we invent none."
    return found


def _absent_file_key(one: Troubled, key: str) -> Iterator[SuspectDraft]:
    """A volume that mounts single keys names one that its source lacks."""
    for volume in dig(one.workload, "spec.template.spec.volumes", []):
        for kind, field, named in (("ConfigMap", "configMap", "name"), ("Secret", "secret", "secretName")):
            source = volume.get(field) or {}
            if any(item.get("key") == key for item in source.get("items") or []):
                yield _absent_key(one, kind, source.get(named, "?"), key)
        for kind, name in _projected(volume, key):
            if not _has_key(one, kind, name, key):
                yield _absent_key(one, kind, name, key)


def _projected(volume: Manifest, key: str) -> Iterator[tuple[str, str]]:
    """The sources of a projected volume that must have the key."""
    for source in dig(volume, "projected.sources", []):
        for kind, field in (("ConfigMap", "configMap"), ("Secret", "secret")):
            asked = source.get(field) or {}
            if not asked.get("optional") and any(item.get("key") == key for item in asked.get("items") or []):
                yield kind, asked.get("name", "?")


def _has_key(one: Troubled, kind: str, name: str, key: str) -> bool:
    there = one.index.get(ObjectRef(kind=kind, name=name, namespace=one.about.namespace)) or {}
    return any(key in (there.get(part) or {}) for part in ("data", "binaryData"))


def _absent_account(one: Troubled, name: str) -> SuspectDraft:
    about = ObjectRef(kind="ServiceAccount", name=name, namespace=one.about.namespace)
    says = f"{one.about} runs as service account {name}, which does not exist"
    fix = one.fix(r"/serviceAccount(?:Name)?$")
    found = one.suspect(Cause.SERVICE_ACCOUNT_MISSING, says, fix, EXPECTED, elsewhere=True)
    found.add(Strength.STATED, f"the API server refuses the pods: no service account {name}")
    found.explains |= names_of(about)
    if fix is None and not take_siblings_account(one, found, name, EXPECTED):
        found.about = about
        _recreate(found, about, one.index.baseline.get(about) if one.index.baseline else None)
    return found


RULES = (
    CauseRule(
        suspect_missing_references,
        entries=(
            CauseEntry(
                Cause.CONFIG_MISSING,
                says="A ConfigMap that pods need does not exist.",
                shows="the node says that a ConfigMap is not there",
                evidence="container states (CreateContainerConfigError), events FailedMount",
                remedies=(Remedy.PUT_BACK, Remedy.CREATE_AGAIN, Remedy.RETARGET, Remedy.PERSON),
                doubts=(Doubt.EXISTS_BY_NOW,),
            ),
            CauseEntry(
                Cause.SECRET_MISSING,
                says="A Secret that pods need does not exist.",
                shows="the node says that a Secret is not there",
                evidence="container states (CreateContainerConfigError), events FailedMount; none is invented",
                remedies=(Remedy.PUT_BACK, Remedy.RETARGET, Remedy.PERSON),
                doubts=(Doubt.EXISTS_BY_NOW,),
            ),
            CauseEntry(
                Cause.CONFIG_KEY_MISSING,
                says="A key that pods need is not in its ConfigMap or Secret.",
                shows="the node says that a ConfigMap or Secret has no such key",
                evidence="container states, events FailedMount; data against the baseline",
                remedies=(Remedy.PUT_BACK, Remedy.CREATE_AGAIN, Remedy.PERSON),
                doubts=(Doubt.EXISTS_BY_NOW,),
            ),
            CauseEntry(
                Cause.SERVICE_ACCOUNT_MISSING,
                says="The service account of the pods does not exist.",
                shows="the API server refuses the pods: their service account does not exist",
                evidence="events FailedCreate; serviceAccountName against the siblings' and the baseline's",
                remedies=(
                    Remedy.PUT_BACK,
                    Remedy.CREATE_AGAIN,
                    Remedy.RETARGET,
                    Remedy.RETRIGGER,
                    Remedy.PERSON,
                ),
            ),
        ),
    ),
)
