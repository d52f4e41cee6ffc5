"""What is written into the record: an alert, a plan, an answer."""

from datetime import UTC, datetime, timedelta

from blocks.record import Record
from outage.diagnosis.hypothesis import Action, Change
from outage.incidents.alert import Alert
from outage.kubernetes.objects import ObjectRef
from outage.plans.approval import Answer, Approval
from outage.plans.fence import Fence
from outage.plans.plan import Plan, Precondition, Step

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def alert(namespace: str, starts_at: datetime = NOON, name: str = "ServiceDown") -> Alert:
    """An alert of that namespace."""
    return Alert(name=name, labels={"alertname": name, "namespace": namespace}, starts_at=starts_at)


def plan(incident_id: str, attempt: int = 1, summary: str = "Undo it") -> Plan:
    """A plan of one step."""
    target = ObjectRef(kind="Deployment", name="auth-service", namespace="shop")
    change = Change(action=Action.UNDO, target=target, why="bad image", expected="ready")
    step = Step(key="1-undo", change=change, precondition=Precondition(uid="u"), take_back="undo it again")
    return Plan(
        incident=incident_id, attempt=attempt, hypothesis="h", summary=summary, steps=(step,), made_at=NOON
    )


def says(answer: Answer, by: str, plan_hash: str = "hash") -> Approval:
    """An answer of somebody."""
    return Approval(plan_hash=plan_hash, answer=answer, by=by, at=NOON)


def newest_fence(record: Record, target: str = "a test's target") -> Fence:
    """The fence of a target's newest holder, who has let the lock go: it counts until somebody takes the target."""
    with record.only_writer(target) as fence:
        assert fence
        return fence
