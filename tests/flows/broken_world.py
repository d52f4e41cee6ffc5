"""A model of a platform of which several services break, each by its own cause, while several incidents are answered.

The sentence, the record, the choice of the next cause and the verdict are the real ones; what is modelled is the
cluster: what is broken, what a look sees of it, and what a write does to it.
"""

from collections.abc import Callable
from typing import Any

from prefect.exceptions import Pause

from outage.diagnosis.findings.facts.sign_facts import Sign
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.hypothesis import Action, Change, Diagnosis, Hypothesis, Repair
from outage.diagnosis.thresholds import BELIEVED_FROM
from outage.incidents.incident import Ending
from outage.incidents.severity import Impact, assess_severity
from outage.kubernetes.objects import ObjectRef
from outage.plans.approval import Answer, Approval
from outage.plans.outcome import Resolved
from outage.plans.plan import Mode, Plan, Precondition, Step
from outage.plans.planned import Planned
from outage.platforms.platform import Platform, Service
from outage.verification.plan_verdict import plan_verdict
from outage.verification.recovery import RecoveryCheck, VerifiedRecovery
from tasks.decide.doubted_plan import doubted_plan
from tasks.decide.fold_or_answer import claimed_cause, folded
from tasks.decide.next_plan import last_that_helped, next_cause
from tests.flows.scripted_response import Mortal
from tests.tasks.act.fake_cluster import NOON

SERVICES = ("auth", "user", "web")
PLATFORM = Platform(
    name="Shop",
    namespace="shop",
    services=tuple(
        Service(name=one, workload=f"deployment/{one}", service=one, selector={"app": one})
        for one in SERVICES
    ),
)


class BrokenWorld:
    """What is broken now, and what was ever written."""

    def __init__(self, record: Mortal) -> None:
        self.record = record
        self.broken: list[str] = []
        self.writes: list[tuple[str, str]] = []
        """`mend` or `break`, and the service, in order: what was taken back shows as broken."""
        self.approved: set[str] = set()
        self.breaks_at: dict[tuple[str, str], str] = {}
        """Incident and phase → what breaks when that phase begins."""

    def causes(self) -> tuple[Hypothesis, ...]:
        """One for each broken service, certain."""
        return tuple(cause_of(one) for one in SERVICES if one in self.broken)

    def diagnosis(self) -> Diagnosis:
        """What a look sees now."""
        signs = [
            Finding(sign=Sign.POD_IMAGE_PULL, about=workload(one), says="it fails") for one in self.broken
        ]
        impact = Impact(services=len(SERVICES), services_down=tuple(sorted(self.broken)))
        return Diagnosis(
            at=NOON, assessment=assess_severity(impact), hypotheses=self.causes(), findings=tuple(signs)
        )

    def phase(self, name: str) -> Callable[..., Any]:
        """A phase of the sentence, for whichever incident asks."""

        async def run(incident_id: str, attempt: int = 0, *_: object) -> Any:
            if breaks := self.breaks_at.pop((incident_id, name), None):
                self.broken.append(breaks)
            return getattr(self, name.replace("-", "_"))(incident_id, attempt)

        return run

    def triage(self, incident_id: str, attempt: int) -> Diagnosis:
        """Look."""
        return self.diagnosis()

    investigate = triage

    def plan(self, incident_id: str, attempt: int) -> Planned:
        """The next cause, as the real choice has it."""
        found = Diagnosis.model_validate(self.record.phase(incident_id, f"investigate-{attempt}"))
        assert doubted_plan(incident_id, attempt - 1) is None
        plans = self.record.plans(incident_id)
        cause = next_cause(found, plans, attempt, last_that_helped(incident_id, attempt))
        if cause is None:
            ending = Ending.ADVISED if found.hypotheses else Ending.NOTHING_TO_DO
            return Planned(ending=ending, says="no cause is left")
        standing = self.record.incident(incident_id)
        if into := claimed_cause(standing, cause, found).into:
            return folded(standing, into, cause)
        return Planned(
            plan=self.record.keep_plan(plan_of_cause(cause, incident_id, attempt)), mode=Mode.ASK, says=""
        )

    def resolve(self, incident_id: str, attempt: int) -> Resolved:
        """Write it; what is well already is left so."""
        service = self._of(incident_id, attempt)
        if service in self.broken:
            self.broken.remove(service)
            self.writes.append(("mend", service))
        return Resolved(says="done", applied=True)

    def take_back(self, incident_id: str, attempt: int) -> Resolved:
        """Break it again."""
        service = self._of(incident_id, attempt)
        self.broken.append(service)
        self.writes.append(("break", service))
        return Resolved(says="taken back", applied=True)

    def verify(self, incident_id: str, attempt: int) -> VerifiedRecovery:
        """Watch, and judge by the real verdict."""
        plan = self.record.plan(incident_id, attempt)
        assert plan
        before = Diagnosis.model_validate(self.record.phase(incident_id, f"investigate-{attempt}"))
        own = self._of(incident_id, attempt)
        checks = tuple(
            RecoveryCheck(name="probes", ok=one not in self.broken, says=one, about=(one,), own=one == own)
            for one in SERVICES
        )
        proof = VerifiedRecovery(recovered=not self.broken, says="watched", checks=checks)
        verdict = plan_verdict(plan, before, self.diagnosis(), proof, PLATFORM, BELIEVED_FROM)
        recovered = proof.recovered and verdict.mended
        return proof.model_copy(update={"verdict": verdict, "recovered": recovered})

    def _of(self, incident_id: str, attempt: int) -> str:
        plan = self.record.plan(incident_id, attempt)
        assert plan
        return plan.steps[0].change.target.name

    async def answer(self, incident_id: str, planned: Planned) -> Approval:
        """Yes, once somebody said so of this incident."""
        if breaks := self.breaks_at.pop((incident_id, "ask"), None):
            self.broken.append(breaks)
        if incident_id not in self.approved or planned.plan is None:
            raise Pause
        return Approval(plan_hash=planned.plan.hash, answer=Answer.APPROVE, by="ada", at=NOON)


def workload(service: str) -> ObjectRef:
    """Its Deployment."""
    return ObjectRef(kind="Deployment", namespace="shop", name=service)


def cause_of(service: str) -> Hypothesis:
    """Why it is broken."""
    patch = ({"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "as it was"},)
    about = workload(service)
    change = Change(action=Action.PATCH, target=about, patch=patch, why="it changed", expected="it serves")
    return Hypothesis(
        cause="bad-image",
        about=about,
        says=f"{service} is wrong",
        explains=(str(about),),
        score=0.9,
        repair=Repair(summary=f"Mend {service}", changes=(change,)),
    )


def plan_of_cause(cause: Hypothesis, incident_id: str, attempt: int) -> Plan:
    """Its repair as a plan."""
    changes = cause.repair.changes if cause.repair else ()
    steps = tuple(
        Step(key="1", change=one, precondition=Precondition(), take_back="as it was") for one in changes
    )
    return Plan(
        incident=incident_id,
        attempt=attempt,
        hypothesis=cause.key,
        summary=f"Mend {cause.about.name}",
        steps=steps,
        made_at=NOON,
    )
