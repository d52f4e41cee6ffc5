"""How far the program may go alone, who approves what, and how long it waits: the policy file as a value.

Two promises. Without a policy, or with a broken one, nothing is written: the program keeps looking and advising.
And every question asked here is answered with a sentence, so that a refusal can be argued with.
"""

from datetime import time, timedelta
from typing import Literal

from pydantic import AwareDatetime, Field, model_validator

from outage.approval import Answer, Approval
from outage.guard import Objection, Proceed, Refuse, Verdict
from outage.hypothesis import Action, Risk
from outage.plan import Mode, Plan
from outage.severity import Severity
from outage.value import Value
from outage.yaml_file import Duration

ANYBODY = "*"
"""In a list of approvers: whoever can open the door may answer."""

NOBODY = ("policy", "silence", "outage")
"""Names under which the program itself answers: never a person's yes, also where anybody may give one."""


class Rule(Value):
    """What holds for plans of some risk at some severity; the first rule that fits is the one that counts."""

    risk: tuple[Risk, ...] = tuple(Risk)
    """The plan's worst step must be one of these. Default: any."""
    severity: tuple[Severity, ...] = tuple(Severity)
    """The incident's severity must be one of these. Default: any."""
    actions: tuple[Action, ...] = tuple(Action)
    """Every step of the plan must be one of these. Default: any."""
    mode: Mode
    approvers: str = ""
    """Name of a group under `approvers`; needed when the mode is `ask`."""
    quorum: int = Field(default=1, ge=1)
    """How many different people must say yes."""
    requester_may_approve: bool = True
    """Whether the yes of the person who started the incident by hand (or the drill) counts."""
    why: str = ""
    """Shown to whoever asks why it is so."""


class Freeze(Value):
    """A time in which nothing is written: a change freeze, or planned maintenance when `namespaces` is given."""

    starts: AwareDatetime
    ends: AwareDatetime
    why: str = Field(min_length=1)
    namespaces: tuple[str, ...] = ()
    """Only there; empty means everywhere."""

    @model_validator(mode="after")
    def _in_order(self) -> "Freeze":
        if self.ends <= self.starts:
            raise ValueError(
                f"it ends at {self.ends:%Y-%m-%d %H:%M}, before it starts at {self.starts:%Y-%m-%d %H:%M}"
            )
        return self


class Maintenance(Value):
    """A window that comes back every week, in UTC. It may run past midnight."""

    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...]
    """Days on which it starts."""
    starts: time
    lasts: Duration
    why: str = Field(min_length=1)
    namespaces: tuple[str, ...] = ()
    """Only there; empty means everywhere."""


class Limits(Value):
    """How much may be disturbed. Numbers in reasons come in pairs: the seen and the allowed."""

    disturbed_share: float = Field(default=0.5, ge=0, le=1)
    """Share of a workload's ready pods that one step may disturb."""
    steps: int = Field(default=6, ge=1)
    """Writes of one plan."""
    actions_per_hour: int = Field(default=12, ge=1)
    """Writes of all incidents together in any hour; a loop of ours must not become the outage."""
    cooldown: Duration = timedelta(minutes=10)
    """Between writes of two different incidents to one object: who heals it twice has not found the cause."""
    view_fresh: Duration = timedelta(minutes=2)
    """How old the picture may be that guards judge by; older is refused."""
    storm_causes: int = Field(default=3, ge=1)
    """With more causes at once than this, no single one is the answer: a person decides."""
    storm_nodes_share: float = Field(default=0.5, ge=0, le=1)
    """With a larger share of the nodes not ready than this, the cluster itself is failing."""
    sessions: int = Field(default=20, ge=0)
    """Database sessions that one plan may end."""


class Verifying(Value):
    """What counts as proof, beyond what is always looked at."""

    soak: Duration | None = None
    """How long recovery is watched; None takes the platform file's."""
    smoke: bool = True
    """Whether the smoke Job is run after a repair."""
    delete_one_pod: bool = False
    """Whether one healthy pod is deleted, to see that what was healed heals itself."""
    recurring_tick: Duration = timedelta(minutes=10)
    """How long to wait for one tick of a CronJob that touched the object; longer ones are not waited for."""


