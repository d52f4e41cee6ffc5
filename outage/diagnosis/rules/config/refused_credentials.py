"""Credentials that a server refuses, on the object that carries them: a Secret's key, or a variable of the template.

What tells best comes first: a value with an end that nobody sees, siblings who are let in with another one, and
at last only that it is refused. Nothing is put back: a credential that nobody recorded cannot be made up.
"""

from collections.abc import Iterator

from outage.diagnosis.calls.call_graph import CallGraph
from outage.diagnosis.calls.mentions import config_references
from outage.diagnosis.cause import Cause
from outage.diagnosis.edges.pod_complaints import Complaint, pod_complaints, workload_manifest
from outage.diagnosis.findings import Signs
from outage.diagnosis.rules.rule import CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.thresholds import MORE_THAN_ONE
from outage.diagnosis.weighing.strength import Strength, Support, Trust
from outage.kubernetes.certificate_facts import odd_ends_in
from outage.kubernetes.object_times import changed_at, created_at
from outage.kubernetes.objects import ObjectRef, containers_of, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.text.logs.trouble_kinds import TroubleKind
from outage.text.redaction import SECRET_NAME
from outage.value import Manifest, Value


class CarriedCredential(Value):
    """Where a workload has a credential from."""

    holder: ObjectRef
    key: str
    plain: bool = False
    """Whether it stands in the template as it is."""


def suspect_refused_credentials(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """One suspect per object whose credential is refused."""
    refused: dict[ObjectRef, list[Complaint]] = {}
    for one in pod_complaints(index):
        refusal = one.kind is TroubleKind.CREDENTIAL_REFUSED
        if refusal and (one.count >= MORE_THAN_ONE or one.standing):
            refused.setdefault(one.workload, []).append(one)
    for about, said in refused.items():
        carried = _carried(index, workload_manifest(index, about) or {}, about)
        chosen = next((one for one in carried if _odd(index, one)), carried[0] if carried else None)
        if chosen is not None and (_odd(index, chosen) or not _older(index, chosen.holder, said)):
            yield _suspect(index, signs, about, chosen, said, sorted(map(str, refused)))


def _carried(index: CaseIndex, manifest: Manifest, about: ObjectRef) -> list[CarriedCredential]:
    """The credentials of a workload, those of Secrets first."""
    spec, found = dig(manifest, "spec.template.spec", {}), []
    for read in config_references(spec):
        holder = ObjectRef(kind=read.kind, name=read.name, namespace=about.namespace)
        held = (index.get(holder) or {}).get("data") or {}
        for key in sorted(held if read.keys is None else read.keys & set(held)):
            if SECRET_NAME.search(key) and read.kind == "Secret":
                found.append(CarriedCredential(holder=holder, key=key))
    for container in containers_of(spec):
        for env in container.get("env") or []:
            if "value" in env and SECRET_NAME.search(str(env.get("name"))):
                found.append(CarriedCredential(holder=about, key=str(env["name"]), plain=True))
    return found


def _older(index: CaseIndex, holder: ObjectRef, said: list[Complaint]) -> bool:
    """Whether who is refused started before the holder changed: then he has not read what stands there now."""
    at = changed_at(index.get(holder) or {})
    births = [created_at(index.get(one.pod) or {}) for one in said]
    return holder.kind == "Secret" and at is not None and any(born and born < at for born in births)


def _odd(index: CaseIndex, one: CarriedCredential) -> str:
    if one.plain:
        return ""
    return odd_ends_in(index.get(one.holder) or {}).get(one.key, "")


def _suspect(
    index: CaseIndex,
    signs: Signs,
    about: ObjectRef,
    carried: CarriedCredential,
    said: list[Complaint],
    refused: list[str],
) -> SuspectDraft:
    who = f" as {said[0].trouble.account}" if said[0].trouble.account else ""
    odd, others = _odd(index, carried), _let_in(index, about, refused)
    says = f"{about.name} is refused{who} with {carried.key} of {carried.holder}"
    says += f", whose value has {odd} at an end" if odd else ""
    found = SuspectDraft(
        cause=Cause.WRONG_CREDENTIAL,
        about=carried.holder,
        says=says,
        explains=names_of(about, carried.holder),
    )
    where = "spec.template.spec.containers.env" if carried.plain else "data"
    found.field, found.live = f"{where}.{carried.key}", f"has {odd} at an end" if odd else "(refused)"
    found.wanted = "without it" if odd else None
    found.add(
        Strength.STATED if odd else Strength.CONTRADICTED,
        f"its value has {odd} at an end" if odd else "the server refuses it",
    )
    found.add(Support.SYMPTOM, f"{sum(one.count for one in said)} refusals in the last minutes")
    found.add(
        Trust.SIBLINGS if others else None, f"others are let in by the same server: {', '.join(others[:3])}"
    )
    found.add(Support.TRACE if not others and len(refused) == 1 else None, "nobody else is refused")
    found.add(Support.DETAIL if odd else None, "programs that read a value whole send it with that end")
    found.time(
        changed_at(index.get(carried.holder) or {}),
        min((c.first for c in said if c.first), default=None),
        True,
    )
    found.evidence_for = [f"{one.pod}: {one.line[:160]}" for one in said][:3]
    found.evidence_for += [one.says for one in signs.failing][:3]
    found.alone = True
    found.settle = (
        f"Which value the server has: a person compares it with {carried.holder}, puts the right one there and "
        f"restarts {about.name}. Restarting the server heals nothing."
    )
    return found


def _let_in(index: CaseIndex, about: ObjectRef, refused: list[str]) -> list[str]:
    """Workloads of the namespace that call what this one calls and are not refused."""
    calls = CallGraph.of(index)
    mine = set(calls.uses.get(str(about), {}))
    return [
        object_ref(one).name
        for one in index.workloads
        if str(object_ref(one)) not in refused
        and object_ref(one) != about
        and mine & set(calls.uses.get(str(object_ref(one)), {}))
    ]


RULES = (
    CauseRule(
        suspect_refused_credentials,
    ),
)
