"""The cluster DNS: told to answer wrongly, or not running."""

import re
from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.caller_complaints import lost_calls
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.facts.sign_facts import ProbeFacts
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.findings.workload_signs import desired_replicas, ready_replicas
from outage.diagnosis.hypothesis import Risk
from outage.diagnosis.known_good.known_objects import KnownObjects, known_objects
from outage.diagnosis.remedies.finished_repairs import Words, put_fields_back, retarget, scale_to
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.network.unseen_dns import UNRESOLVED, is_dns, lost_names, out_of_sight
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Support
from outage.kubernetes.field_differences import FieldDifference, field_differences, shown_value
from outage.kubernetes.object_times import changed_at, earliest_of
from outage.kubernetes.objects import ObjectRef, dig, labels_of, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

COREFILE = ObjectRef(kind="ConfigMap", name="coredns", namespace="kube-system")
BLOCK = re.compile(
    r"^[ \t]*(template|rewrite|hosts)\b([^\n{]*)(\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})?[ \t]*\n?", re.M
)
FORWARD = re.compile(r"^[ \t]*forward[ \t]+\S+[ \t]+(?P<to>[^\n{]+)", re.M)
LOOPBACK = re.compile(r"127\.|\[?::1\b|localhost\b")
CLUSTER_ZONE = re.compile(r"svc|cluster\.local|NXDOMAIN|SERVFAIL|REFUSED|\bANY\b", re.I)
USUAL_COUNT = 2
"""Pods of the cluster DNS where nothing tells how many there were; kubeadm makes as many."""
EXPECTED = "Names of Services resolve again, after the reload of the Corefile (up to a minute)."