class Policy(Value):
    """The whole file. Its defaults write nothing: a mode and an allow-list must be given by a person."""

    version: Literal[1] = 1
    mode: Mode = Mode.ADVISE
    """The furthest any rule may go: one line to turn everything down."""
    namespaces: tuple[str, ...] = ()
    """Where objects may be written. Nowhere else, whatever a plan says."""
    kinds: tuple[str, ...] = ()
    """Kinds that may be written there."""
    cluster_kinds: tuple[str, ...] = ()
    """Cluster-wide kinds that may be written; and, as `NAMESPACE/Kind/NAME`, single objects of other namespaces."""
    rules: tuple[Rule, ...] = ()
    """First match wins; what no rule fits is only advised."""
    approvers: dict[str, tuple[str, ...]] = {}
    """Group → handles. `*` is anybody who can open the door."""
    protected_labels: dict[str, str] = {"outage.dev/protected": "true"}
    """Objects with one of these labels are never written."""
    protected_objects: tuple[str, ...] = ()
    """`NAMESPACE/Kind/NAME`, never written."""
    gitops: Literal["refuse", "say"] = "refuse"
    """For objects that a GitOps controller owns: it would write its own version over ours."""
    freezes: tuple[Freeze, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    limits: Limits = Limits()
    remind_after: Duration = timedelta(minutes=5)
    """From the asking, and again each time it has passed: the people who may answer are told."""
    escalate_after: Duration = timedelta(minutes=20)
    """From the asking: then `escalate_to` is told as well."""
    escalate_to: str = ""
    """A group of `approvers` who are told that nobody answers; empty: nobody but those who may answer."""
    answer_within: Duration = timedelta(minutes=60)
    """From the asking. Silence is no: then the plan is declined and the incident handed to a person."""
    verifying: Verifying = Verifying()
    attempts: int = Field(default=3, ge=1)
    """Plans for one incident, one after the other, before it is handed to a person."""
    broken: str | None = Field(default=None, exclude=True)
    """Why the file could not be used; then nothing is written. Not a key of the file."""

    @model_validator(mode="after")
    def _in_order(self) -> "Policy":
        if self.remind_after >= self.answer_within:
            raise ValueError("remind_after must be shorter than answer_within")
        if self.escalate_to and self.escalate_after >= self.answer_within:
            raise ValueError("escalate_after must be shorter than answer_within")
        if self.escalate_to and not self.approvers.get(self.escalate_to):
            raise ValueError(f"escalate_to names the group `{self.escalate_to}`, which `approvers` does not")
        return self

    @model_validator(mode="after")
    def _groups_exist(self) -> "Policy":
        for number, rule in enumerate(self.rules, start=1):
            if rule.mode is Mode.ASK and not self.approvers.get(rule.approvers):
                raise ValueError(
                    f"rule {number} asks the group `{rule.approvers}`, which `approvers` does not name"
                )
            people = self.approvers.get(rule.approvers, ())
            if rule.mode is Mode.ASK and ANYBODY not in people and len(set(people)) < rule.quorum:
                raise ValueError(
                    f"rule {number} needs {rule.quorum} people of `{rule.approvers}`, which has {len(set(people))}"
                )
        return self


def broken_policy(because: str) -> Policy:
    """The policy to work with when the file cannot be used: look and advise, write nothing."""
    return Policy(broken=because)


def rule_for(plan: Plan, severity: Severity, policy: Policy) -> Rule:
    """The rule that counts for a plan, never going further than the policy's mode."""
    for rule in policy.rules:
        fits = plan.risk in rule.risk and severity in rule.severity
        if fits and all(step.change.action in rule.actions for step in plan.steps):
            mode = min(rule.mode, policy.mode, key=list(Mode).index)
            return _turned_down(rule, mode, policy)
    return Rule(mode=Mode.ADVISE, why="no rule of the policy fits this plan")


def _turned_down(rule: Rule, mode: Mode, policy: Policy) -> Rule:
    """The rule at a lower mode; one that acted alone then asks the first group there is, or only advises."""
    if mode is Mode.ASK and not rule.approvers:
        group = next(iter(policy.approvers), "")
        if not group:
            return rule.model_copy(update={"mode": Mode.ADVISE})
        return rule.model_copy(update={"mode": mode, "approvers": group})
    return rule.model_copy(update={"mode": mode})


def mode_for(plan: Plan, severity: Severity, policy: Policy) -> Mode:
    """How far the program may go with this plan."""
    return Mode.ADVISE if policy.broken else rule_for(plan, severity, policy).mode


def approvals_needed(plan: Plan, severity: Severity, policy: Policy) -> int:
    """How many people must say yes; 0 when nobody is asked."""
    rule = rule_for(plan, severity, policy)
    return rule.quorum if rule.mode is Mode.ASK else 0


def may_answer(
    by: str, answer: Answer, plan: Plan, severity: Severity, policy: Policy, requester: str = ""
) -> str:
    """Why a person's answer to this plan does not count, as a sentence; empty when it does.

    Anybody may decline: what makes the program do less needs no right.
    """
    rule = rule_for(plan, severity, policy)
    people = policy.approvers.get(rule.approvers, ())
    if not by.strip():
        return "an answer needs the name of who gives it"
    if answer is Answer.DECLINE:
        return ""
    if policy.broken:
        return f"the policy cannot be used, so nobody can say yes: {policy.broken}"
    if by in NOBODY:
        return f"`{by}` is not a person; this plan needs a person's yes"
    if ANYBODY not in people and by not in people:
        return f"{by} is not in the group `{rule.approvers}` of the policy ({', '.join(people) or 'empty'})"
    if by == requester and not rule.requester_may_approve:
        return f"{by} started this incident; a plan of {plan.risk} risk needs somebody else's yes"
    return ""


def permission(
    plan: Plan,
    severity: Severity,
    policy: Policy,
    approvals: tuple[Approval, ...] = (),
    requester: str = "",
) -> Verdict:
    """Whether this very plan may be written now, by policy alone or by the answers that stand.

    Args:
        plan: What would be written. Answers to any other plan (another hash) do not count.
        severity: The incident's.
        policy: The policy in force.
        approvals: All answers on record for the incident.
        requester: Who started the incident by hand, if anybody did.
    """
    if policy.broken:
        return Refuse(reason=Objection.POLICY_BROKEN, says=f"the policy cannot be used: {policy.broken}")
    rule = rule_for(plan, severity, policy)
    if rule.mode is Mode.ACT:
        return Proceed()
    if rule.mode is Mode.ADVISE:
        because = rule.why or f"the policy only advises on {plan.risk} risk at {severity}"
        return Refuse(reason=Objection.NOT_ALLOWED, says=because)
    return _answered(
        plan, rule, [one for one in approvals if one.plan_hash == plan.hash], severity, policy, requester
    )


def _answered(
    plan: Plan, rule: Rule, answers: list[Approval], severity: Severity, policy: Policy, requester: str
) -> Verdict:
    no = [one for one in answers if one.answer is Answer.DECLINE]
    if no:
        return Refuse(
            reason=Objection.NOT_ALLOWED,
            says=f"{no[0].by} declined the plan: {no[0].why or 'no reason given'}",
        )
    yes = {one.by for one in answers if not may_answer(one.by, one.answer, plan, severity, policy, requester)}
    if len(yes) < rule.quorum:
        return Refuse(
            reason=Objection.NOT_ALLOWED,
            says=f"{len(yes)} of {rule.quorum} needed approvals of plan {plan.hash} stand",
        )
    return Proceed()


def soak(policy: Policy, platform_soak: timedelta) -> timedelta:
    """How long recovery is watched."""
    return platform_soak if policy.verifying.soak is None else policy.verifying.soak
