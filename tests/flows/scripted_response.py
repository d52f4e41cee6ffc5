"""A whole response in one process: the real sentence and the real record, with phases that do as they are told.

Doubles stand where a cluster, a person or Prefect's server would be; order, branching, keeping and closing are ours.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from prefect.exceptions import Pause
from pydantic import BaseModel

import flows.respond as respond
from blocks.clients import Clients, clients
from blocks.record import Record
from flows.close import close
from outage.diagnosis.hypothesis import Action, Diagnosis
from outage.incidents.incident import Incident
from outage.incidents.severity import Impact, assess_severity
from outage.plans.approval import Answer, Approval
from outage.plans.outcome import Outcome, Resolved, StepDid
from outage.plans.plan import Mode, Plan, WayBack
from outage.plans.planned import Planned
from outage.verification.plan_effect import PlanEffect, PlanVerdict
from outage.verification.recovery import VerifiedRecovery
from tasks.decide.doubted_plan import doubted_plan, question_about
from tests.blocks.record.written import newest_fence
from tests.tasks.act.fake_cluster import NOON, Cluster, Died
from tests.tasks.act.shop_plans import change, deployment, image, plan_of

POLICY = """\
version: 1
mode: ask
namespaces: [shop]
kinds: [Deployment]
approvers: {on-call: [ada, bob]}
rules: [{mode: ask, approvers: on-call}]
"""
PLATFORM = """\
name: Shop
namespace: shop
services: [{name: auth, workload: deployment/auth, replicas_floor: 1}]
"""
CLUSTERS = count(1)
SEEN = Diagnosis(at=NOON, assessment=assess_severity(Impact(services=4, services_down=("auth",))))
WELL = VerifiedRecovery(recovered=True, says="recovered: 3 checks are well")
ILL = VerifiedRecovery(recovered=False, says="not recovered: auth has no ready endpoint")
HELPED = ILL.model_copy(
    update={"verdict": PlanVerdict(effect=PlanEffect.EFFECTIVE, says="its own signs are gone")}
)
DOUBTED = ILL.model_copy(
    update={"verdict": PlanVerdict(effect=PlanEffect.INCONCLUSIVE, says="nothing was seen of its users")}
)
TAKEN_BACK = Resolved(says="taken back: Mend it", applied=True)


class Mortal(Record):
    """The real record, in a process that is killed right before or right after one of its writes."""

    dies: tuple[str, str] | None = None
    """When and at what: `("after", "triage")`, `("before", "plan 1")`."""

    def keep_phase(
        self, incident_id: str, key: str, body: BaseModel | dict[str, Any], at: datetime
    ) -> dict[str, Any]:
        """As ever, unless it is time to die."""
        with self._mortally(key):
            return super().keep_phase(incident_id, key, body, at)

    def keep_plan(self, plan: Plan) -> Plan:
        """As ever, unless it is time to die."""
        with self._mortally(f"plan {plan.attempt}"):
            return super().keep_plan(plan)

    @contextmanager
    def _mortally(self, what: str) -> Iterator[None]:
        self._cross("before", what)
        yield
        self._cross("after", what)

    def _cross(self, when: str, what: str) -> None:
        if self.dies == (when, what):
            self.dies = None
            raise Died


class Story:
    """One incident and what its phases give; `ran` says which phases ran, in order."""

    def __init__(self, record: Mortal, incident: Incident) -> None:
        self.record, self.incident = record, incident
        self.ran: list[str] = []
        self.gives: dict[str, Any] = {"triage": SEEN, "investigate": SEEN, "verify": WELL}
        self.answers: Answer | None = Answer.APPROVE
        self.about_staying: Answer | None = Answer.DECLINE
        self.why, self.by = "", "ada"

    def phase(self, name: str) -> Callable[..., Awaitable[Any]]:
        """A phase that gives what was put under `verify-2`, else under `verify`, else does its own part."""

        async def run(incident_id: str, attempt: int = 0, *_: object) -> Any:
            key = f"{name}-{attempt}" if attempt else name
            self.ran.append(key)
            given = self.gives.get(key, self.gives.get(name))
            if isinstance(given, list):
                given = given.pop(0)
            if isinstance(given, BaseException):
                raise given
            if name == "plan" and given is None and doubted_plan(incident_id, attempt - 1):
                return self.question(attempt)
            return given or getattr(self, name.replace("-", "_"))(attempt)

        return run

    def plan(self, attempt: int) -> Planned:
        """A plan that asks; kept, as planning keeps it."""
        cluster = Cluster(deployment())
        made = plan_of(cluster, change(Action.PATCH, cluster_target(cluster), image()), attempt=attempt)
        made = made.model_copy(update={"incident": self.incident.id, "hypothesis": f"cause-{attempt}"})
        return Planned(plan=self.record.keep_plan(made), mode=Mode.ASK, says=made.summary)

    def question(self, attempt: int) -> Planned:
        """Whether the plan of the attempt before stays, as planning asks it."""
        doubted = doubted_plan(self.incident.id, attempt - 1)
        assert doubted
        return question_about(doubted, attempt)

    def resolve(self, attempt: int) -> Resolved:
        """Every step written, with intent and outcome."""
        plan = self.record.plan(self.incident.id, attempt)
        assert plan
        for step in plan.steps:
            self.record.intend(
                self.incident.id,
                plan.hash,
                step.key,
                WayBack(before=None, says="back"),
                NOON,
                newest_fence(self.record),
            )
            done = Outcome(did=StepDid.APPLIED, says="done")
            self.record.settle(self.incident.id, plan.hash, step.key, done, NOON, newest_fence(self.record))
        return Resolved(says="1 of 1 steps done", applied=True)

    def take_back(self, attempt: int) -> Resolved:
        """Every step taken back, with intent and outcome."""
        plan = self.record.plan(self.incident.id, attempt)
        assert plan
        for key in [f"take-back/{step.key}" for step in plan.steps]:
            self.record.intend(
                self.incident.id,
                plan.hash,
                key,
                WayBack(before=None, says="back"),
                NOON,
                newest_fence(self.record),
            )
            done = Outcome(did=StepDid.APPLIED, says="done")
            self.record.settle(self.incident.id, plan.hash, key, done, NOON, newest_fence(self.record))
        return TAKEN_BACK

    async def answer(self, incident_id: str, planned: Planned) -> Approval:
        """The person's answer; without one the run is suspended, as Prefect does it."""
        self.ran.append("ask")
        said = self.about_staying if planned.takes_back else self.answers
        if said is None or planned.plan is None:
            raise Pause
        return Approval(
            plan_hash=planned.plan.hash, answer=said, by=self.by, why=self.why, at=NOON, door="ui"
        )

    async def publish(self, incident_id: str) -> None:
        """The UI's pages."""
        self.ran.append("publish")

    @property
    def phases(self) -> list[str]:
        """What ran, without the asking."""
        return [one for one in self.ran if one != "ask"]

    @property
    def now(self) -> Incident:
        """The incident as the record has it."""
        return self.record.incident(self.incident.id)

    def lines(self, kind: str) -> list[str]:
        """The timeline's lines of one kind."""
        return [one.says for one in self.record.entries(self.incident.id) if one.kind == kind]

    @property
    def report(self) -> str:
        """The report as it was written."""
        return (Path(clients().settings.home) / "reports" / f"{self.incident.id}.md").read_text()

    async def respond(self) -> Any:
        """Run the whole sentence, as a process would that was just born."""
        return await respond.respond_to_outage.fn(self.incident.id)


