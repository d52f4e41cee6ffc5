"""Members of a group that look for each other by name: a headless Service names only those that are ready already."""

import re
from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.known_good.troubled_workloads import Troubled, troubled_workloads
from outage.diagnosis.remedies.finished_repairs import Words, retarget
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.weighing.strength import Strength, Support
from outage.errors import cut
from outage.kubernetes.field_differences import MISSING, FieldDifference
from outage.kubernetes.object_times import changed_at, created_at
from outage.kubernetes.objects import dig, object_ref
from outage.kubernetes.readiness import is_ready
from outage.snapshots.case_index import CaseIndex
from outage.text.logs.trouble_lines import bare_line
from outage.value import Manifest

POINTER = "/spec/publishNotReadyAddresses"
EXPECTED = "The members find each other's names, and become ready by themselves."


def suspect_unpublished_peers(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Headless Services whose members are all unready, and whose logs miss the names of those members."""
    for one in troubled_workloads(index, signs):
        if not one.trouble(Sign.POD_NOT_READY, Sign.POD_CRASH_LOOP) or _any_ready(one):
            continue
        for service in index.fronts(one.about):
            headless = dig(service, "spec.clusterIP") == "None"
            published = dig(service, "spec.publishNotReadyAddresses", False)
            line = _missed(one, service) if headless else ""
            if headless and not published and (line or _governs(one, service)):
                yield _suspect(one, service, line)


def _any_ready(one: Troubled) -> bool:
    pods = one.index.pods_of(one.about)
    return any(is_ready(pod) for pod in pods)


def _governs(one: Troubled, service: Manifest) -> bool:
    """Whether it gives the members their names and was changed after it was made, before they failed."""
    at, born = changed_at(service), created_at(service)
    named = dig(one.workload, "spec.serviceName") == object_ref(service).name
    return bool(named and at and born and at > born and one.onset and at <= one.onset) and _waits(one)


def _waits(one: Troubled) -> bool:
    words = re.compile(
        r"wait\w* for (?:\w+ )?(?:member|peer|node|quorum|cluster|seed)|no (?:quorum|peers)", re.I
    )
    return any(words.search(line) for line in _lines(one))


def _missed(one: Troubled, service: Manifest) -> str:
    """A line in which a member names another by this Service, the last one of those."""
    word = re.compile(rf"[\w-]+\.{re.escape(object_ref(service).name)}(?![\w-])")
    said = [line for line in _lines(one) if word.search(line)]
    return said[-1] if said else ""


def _lines(one: Troubled) -> list[str]:
    pods = {pod["metadata"]["name"] for pod in one.index.pods_of(one.about)}
    tails = [tail for tail in one.index.snapshot.logs if tail.pod in pods]
    return [bare_line(line)[1] for tail in tails for line in tail.text.splitlines()[-100:]]


def _suspect(one: Troubled, service: Manifest, line: str) -> SuspectDraft:
    about = object_ref(service, "Service")
    count = len(one.index.pods_of(one.about))
    says = (
        f"{about} names only members that are ready, and the {count} of {one.about.name} wait for its names"
    )
    found = SuspectDraft(
        cause=Cause.PEERS_NOT_PUBLISHED, about=about, says=says, explains=names_of(about, one.about)
    )
    found.add(
        Strength.STATED if line else Strength.CONTRADICTED,
        "the members look for names that it gives only to ready ones",
    )
    found.add(Support.SYMPTOM, "not one member is ready, so nobody can be the first")
    found.time(changed_at(service), one.onset)
    found.evidence_for = [*([cut(line, 200)] if line else []), *(each.says for each in one.findings)][:6]
    stated = dig(service, "spec", {}).get("publishNotReadyAddresses", MISSING)
    field = FieldDifference(pointer=POINTER, live=stated, wanted=True)
    words = Words(f"Let {about} name members that are not ready yet", EXPECTED)
    retarget(found, about, [field], words, live="false")
    found.settle = f"Whether clients use {about} too: they would reach members that are not ready."
    return found


RULES = (
    CauseRule(
        suspect_unpublished_peers,
        entries=(
            CauseEntry(
                Cause.PEERS_NOT_PUBLISHED,
                says="Members wait for names that are published only for those that are ready.",
                shows="members wait for names of each other, which a headless Service publishes only for ready ones",
                evidence="publishNotReadyAddresses, unresolved names of peers in the logs",
                remedies=(
                    Remedy.PUT_BACK,
                    Remedy.RETARGET,
                ),
            ),
        ),
    ),
)
