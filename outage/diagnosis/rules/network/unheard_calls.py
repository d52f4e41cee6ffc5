"""Calls that find no name or no listener although all is ready: asked elsewhere, or heard by its own pod alone."""

from collections.abc import Iterator
from datetime import datetime

from outage.diagnosis.cause import Cause
from outage.diagnosis.edges.broken_hop import BrokenHop, Hop
from outage.diagnosis.edges.call_edge import LostCall, lost_edges
from outage.diagnosis.edges.edge_walk import broken_hop
from outage.diagnosis.edges.pod_complaints import complaints_of
from outage.diagnosis.findings import Signs
from outage.diagnosis.hypothesis import Action
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.remedies.single_repairs import one_change
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import Suspect, names_of
from outage.diagnosis.weighing.strength import Strength, Support
from outage.kubernetes.object_times import changed_at, earliest_of
from outage.kubernetes.objects import dig
from outage.kubernetes.workloads import WORKLOADS
from outage.snapshots.case_index import CaseIndex

CAUSES = {Hop.RESOLVER: Cause.WRONG_RESOLVER, Hop.SOCKET: Cause.NOT_LISTENING}


def suspect_unheard_calls(index: CaseIndex, signs: Signs) -> Iterator[Suspect]:
    """One suspect for each object at fault on the way of calls that get nowhere."""
    seen: set[str] = set()
    for lost in lost_edges(index):
        hop = broken_hop(index, lost.edge)
        if hop is not None and hop.hop in CAUSES and f"{hop.hop} {hop.about}" not in seen:
            seen.add(f"{hop.hop} {hop.about}")
            yield _suspect(index, signs, lost, hop)


def _suspect(index: CaseIndex, signs: Signs, lost: LostCall, hop: BrokenHop) -> Suspect:
    explains = names_of(hop.about, hop.edge.caller, hop.edge.service)
    found = Suspect(cause=CAUSES[hop.hop], about=hop.about, says=hop.says, explains=explains)
    found.add(Strength.STATED, f"on the way of the call: {hop.hop}, and it is not so")
    found.add(Support.SYMPTOM, f"{hop.edge.caller.name} says, or was seen, to get nowhere on this way")
    found.time(changed_at(index.get(hop.about) or {}), _began(index, lost), certain=True)
    found.evidence_for = [lost.said, *(one.says for one in signs.failing)][:6]
    found.alone = True
    if hop.hop is Hop.SOCKET:
        found.settle = (
            "What address and port the program is told to listen on: its arguments, or HOST, BIND, PORT in its "
            "environment."
        )
    else:
        _ask_the_cluster(index, found, hop)
    return found


def _began(index: CaseIndex, lost: LostCall) -> datetime | None:
    return earliest_of(one.first for one in complaints_of(index, lost.edge.caller))


def _ask_the_cluster(index: CaseIndex, found: Suspect, hop: BrokenHop) -> None:
    found.field, found.live, found.wanted = hop.field, hop.live, hop.wanted
    found.settle = "A Service's name resolved from inside the caller's pod."
    if hop.about.kind not in WORKLOADS:
        return
    there = dig(index.get(hop.about), hop.field) is not None
    op = {"op": "replace" if there else "add", "path": "/spec/template/spec/dnsPolicy", "value": hop.wanted}
    words = f"Let {hop.about} ask the cluster's DNS: dnsPolicy {hop.wanted}"
    found.repair = one_change(Action.PATCH, hop.about, [op], words, "The caller resolves what it calls.")


RULES = (
    CauseRule(
        suspect_unheard_calls,
        entries=(
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
                remedies=(Remedy.PERSON,),
            ),
        ),
    ),
)
