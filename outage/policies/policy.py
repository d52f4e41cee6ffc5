"""How far the program may go alone, who approves what, and how long it waits: the policy file as a value.

Promise: without a policy, or with a broken one, nothing is written: the program keeps looking and advising.
What it says of one plan is asked in `permission`.
"""

import re
from datetime import time, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, model_validator

from outage.diagnosis.hypothesis import Action, Risk
from outage.incidents.severity import Severity
from outage.incidents.severity_words import severity_word
from outage.people.action_item import FollowUpRules
from outage.people.channel_settings import ChannelSettings
from outage.people.escalation import EscalationRules
from outage.people.rotation import Person, Rotation
from outage.people.watchdog import WatchdogRules
from outage.plans.approval import NameProof
from outage.plans.plan import Mode
from outage.policies.drill_hours import DrillHours
from outage.policies.drill_rules import DrillRules
from outage.text.handle import ANYBODY, Approver
from outage.text.reviewed_yaml import Duration, Soak
from outage.value import Value


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
    proof: NameProof = NameProof.TYPED
    """Which proof of a name is enough for a yes: `typed`, or `proven` by a code."""
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


def _clock(value: object) -> object:
    """YAML reads 22:00 without quotes as the number 1320, which would become 22 minutes past midnight."""
    if isinstance(value, time) and value.tzinfo is None:
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{2}:\d{2}(:\d{2})?", value):
        return value
    raise ValueError(f'{value} is no time of day: write it in quotes, in UTC, as "22:00"')


class Maintenance(Value):
    """A window that comes back every week, in UTC. It may run past midnight."""

    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...]
    """Days on which it starts."""
    starts: Annotated[time, BeforeValidator(_clock)]
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
    """Writes of all incidents of one platform together in any hour; a loop of ours must not become the outage."""
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

    soak: Soak | None = None
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
    approvers: dict[str, tuple[Approver, ...]] = {}
    """Group → handles. `*` is anybody who can open the door."""
    severity_words: dict[Annotated[str, AfterValidator(severity_word)], Severity] = {}
    """What a word in an alert's `severity`, `priority` or `level` label asks for, beside and before the usual ones."""
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
    same_cause_within: Duration = timedelta(hours=4)
    """How long an incident waits for the outcome of another one that answers its cause; then a person has it."""
    mitigation_lasts: Duration = timedelta(hours=4)
    """How long the other slot or the maintenance page may stand before its owner is late to take it back."""
    channels: dict[str, ChannelSettings] = {}
    """Name → where people are told; none: nothing is sent."""
    people: dict[str, Person] = {}
    """Handle → who that is."""
    rotations: dict[str, Rotation] = {}
    """Name → who is on call when."""
    escalation: EscalationRules = EscalationRules()
    """Whom the runbook's triggers call; nobody without rungs."""
    watchdog: WatchdogRules = WatchdogRules()
    """When a monitoring that has fallen silent calls somebody."""
    follow_up: FollowUpRules = FollowUpRules()
    """Who sees to it that what an incident taught is done."""
    drill_hours: DrillHours = DrillHours()
    """When the schedule of drills may begin one."""
    drills: DrillRules = DrillRules()
    """What may be broken for practice, and on whose word."""
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
    def _callable(self) -> "Policy":
        known = {*self.rotations, *self.people, *self.approvers}
        for rung, names in self.escalation.rungs.items():
            if strangers := [one for one in names if one not in known]:
                raise ValueError(
                    f"escalation.rungs.{rung} names `{strangers[0]}`, which is no rotation, person or group"
                )
        if (group := self.drills.approvers) and not self.approvers.get(group):
            raise ValueError(f"drills.approvers names the group `{group}`, which `approvers` does not")
        if (owner := self.follow_up.owner) and owner not in {*self.people, *self.approvers}:
            raise ValueError(f"follow_up.owner names `{owner}`, which is no person or group")
        for name, rotation in self.rotations.items():
            if strangers := [one.person for one in rotation.overrides if one.person not in self.people]:
                raise ValueError(
                    f"rotations.{name} has an override for `{strangers[0]}`, whom `people` does not name"
                )
        return self

    @model_validator(mode="after")
    def _one_person_each(self) -> "Policy":
        known: dict[tuple[str, str], str] = {}
        for name, one in self.people.items():
            for service, there in (("Slack", one.slack), ("PagerDuty", one.pagerduty)):
                if there and (other := known.setdefault((service, there), name)) != name:
                    raise ValueError(f"people.{name} and people.{other} have the same id in {service}")
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


def follow_up_owner(policy: Policy) -> str:
    """The named person to whom policy leaves what no data answers; empty when it names nobody."""
    owner = policy.follow_up.owner
    if owner in policy.people:
        return owner
    groups = (policy.approvers.get(owner, ()), *policy.approvers.values())
    return next((one for group in groups for one in group if one != ANYBODY), "")


def soak_time(policy: Policy, platform_soak: timedelta) -> timedelta:
    """How long recovery is watched."""
    return platform_soak if policy.verifying.soak is None else policy.verifying.soak
