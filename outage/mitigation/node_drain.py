"""A dead node: its pods without data are let go, so that other nodes run them before the cluster's own timeout.

The cluster itself waits five minutes before it gives up the pods of a node that does not answer.

Source: runbook "Kubernetes Cluster Issues".
"""

from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.hypothesis import Action, Risk
from outage.diagnosis.remedies.single_repairs import one_change
from outage.diagnosis.thresholds import NODE_SILENT
from outage.kubernetes.objects import ObjectRef, dig, owner_ref, stays_on_its_node
from outage.mitigation.mitigation_view import MitigationDraft, MitigationView, volume_claims_of
from outage.mitigation.node_room import ENDED, NodeRoom, is_picky, unseen_places
from outage.value import Manifest


def node_drains(sight: MitigationView) -> Iterator[MitigationDraft]:
    """The one node that does not answer; several at once are no node's fault, and nobody has room for them."""
    down = {one.about: one for one in sight.signs.of(Sign.NODE_NOT_READY)}
    if len(down) != 1 or not sight.index.snapshot.saw("Pod"):
        return
    about, finding = next(iter(down.items()))
    if finding.since is None or sight.index.now - finding.since < NODE_SILENT:
        return
    if (way := _way(sight, about, says=finding.says)) is not None:
        yield way


def _way(sight: MitigationView, node: ObjectRef, says: str) -> MitigationDraft | None:
    pods = [pod for pod in sight.index.snapshot.kind("Pod") if _goes(pod, node.name)]
    waiting = sorted(
        {str(sight.index.workload_of(pod)): sight.index.workload_of(pod) for pod in pods}.items()
    )
    own = sight.index.platform.namespace
    home = [about for _, about in waiting if about.namespace in sight.index.home]
    home.sort(key=lambda about: about.namespace != own)
    if not home or not all(_stateless(pod) for pod in pods) or not _fit(sight, node, pods):
        return None
    summary = f"Drain {node}: let other nodes run its {len(pods)} pods"
    expected = f"{', '.join(one.name for one in home[:4])} become ready on the other nodes."
    causes = [one for one in sight.diagnosis.hypotheses if one.cause == Cause.NODE_NOT_READY]
    unseen = unseen_places(sight.index)
    elsewhere = f"pods of {', '.join(unseen)} on it would be let go too, and were not looked at"
    return MitigationDraft(
        eases=next((one for one in causes if one.about == node), None),
        about=home[0],
        says=f"{node} does not answer; its {len(pods)} pods keep no data and fit on the other nodes",
        repair=one_change(Action.DRAIN, node, (), summary, expected, Risk.HIGH),
        seen=(
            says,
            f"{len(pods)} pods without data are on it: {', '.join(name for name, _ in waiting[:4])}",
            "the other nodes that are ready have room for them all",
        ),
        against=(
            "a node that only lost its network still runs the pods: for a while there are two of each",
            "by default the cluster lets them go by itself five minutes after the node fell silent",
            *([elsewhere] if unseen else []),
            *(
                ["what some of them keep in an emptyDir is lost"]
                if any(_scratch(pod) for pod in pods)
                else []
            ),
        ),
        settle="Whether the node is really gone: its console, and its kubelet from another network.",
        onset=causes[0].onset if causes else None,
    )


def _goes(pod: Manifest, node: str) -> bool:
    """Whether a drain would evict the pod: those that are leaving already need no push."""
    finished = dig(pod, "status.phase") in ENDED or dig(pod, "metadata.deletionTimestamp")
    return dig(pod, "spec.nodeName") == node and not finished and not stays_on_its_node(pod)


def _stateless(pod: Manifest) -> bool:
    """Whether its controller makes an equal one anywhere: a drain takes all pods, so one that is not forbids it."""
    above = owner_ref(pod)
    return above is not None and above.kind == "ReplicaSet" and not volume_claims_of(pod.get("spec", {}))


def _scratch(pod: Manifest) -> bool:
    return any("emptyDir" in one for one in dig(pod, "spec.volumes", []))


def _fit(sight: MitigationView, node: ObjectRef, pods: list[Manifest]) -> bool:
    room = NodeRoom(sight.index, without=node.name)
    return all(not is_picky(pod["spec"]) and room.place(pod["spec"], 1) == 1 for pod in pods)
