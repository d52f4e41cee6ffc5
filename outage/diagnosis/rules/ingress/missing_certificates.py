"""Ingresses whose certificate is in a Secret that is gone: the controller answers with one that nobody trusts."""

from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.user_signs import troubled_lines
from outage.diagnosis.rules.ingress.missing_ingresses import backend_names
from outage.diagnosis.rules.rule import CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.weighing.strength import Strength, Support, Trust
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.text.logs.trouble_lines import bare_line
from outage.value import Manifest


def suspect_missing_certificates(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """One suspect for each absent Secret that an Ingress serves with, where somebody misses it.

    An Ingress may wait for its first certificate, and a controller may have a default that is meant: a Secret that
    was never there, and of which nobody speaks, is nothing.
    """
    for ingress in index.all("Ingress"):
        home = object_ref(ingress, "Ingress").namespace
        for entry in dig(ingress, "spec.tls", []) if home in index.home else ():
            about = ObjectRef(kind="Secret", name=entry.get("secretName") or "", namespace=home)
            if about.name and index.get(about) is None and index.snapshot.saw("Secret", home, about.name):
                found = _suspect(index, ingress, about, [str(one) for one in entry.get("hosts") or []])
                if found is not None:
                    yield found


def _suspect(index: CaseIndex, ingress: Manifest, about: ObjectRef, hosts: list[str]) -> SuspectDraft | None:
    said = _said(index, about)
    was = index.baseline.get(about) if index.baseline else None
    if not said and was is None:
        return None
    served = ", ".join(hosts) or "its hosts"
    ref = object_ref(ingress, "Ingress")
    says = f"{ref} serves {served} with {about}, which does not exist"
    explains = names_of(about) | backend_names(ref, ingress)
    found = SuspectDraft(cause=Cause.SECRET_MISSING, about=about, says=says, explains=explains)
    found.add(Strength.STATED if said else Strength.CONTRADICTED, "the Secret that it names is not there")
    found.add(Support.SYMPTOM if said else None, "the controller says that it cannot find it")
    found.add(Trust.BASELINE if was else None, "the baseline has it")
    found.evidence_for = said[:3]
    found.alone = True
    found.settle = f"Where {about} comes from: put it back from there; a private key is never made up."
    return found


def _said(index: CaseIndex, about: ObjectRef) -> list[str]:
    """What controllers anywhere in the cluster say of it."""
    name = f"{about.namespace}/{about.name}"
    tails = [one for one in index.snapshot.logs if name in one.text]
    return [bare_line(line)[1][:200] for one in tails for line in troubled_lines(index, one) if name in line]


RULES = (
    CauseRule(
        suspect_missing_certificates,
    ),
)
