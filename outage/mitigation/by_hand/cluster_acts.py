"""Nodes, database sessions, and what an earlier plan left standing, as a person chose them.

Source: runbook "Database Recovery" and "Kubernetes Cluster Issues".
"""

from outage.diagnosis.hypothesis import Action, Change, Repair, Risk
from outage.diagnosis.remedies.single_repairs import one_change
from outage.diagnosis.resolution_action import ResolutionAction, ResolutionKind
from outage.kubernetes.objects import ObjectRef, dig
from outage.mitigation.by_hand.hand_draft import EarlierPlan, HandDraft, refused
from outage.mitigation.mitigation_view import MitigationView
from outage.plans.outcome import StepDid
from outage.plans.plan import TAKE_BACK, Intent
from outage.plans.reconcile_intents import undoing_patch
from outage.policies.guards.data_loss import blocks_others, spared_sessions
from outage.snapshots.snapshot import DatabaseView, Session
from outage.text.durations import duration_in_words
from outage.text.listing import some_of
from outage.verification.lasting_signs import object_names

NODE_ACTS = {
    ResolutionKind.CORDON: (Action.CORDON, Risk.LOW, "No new pod is placed on it."),
    ResolutionKind.UNCORDON: (Action.UNCORDON, Risk.LOW, "Pods are placed on it again."),
    ResolutionKind.DRAIN: (Action.DRAIN, Risk.HIGH, "Its pods become ready on other nodes."),
}


def chosen_node_act(sight: MitigationView, action: ResolutionAction) -> HandDraft:
    """Cordon, uncordon or drain one node."""
    about = ObjectRef(kind="Node", name=action.target)
    node = sight.index.get(about)
    if node is None:
        known = [str(dig(one, "metadata.name")) for one in sight.index.snapshot.kind("Node")]
        raise refused(action, f"there is no such node; there are {some_of(known, 12) or 'none'}")
    done, risk, expected = NODE_ACTS[action.kind]
    closed = bool(dig(node, "spec.unschedulable"))
    if done is Action.CORDON and closed:
        raise refused(action, f"{about} is cordoned already")
    if done is Action.UNCORDON and not closed:
        raise refused(action, f"{about} is not cordoned")
    repair = one_change(done, about, (), f"{str(done).capitalize()} {about}", expected, risk)
    return HandDraft(about=about, repair=repair, heals=_services_on(sight, action.target))


def _services_on(sight: MitigationView, node: str) -> tuple[str, ...]:
    there = {
        str(sight.index.workload_of(pod)) for pod in sight.index.pods if dig(pod, "spec.nodeName") == node
    }
    named = sight.index.platform.services
    return tuple(one.name for one in named if str(sight.named(one.workload)) in there)


def chosen_sessions(sight: MitigationView, action: ResolutionAction) -> HandDraft:
    """End the database's old sessions that others wait for, or that hold a transaction and do nothing."""
    database, view = sight.index.platform.database, sight.index.snapshot.database
    if database is None:
        raise refused(action, "the platform file names no database")
    if view is None:
        raise refused(action, "the database could not be asked for its sessions")
    aged = duration_in_words(action.older_than)
    old = [one for one in view.sessions if _seconds(one) >= action.older_than.total_seconds()]
    ended = [one for one in old if _may_end(one, view)]
    if not ended:
        left = f"; {len(old)} so old are working and block nobody, or are not ours to end" if old else ""
        raise refused(action, f"no session older than {aged} blocks others or sits idle{left}")
    changes = tuple(
        Change(
            action=Action.CANCEL,
            target=ObjectRef(kind="Session", name=str(one.pid)),
            session=one.pid,
            why=f"it is older than {aged} and {'blocks others' if blocks_others(one, view) else 'sits idle'}",
            expected="Whoever waits for it goes on.",
            risk=Risk.HIGH,
        )
        for one in ended
    )
    summary = f"End {len(ended)} database sessions older than {aged}"
    repair = Repair(summary=summary, changes=changes)
    return HandDraft(about=changes[0].target, repair=repair, heals=(database.service,))


def _seconds(session: Session) -> float:
    running = session.query_seconds if session.state == "active" else None
    return max(session.transaction_seconds or 0.0, running or 0.0)


def _may_end(session: Session, view: DatabaseView) -> bool:
    idle = session.state.startswith("idle")
    return spared_sessions(session) is None and (idle or blocks_others(session, view))


def chosen_take_back(
    sight: MitigationView, action: ResolutionAction, earlier: EarlierPlan | None
) -> HandDraft:
    """Undo what an earlier plan wrote and what still stands, by the ways back that were recorded."""
    if earlier is None:
        raise refused(action, "no plan of that incident stands that could be taken back")
    changes = tuple(
        change
        for step in reversed(earlier.plan.steps)
        if (written := _standing(earlier, step.key)) and not step.for_good
        if (change := undoing_patch(step.change, written.way_back.before, None)) is not None
    )
    if not changes:
        raise refused(action, f"nothing of `{earlier.plan.summary}` stands that could be taken back")
    why = f"{earlier.plan.incident} left it standing"
    told = tuple(
        one.model_copy(update={"why": why, "expected": "It is as it was before that plan."})
        for one in changes
    )
    repair = Repair(summary=f"Take back: {earlier.plan.summary}", changes=told)
    return HandDraft(about=told[0].target, repair=repair, heals=_services_of(sight, told))


def _standing(earlier: EarlierPlan, key: str) -> Intent | None:
    """The intent of a step that was written and not taken back, or None."""
    own = {one.step_key: one for one in earlier.intents if one.plan_hash == earlier.plan.hash}
    written, back = own.get(key), own.get(TAKE_BACK + key)
    gone = back is not None and back.outcome is not None and back.outcome.did is not StepDid.FAILED
    applied = written is not None and written.outcome and written.outcome.did is StepDid.APPLIED
    return written if applied and not gone else None


def _services_of(sight: MitigationView, changes: tuple[Change, ...]) -> tuple[str, ...]:
    """The services whose own objects are written; none, which means everything, when any other object is."""
    home = sight.index.platform.namespace
    owners = {name: one.name for one in sight.index.platform.services for name in object_names(one, home)}
    targets = [str(one.target) for one in changes]
    return tuple(dict.fromkeys(owners[one] for one in targets)) if set(targets) <= set(owners) else ()