def cluster_target(cluster: Cluster) -> Any:
    """The one object of a cluster."""
    return next(iter(cluster.objects))


@contextmanager
def opened(dsn: str, home: Path, patch: pytest.MonkeyPatch, policy: str = POLICY) -> Iterator[Clients]:
    """The doors of this process, leading to a home of the test's own and to the session's record."""
    (home / "policy.yaml").write_text(policy)
    # A cluster of its own: what an incident of another test answers is another cause.
    (home / "platform.yaml").write_text(f"{PLATFORM}cluster: {{name: cluster-{next(CLUSTERS)}}}\n")
    patch.setenv("OUTAGE_HOME", str(home))
    patch.setenv("OUTAGE_RECORD_DSN", dsn)
    clients.cache_clear()
    with Mortal.open(dsn) as record:
        clients().__dict__["record"] = record  # where the cached property keeps it
        yield clients()
    clients.cache_clear()


def begun(record: Mortal, patch: pytest.MonkeyPatch, key: str) -> Story:
    """A story whose phases stand in the sentence's own namespace; nobody waits for weather."""
    incident, _ = record.open_incident(key, "auth is down", NOON)
    story = Story(record, incident)
    for name in ("triage", "investigate", "plan", "resolve", "verify", "take_back"):
        patch.setattr(respond, name, story.phase(name.replace("_", "-")))
    patch.setattr(respond, "close", close.fn)
    patch.setattr(respond, "answer_for", story.answer)
    patch.setattr(respond, "publish_report", story.publish)
    patch.setattr("tasks.record.transient_errors.PAUSES_SECONDS", (0.0,) * 3)
    return story
