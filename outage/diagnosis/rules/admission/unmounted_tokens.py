"""Programs that ask the API server with a token that their pods are not given."""

import re
from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.hypothesis import Risk
from outage.diagnosis.remedies.finished_repairs import Words, retarget
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.weighing.strength import Strength, Support
from outage.errors import cut
from outage.kubernetes.field_differences import MISSING, FieldDifference
from outage.kubernetes.object_times import changed_at, created_at
from outage.kubernetes.objects import ObjectRef, dig
from outage.kubernetes.workloads import WORKLOADS
from outage.snapshots.case_index import CaseIndex
from outage.text.logs.trouble_kinds import TroubleKind, trouble_pattern
from outage.text.logs.trouble_lines import bare_line
from outage.value import Manifest

FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"
ABSENT = re.compile(
    r"no such file|not found|does not exist|ENOENT|missing|cannot (?:find|open|read)|unable to", re.I
)
TOKEN = trouble_pattern(TroubleKind.TOKEN_MISSING)
EXPECTED = "New pods have the token, and the program reads what it needs."


def suspect_unmounted_tokens(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Workloads that look for the token in vain, and what keeps it from them."""
    seen: set[ObjectRef] = set()
    missed = _missed(index)
    for pod in index.pods if missed else ():
        about = index.workload_of(pod)
        line = missed.get((pod["metadata"].get("namespace", ""), pod["metadata"]["name"]), "")
        if line and about not in seen and not _mounted(pod):
            seen.add(about)
            if (found := _suspect(index, signs, pod, about, line)) is not None:
                yield found


def _missed(index: CaseIndex) -> dict[tuple[str, str], str]:
    """By namespace and name: the last line in which a pod says that its token is not there."""
    found: dict[tuple[str, str], str] = {}
    for tail in index.snapshot.logs:
        for line in tail.text.splitlines()[-200:]:
            if TOKEN.search(line) and ABSENT.search(line):
                found[tail.namespace, tail.pod] = bare_line(line)[1]
    return found


def _mounted(pod: Manifest) -> bool:
    mounts = [mount for one in dig(pod, "spec.containers", []) for mount in one.get("volumeMounts") or []]
    return any(str(mount.get("mountPath")) == FOLDER for mount in mounts)


def _suspect(
    index: CaseIndex, signs: Signs, pod: Manifest, about: ObjectRef, line: str
) -> SuspectDraft | None:
    name = dig(pod, "spec.serviceAccountName", "default") or "default"
    account = ObjectRef(kind="ServiceAccount", name=name, namespace=about.namespace)
    own = dig(pod, "spec.automountServiceAccountToken")
    theirs = dig(index.get(account), "automountServiceAccountToken")
    if own is not False and theirs is not False:
        return None
    holder = about if own is False else account
    where = (
        "spec.template.spec.automountServiceAccountToken" if own is False else "automountServiceAccountToken"
    )
    says = f"{about} reads the token of {account}, and {holder} says that pods get none"
    found = SuspectDraft(
        cause=Cause.TOKEN_NOT_MOUNTED, about=holder, says=says, explains=names_of(holder, about)
    )
    found.add(Strength.STATED, "its log names the token's file, which is not there")
    found.add(Support.SYMPTOM, f"no volume of {pod['metadata']['name']} holds a token")
    hurt = [one for one in signs.failing if one.about.namespace == about.namespace]
    live = index.get(holder) or {}
    began = min((one.since for one in hurt if one.since), default=None)
    found.time(changed_at(live) or created_at(live), began, certain=True)
    found.evidence_for = [cut(line, 200), *(one.says for one in hurt)][:6]
    found.alone = True
    if about.kind in WORKLOADS:
        _give(index, found, about)
    found.field, found.live, found.wanted = where, "false", "true in the template of who needs it"
    found.settle = (
        f"Whether {about.name} is meant to ask the API server: the field closes a door that this opens again. "
        "Its role and binding are another matter: no request was refused."
    )
    return found


def _give(index: CaseIndex, found: SuspectDraft, about: ObjectRef) -> SuspectDraft:
    """Only the workload that needs it gets it; the account keeps its field."""
    spec = dig(index.get(about), "spec.template.spec", {})
    live = spec.get("automountServiceAccountToken", MISSING)
    pointer = "/spec/template/spec/automountServiceAccountToken"
    words = Words(f"Give the pods of {about} the token of their service account", EXPECTED)
    field = FieldDifference(pointer=pointer, live=live, wanted=True)
    return retarget(found, about, [field], words, risk=Risk.HIGH)


RULES = (
    CauseRule(
        suspect_unmounted_tokens,
        entries=(
            CauseEntry(
                Cause.TOKEN_NOT_MOUNTED,
                says="The program reads the token of its service account, and the pods are given none.",
                shows="the program asks for the token file of its service account, and its pods mount none",
                evidence="the log names the token's path; automountServiceAccountToken of pod and account",
                remedies=(
                    Remedy.PUT_BACK,
                    Remedy.DROP,
                ),
            ),
        ),
    ),
)
