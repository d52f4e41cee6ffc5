"""What can be lost for good: volumes, stateful objects, Secrets, and the sessions of a database."""

from datetime import datetime

from outage.diagnosis.hypothesis import Action
from outage.kubernetes.objects import dig
from outage.plans.objection import Objection, Proceed, Refuse, Verdict
from outage.plans.plan import Plan, Step
from outage.policies.guards.guard_view import GuardView
from outage.policies.policy import Policy
from outage.snapshots.snapshot import DatabaseView, Session

NEVER_DELETED = ("Namespace", "PersistentVolume", "StatefulSet", "CustomResourceDefinition", "Node")
"""Deleting one of these destroys or orphans data, whatever it would heal."""

BACKUPS = (
    "pg_dump",
    "pg_dumpall",
    "pg_basebackup",
    "barman",
    "pgbackrest",
    "wal-g",
    "wal-e",
    "pg_receivewal",
)
"""Beginnings of application names that must be left to finish."""

OURS = "outage"
"""Beginning of our own application name."""


def volume_losses(step: Step, plan: Plan, view: GuardView, policy: Policy, now: datetime) -> Verdict:
    """A claim that was ever bound has data; what holds data is not deleted."""
    change, target = step.change, step.change.target
    if change.action is not Action.DELETE:
        return Proceed()
    if target.kind in NEVER_DELETED:
        return _at_risk(f"deleting {target} can lose data for good")
    if target.kind != "PersistentVolumeClaim":
        return Proceed()
    claim = view.get(target)
    if claim is None:
        return Refuse(reason=Objection.CANNOT_TELL, says=f"{target} is not in the picture: it may hold data")
    if dig(claim, "status.phase") == "Bound" or dig(claim, "spec.volumeName"):
        return _at_risk(f"{target} is bound to a volume: deleting it can lose its data")
    return Proceed()


def secret_losses(step: Step, plan: Plan, view: GuardView, policy: Policy, now: datetime) -> Verdict:
    """Nobody but a person writes Secrets: we do not know their values and must not invent them."""
    if step.change.target.kind == "Secret":
        return _at_risk(f"{step.change.target} is a Secret: only a person knows what stands in it")
    return Proceed()


def session_losses(step: Step, plan: Plan, view: GuardView, policy: Policy, now: datetime) -> Verdict:
    """Only a root blocker or an idle session is ended, and never one that serves the database itself."""
    if step.change.action is not Action.CANCEL:
        return Proceed()
    database, pid = view.snapshot.database, step.change.session
    session = next((one for one in database.sessions if one.pid == pid), None) if database else None
    if database is None or session is None:
        return Refuse(reason=Objection.CANNOT_TELL, says=f"database session {pid} is not in the picture")
    if because := spared_sessions(session):
        return _at_risk(f"database session {pid} is left alone: {because}")
    if not (blocks_others(session, database) or session.state.startswith("idle")):
        return _at_risk(f"database session {pid} is working and blocks nobody")
    return Proceed()


def spared_sessions(session: Session) -> str | None:
    """Why a session must never be ended, or None."""
    if session.replication or session.backend in ("walsender", "walreceiver"):
        return "it is replication"
    if session.backend != "client backend":
        return f"it is the database's own {session.backend}"
    if session.superuser:
        return f"{session.user} is a superuser"
    if session.application.startswith(OURS):
        return "it is our own"
    if session.application.lower().startswith(BACKUPS):
        return f"{session.application} is a backup"
    return None


def blocks_others(session: Session, view: DatabaseView) -> bool:
    """Whether it is a root blocker: others wait for it and it waits for nobody."""
    return not session.blocked_by and any(session.pid in other.blocked_by for other in view.sessions)


def too_many_sessions(plan: Plan, view: GuardView, policy: Policy, now: datetime) -> Verdict:
    """Ending many sessions at once makes a storm of reconnections."""
    count = sum(step.change.action is Action.CANCEL for step in plan.steps)
    if count > policy.limits.sessions:
        return Refuse(
            reason=Objection.DATA_AT_RISK,
            says=f"the plan ends {count} database sessions, allowed are {policy.limits.sessions}",
        )
    return Proceed()


def _at_risk(says: str) -> Refuse:
    return Refuse(reason=Objection.DATA_AT_RISK, says=says)
