"""Certificates that have run out, in Secrets and ConfigMaps, and who fails because of them."""

from collections.abc import Iterator

from outage.diagnosis.calls.call_graph import CallGraph
from outage.diagnosis.cause import Cause
from outage.diagnosis.edges.pod_complaints import Complaint, is_lasting, pod_complaints
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.known_good.config_readers import config_readers
from outage.diagnosis.rules.rule import CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.thresholds import CLOCK_SKEW
from outage.diagnosis.weighing.strength import Strength, Support
from outage.kubernetes.certificate_facts import ReadCertificate, certificates_in
from outage.kubernetes.objects import ObjectRef, annotations_of, dig, labels_of, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.text.logs.trouble_kinds import TroubleKind
from outage.value import Manifest

ISSUED = ("cert-manager.io/certificate-name", "cert-manager.io/issuer-name")


def suspect_expired_certificates(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Certificates past their date that somebody serves, trusts or complains of."""
    complaints = [
        one
        for one in pod_complaints(index)
        if one.kind in (TroubleKind.CERTIFICATE_EXPIRED, TroubleKind.CERTIFICATE_UNTRUSTED)
        and is_lasting(index, one)
    ]
    for kind in ("Secret", "ConfigMap"):
        for one in index.all(kind):
            holder = {"kind": kind, **one}
            for key, facts in certificates_in(one).items():
                if facts.not_after + CLOCK_SKEW < index.now and object_ref(holder).namespace in index.home:
                    found = _suspect(index, signs, holder, key, facts, complaints)
                    if found is not None:
                        yield found


def _suspect(
    index: CaseIndex,
    signs: Signs,
    holder: Manifest,
    key: str,
    facts: ReadCertificate,
    complaints: list[Complaint],
) -> SuspectDraft | None:
    about = object_ref(holder)
    readers = [object_ref(one) for one in config_readers(index, about)]
    routed = _routes(index, about)
    said = [one for one in complaints if _means(index, one, readers, facts)]
    seen = signs.of(Sign.CERTIFICATE_EXPIRED) if routed else []
    if not said and not seen:
        return None
    says = f"{about}: {key} ran out at {facts.not_after:%Y-%m-%d %H:%M} (issued by {facts.issuer})"
    victims = [one.workload for one in said]
    found = SuspectDraft(
        cause=Cause.CERTIFICATE_EXPIRED,
        about=about,
        says=says,
        explains=names_of(about, *readers, *victims, *routed),
    )
    found.field, found.live = f"data[{key}]", f"valid until {facts.not_after:%Y-%m-%d}"
    found.add(Strength.STATED, "its own date is past")
    found.add(Support.SYMPTOM, f"{len(said) or len(seen)} callers say so, or were seen to be turned away")
    found.add(Support.DETAIL, "the words of who fails are those for an expired certificate")
    found.onset, found.alone = min((one.first for one in said if one.first), default=None), True
    found.evidence_for = [f"{one.pod}: {one.line[:160]}" for one in said][:4]
    found.evidence_for += [one.says for one in (*seen, *signs.failing)][:3]
    found.settle = _steps(index, holder, facts, readers)
    return found


def _means(index: CaseIndex, one: Complaint, readers: list[ObjectRef], facts: ReadCertificate) -> bool:
    """Whether who complains calls one of those who serve or trust it, or is one of them."""
    if one.kind is TroubleKind.CERTIFICATE_UNTRUSTED and "expired" not in one.line.lower():
        return False
    called = CallGraph.of(index).uses.get(str(one.workload), {}).values()
    behind = [object_ref(w) for ref in called if (s := index.get(ref)) is not None for w in index.behind(s)]
    named = {name.split(".")[0] for name in facts.names}
    told = one.trouble.host.split(".")[0] in named or any(name in one.line for name in named if len(name) > 2)
    return one.workload in readers or bool(set(behind) & set(readers)) or told


def _routes(index: CaseIndex, secret: ObjectRef) -> list[ObjectRef]:
    return [
        object_ref(one, "Ingress")
        for one in index.all("Ingress")
        if dig(one, "metadata.namespace", "") == secret.namespace
        and secret.kind == "Secret"
        and any(entry.get("secretName") == secret.name for entry in dig(one, "spec.tls", []))
    ]


def _steps(index: CaseIndex, holder: Manifest, facts: ReadCertificate, readers: list[ObjectRef]) -> str:
    about, marks = object_ref(holder), {**annotations_of(holder), **labels_of(holder)}
    issuer = next((marks[key] for key in ISSUED if key in marks), "")
    who = (
        f"cert-manager issues it ({issuer}): look why it did not renew"
        if issuer
        else f"nothing in the cluster that was seen can issue another: a person gets one from {facts.issuer}"
    )
    names = ", ".join(one.name for one in readers) or "who reads it"
    return (
        f"{who}, puts it into {about} and restarts {names}. Switching verification off, plain HTTP or a self-signed "
        "certificate would end the protection with the outage."
    )


RULES = (
    CauseRule(
        suspect_expired_certificates,
    ),
)
