"""Calls that get nowhere although everything is ready: the first broken hop on their way is the suspect."""

from collections.abc import Callable, Iterator
from datetime import datetime

from outage.diagnosis.cause import Cause
from outage.diagnosis.edges.broken_hop import BrokenHop, Hop
from outage.diagnosis.edges.call_edge import LostCall, lost_edges
from outage.diagnosis.edges.edge_walk import broken_hop
from outage.diagnosis.edges.pod_complaints import complaints_of
from outage.diagnosis.findings import Signs
from outage.diagnosis.hypothesis import Risk
from outage.diagnosis.known_good.known_objects import known_objects
from outage.diagnosis.known_good.troubled_workloads import Troubled
from outage.diagnosis.remedies.finished_repairs import Words, replace_object, retarget
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.thresholds import CLOCK_SKEW, RECENT_CHANGE
from outage.diagnosis.weighing.strength import Strength, Support
from outage.kubernetes.field_differences import MISSING, FieldDifference, field_differences
from outage.kubernetes.object_times import changed_at, earliest_of
from outage.kubernetes.objects import dig, labels_of, object_ref
from outage.kubernetes.workloads import WORKLOADS
from outage.snapshots.case_index import CaseIndex

CAUSES = {
    Hop.HEADLESS_PORT: Cause.HEADLESS_PORT,
    Hop.NAMESPACE_LABEL: Cause.NAMESPACE_LABEL,
    Hop.PROXY: Cause.BAD_ENV,
    Hop.RESOLVER: Cause.WRONG_RESOLVER,
    Hop.SOCKET: Cause.NOT_LISTENING,
}
"""Hops that are this rule's own; the others have rules that also know how they were before."""
EXPECTED = "The caller reaches what it calls, and no longer complains."
SERVER_GIVES = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy")