def suspect_cluster_dns(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """The Corefile and the DNS pods."""
    config = index.get(COREFILE)
    if config is not None:
        yield from _rewritten(index, signs, {"kind": "ConfigMap", **config})
    yield from _down(index, signs)
    yield from out_of_sight(index, signs)


def unresolved_names(signs: Signs) -> list[str]:
    """Signs that names do not resolve."""
    told = [one for one in signs.all if _speaks_of_names(one)]
    logged = [line for w in signs.index.workloads for line, _ in lost_calls(signs.index, object_ref(w))]
    return [one.says for one in told] + [
        line for line in logged if UNRESOLVED.search(line) and not any(line in one.quoted for one in told)
    ]


def _speaks_of_names(finding: Finding) -> bool:
    if finding.sign is Sign.NAME_UNRESOLVED:
        return True
    of_probe = isinstance(finding.facts, ProbeFacts) and finding.facts.unresolved
    return of_probe or bool(UNRESOLVED.search(finding.quoted))


def _rewritten(index: CaseIndex, signs: Signs, config: Manifest) -> Iterator[SuspectDraft]:
    about, text = object_ref(config, "ConfigMap"), dig(config, "data.Corefile", "")
    onset = earliest_of(one.since for one in signs.failing)
    known = next((one for one in known_objects(index, about, onset) if _differs(config, one.manifest)), None)
    blocks = [
        found for found in BLOCK.finditer(text) if CLUSTER_ZONE.search(found.group(0)) and not _usual(found)
    ]
    broken = not re.search(r"^\s*kubernetes\b", text, re.M)
    circles = asks_itself(index, text)
    if known is None and not blocks and not broken and not circles:
        return
    hurt = unresolved_names(signs)
    found = SuspectDraft(
        cause=Cause.DNS_REWRITTEN, about=about, says=_says(blocks, broken, circles), explains={"everything"}
    )
    _name_corefile(found, blocks, None)
    found.live = circles or found.live
    found.add(
        Strength.CONTRADICTED if blocks or broken or circles else Strength.FITS,
        "the Corefile interferes with names of the cluster",
    )
    found.add(Support.SYMPTOM if hurt else None, f"{len(hurt)} signs speak of names that do not resolve")
    found.time(changed_at(config), onset, certain=known is not None)
    found.evidence_for = hurt[:5]
    found.alone = _names_lost(index, signs) and bool(blocks or broken or circles or known is not None)
    found.settle = "Resolve a Service's name from inside a pod."
    if known is not None:
        _put_back(found, config, known, blocks)
    elif blocks:
        _cut_out(found, text, blocks)
    yield found


def _names_lost(index: CaseIndex, signs: Signs) -> bool:
    """Whether a name of the cluster does not resolve: that of a partner outside may be lost while the DNS is well."""
    return bool(signs.of(Sign.NAME_UNRESOLVED)) or any(lost_names(index, one) for one in index.workloads)


def asks_itself(index: CaseIndex, text: str) -> str:
    """The line of a Corefile that forwards questions to the cluster DNS itself, where they go round; empty for none."""
    own = {
        dig(one, "spec.clusterIP")
        for one in index.services
        if object_ref(one).namespace == COREFILE.namespace and is_front_of_dns(one)
    }
    for line in FORWARD.finditer(text):
        asked = [each.rpartition("://")[2] for each in line.group("to").split()]
        if any(one in own or one.removesuffix(":53") in own or LOOPBACK.match(one) for one in asked):
            return line.group(0).strip()
    return ""


def is_front_of_dns(service: Manifest) -> bool:
    """Whether a Service leads to the pods of the cluster DNS."""
    return bool(dig(service, "spec.selector.k8s-app") == "kube-dns" and dig(service, "spec.clusterIP"))


def _says(blocks: list[re.Match[str]], broken: bool, circles: str) -> str:
    if circles:
        return f"The Corefile has `{circles}`, which leads back to the cluster DNS: what it cannot answer goes round"
    if blocks:
        return f"The Corefile has {shown_value(blocks[0].group(0).strip())}, which answers for names of the cluster"
    return "The Corefile no longer serves the cluster's names" if broken else "The Corefile was changed"


def _usual(found: re.Match[str]) -> bool:
    """`hosts` with a file or fallthrough for foreign names, and stubs, are everyday configuration."""
    text = found.group(0)
    return found.group(1) == "hosts" and not re.search(r"svc|cluster\.local", text)


def _differs(live: Manifest, was: Manifest) -> bool:
    return bool(dig(was, "data.Corefile")) and dig(was, "data.Corefile") != dig(live, "data.Corefile")


def _put_back(
    found: SuspectDraft, live: Manifest, known: KnownObjects, blocks: list[re.Match[str]]
) -> SuspectDraft:
    fields = field_differences(dig(live, "data", {}), dig(known.manifest, "data", {}), "/data")
    because = f"{known.source} has another Corefile"
    put_fields_back(found, known, fields, EXPECTED, "the Corefile", because, Risk.MEDIUM)
    return _name_corefile(found, blocks, f"the Corefile of {known.source}")


def _cut_out(found: SuspectDraft, text: str, blocks: list[re.Match[str]]) -> SuspectDraft:
    """Cut out only those blocks: other stubs must survive."""
    rest = text
    for block in reversed(blocks):
        rest = rest[: block.start()] + rest[block.end() :]
    field = FieldDifference(pointer="/data/Corefile", live=text, wanted=rest)
    words = Words("Take the block out of the Corefile that answers for the cluster's names", EXPECTED)
    retarget(found, found.about, [field], words)
    return _name_corefile(found, blocks, "the same without that block")


def _name_corefile(found: SuspectDraft, blocks: list[re.Match[str]], wanted: str | None) -> SuspectDraft:
    """Of the whole file say the part that is at fault."""
    live = blocks[0].group(0).strip() if blocks else None
    found.field, found.live, found.wanted = "data.Corefile", live, wanted
    return found


def _down(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    for workload in index.workloads:
        if (
            not is_dns(workload)
            or dig(workload, "metadata.namespace") != "kube-system"
            or ready_replicas(workload)
        ):
            continue
        about = object_ref(workload)
        found = SuspectDraft(
            cause=Cause.DNS_DOWN, about=about, says=f"{about} has no ready pod", explains={"everything"}
        )
        found.add(Strength.STATED, "no pod of the cluster DNS is ready").add(
            Support.SYMPTOM if unresolved_names(signs) else None, "names fail"
        )
        found.time(changed_at(workload), earliest_of(one.since for one in signs.failing))
        if desired_replicas(workload) == 0:
            found.alone = True
            forms = [dig(known.manifest, "spec.replicas", 0) for known in known_objects(index, about, None)]
            count = next((int(number) for number in forms if number), USUAL_COUNT)
            scale_to(found, about, count, Words(f"Scale {about} to {count}", EXPECTED), live=0)
            found.add(Support.TRACE, "it is scaled to zero")
        else:
            found.explains |= {str(about), *labels_of(workload)}
            found.settle = "Why its pods are not ready: see the other hypotheses about it."
            found.add(Doubt.OWN_QUESTION)
        yield found


RULES = (
    CauseRule(
        suspect_cluster_dns,
        entries=(
            CauseEntry(
                Cause.DNS_REWRITTEN,
                says="The cluster DNS was told to answer wrongly.",
                shows="the Corefile answers for names of the cluster, or serves them no more",
                evidence="the ConfigMap coredns against its known good form; names that do not resolve",
                remedies=(Remedy.PUT_BACK, Remedy.DROP, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
            CauseEntry(
                Cause.DNS_DOWN,
                says="The cluster DNS does not run.",
                shows="no pod of the cluster DNS is ready",
                evidence="the Deployment of the cluster DNS, its pods; logs that do not find names",
                remedies=(Remedy.SCALE, Remedy.PERSON),
                doubts=(Doubt.OWN_QUESTION, Doubt.LONG_UNCHANGED),
            ),
        ),
    ),
)