def suspect_broken_edges(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """One suspect for each object at fault on the way of calls that get nowhere."""
    seen: set[str] = set()
    for lost in lost_edges(index):
        hop = broken_hop(index, lost.edge)
        if hop is not None and hop.hop in CAUSES and f"{hop.hop} {hop.about}" not in seen:
            seen.add(f"{hop.hop} {hop.about}")
            yield _suspect(index, signs, lost, hop)


def _suspect(index: CaseIndex, signs: Signs, lost: LostCall, hop: BrokenHop) -> SuspectDraft:
    found = SuspectDraft(
        cause=CAUSES[hop.hop],
        about=hop.about,
        says=hop.says,
        explains=names_of(hop.about, hop.edge.caller, hop.edge.service),
    )
    found.add(
        Strength.STATED if hop.hop is not Hop.PROXY else Strength.CONTRADICTED,
        f"on the way of the call: {hop.hop}, and it is not so",
    )
    found.add(Support.SYMPTOM, f"{hop.edge.caller.name} says, or was seen, to get nowhere on this way")
    found.time(changed_at(index.get(hop.about) or {}), _began(index, lost), certain=True)
    found.evidence_for = [lost.said, *(one.says for one in signs.failing)][:6]
    found.alone = True
    if hop.hop is not Hop.SOCKET:  # where a program listens stands in no field that anybody could name
        found.field, found.live, found.wanted = hop.field, hop.live, hop.wanted
    FINISHED_BY[hop.hop](index, found, hop)
    if hop.hop is Hop.SOCKET and (workload := index.get(hop.about)) is not None:
        _heard_before(found, Troubled(index, signs, {"kind": hop.about.kind, **workload}))
    return found


def _heard_before(found: SuspectDraft, one: Troubled) -> None:
    """The template whose program was heard, where a newer one tells it otherwise since its callers complain."""
    tells = one.fix(r"/(?:env|envFrom|args|command|ports)(?:/|$)")
    whole = one.fix("^/spec/template/spec/")
    if tells is None or whole is None or one.changed_at is None or found.onset is None:
        return
    if not -CLOCK_SKEW <= found.onset - one.changed_at <= RECENT_CHANGE:
        return
    found.add(tells.known.trust, f"{tells.known.source} has {tells.chosen[0].field} otherwise")
    found.repair = one.repair(whole, EXPECTED)


def _began(index: CaseIndex, lost: LostCall) -> datetime | None:
    return earliest_of(one.first for one in complaints_of(index, lost.edge.caller))


def _own_address(index: CaseIndex, found: SuspectDraft, hop: BrokenHop) -> None:
    """The address of a Service cannot be patched: it is replaced, equal but for that."""
    service = index.get(hop.about) or {}
    spec = {key: value for key, value in dig(service, "spec", {}).items() if key not in SERVER_GIVES}
    why = f"{hop.about} is headless, and a headless Service translates no ports"
    whole = {**service, "spec": spec}
    replace_object(found, hop.about, whole, why, EXPECTED, "with an address of its own", Risk.MEDIUM)
    found.settle = (
        f"Whether clients of {hop.about.name} need the addresses of its pods: then callers name "
        f"{hop.live.rpartition(' ')[2]} as the port instead."
    )


def _label(index: CaseIndex, found: SuspectDraft, hop: BrokenHop) -> None:
    space = index.get(hop.about) or {}
    for known in known_objects(index, hop.about, None):
        if labels_of(known.manifest).get(hop.key) == hop.wanted:
            found.add(known.trust, f"{known.source} has the label {hop.key}={hop.wanted}")
            break
    meant = {**labels_of(space), hop.key: hop.wanted}
    here = dig(space, "metadata.labels") or MISSING
    fields = field_differences(here, meant, "/metadata/labels")
    words = Words(f"Give {hop.about} the label {hop.key}={hop.wanted} again", EXPECTED)
    retarget(found, hop.about, fields, words, hop.live, hop.wanted, Risk.HIGH)
    found.field = hop.field
    policy = index.get(hop.together_with) if hop.together_with else None
    if policy is not None:
        found.evidence_for.append(
            f"{object_ref(policy, 'NetworkPolicy')} admits {hop.key}={hop.wanted}, unchanged"
        )
    found.settle = f"Whether {hop.about.name} is meant to be let in: the label opens {hop.edge.service}."


def _proxy(index: CaseIndex, found: SuspectDraft, hop: BrokenHop) -> None:
    found.settle = "Whether names of the cluster are meant to go through the proxy: else NO_PROXY names them."


def _ask_the_cluster(index: CaseIndex, found: SuspectDraft, hop: BrokenHop) -> None:
    found.settle = "A Service's name resolved from inside the caller's pod."
    if hop.about.kind not in WORKLOADS:
        return
    here = dig(index.get(hop.about), hop.field, MISSING)
    field = FieldDifference(pointer="/spec/template/spec/dnsPolicy", live=here, wanted=hop.wanted)
    does = f"Let {hop.about} ask the cluster's DNS: dnsPolicy {hop.wanted}"
    words = Words(does, "The caller resolves what it calls.")
    retarget(found, hop.about, [field], words, hop.live, risk=Risk.LOW)


def _listen(index: CaseIndex, found: SuspectDraft, hop: BrokenHop) -> None:
    found.settle = (
        "What address and port the program is told to listen on: its arguments, or HOST, BIND, PORT in its "
        "environment."
    )


FINISHED_BY: dict[Hop, Callable[[CaseIndex, SuspectDraft, BrokenHop], None]] = {
    Hop.HEADLESS_PORT: _own_address,
    Hop.NAMESPACE_LABEL: _label,
    Hop.PROXY: _proxy,
    Hop.RESOLVER: _ask_the_cluster,
    Hop.SOCKET: _listen,
}
"""What each hop has beside the rest: its repair, and what would settle it."""


RULES = (
    CauseRule(
        suspect_broken_edges,
        entries=(
            CauseEntry(
                Cause.HEADLESS_PORT,
                says="The Service is headless and translates no ports; nothing listens on the one called.",
                shows="a caller uses a port of a headless Service on which the pods do not listen",
                evidence="clusterIP None, port and targetPort differ, connections are refused",
                remedies=(
                    Remedy.RETARGET,
                    Remedy.MAKE_ANEW,
                ),
            ),
            CauseEntry(
                Cause.NAMESPACE_LABEL,
                says="A namespace lacks the label by which a network policy lets its pods in.",
                shows="a policy lets pods of a labelled namespace in, and the caller's namespace has lost the label",
                evidence="namespaceSelector of the policy, labels of the namespace, connections that time out",
                remedies=(
                    Remedy.PUT_BACK,
                    Remedy.RETARGET,
                ),
            ),
            CauseEntry(
                Cause.WRONG_RESOLVER,
                says="The pods ask their node's resolver, which knows no Services.",
                shows="a caller on its node's network, or with dnsPolicy Default, cannot resolve a Service",
                evidence="hostNetwork and dnsPolicy of the pods; what the caller says, or a look from inside",
                remedies=(Remedy.RETARGET,),
            ),
            CauseEntry(
                Cause.NOT_LISTENING,
                says="No process listens where calls arrive, or only for its own pod.",
                shows="connections to a ready pod are refused, and its sockets are elsewhere or on loopback alone",
                evidence="the sockets of the pod, read from inside, against the port that its Service leads to",
                remedies=(Remedy.UNDO, Remedy.PERSON),
            ),
        ),
    ),
)
