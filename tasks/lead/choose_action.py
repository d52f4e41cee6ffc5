"""`act`: one of the runbook's Resolution Actions, chosen by hand, on an open incident or opening one."""

from blocks.clients import clients
from blocks.installation.intake_client import report_outage
from outage.diagnosis import diagnose
from outage.diagnosis.hypothesis import ChosenProposal
from outage.diagnosis.resolution_action import ResolutionAction
from outage.errors import ActionRefused
from outage.incidents.incident import Incident
from outage.incidents.severity import Severity
from outage.mitigation.by_hand import chosen_proposal
from outage.plans.objection import Refuse
from outage.plans.plan import Mode
from outage.plans.planning import plan_for
from outage.platforms.platform import Platform
from outage.policies.guards import GuardView
from outage.policies.guards.write_scope import allow_list
from outage.policies.permission import PermissionRequest, rule_for
from outage.snapshots.case import Case
from outage.text.redaction import redact
from outage.value import Value
from tasks.ask.choose_instead import choose_in_place
from tasks.decide.chosen_plan import earlier_plan
from tasks.lead.incident_at_hand import open_incident, plan_at_hand, wake_incident
from tasks.observe.tasks import whole_look

SEVERITY = "P2"
"""Of an incident that an act opens: what is really wrong is measured."""


class ChosenAct(Value):
    """What became of a choice."""

    incident: str
    new: bool
    """Whether it opened the incident."""
    key: str
    says: str


def choose_action(action: ResolutionAction, incident_id: str = "", platform: str = "") -> ChosenAct:
    """Put a choice before the response: it is planned next, diffed, guarded, asked for, and judged by what was named.

    Whatever can be told at once is told at once: one look says whether it can be done at all.

    Source: runbook "Resolution Actions".

    Args:
        action: What was chosen, by whom.
        incident_id: An open incident; empty: one is opened, as a person's report opens it.
        platform: Name of the platform, when one is opened; not needed when there is one.

    Raises:
        ActionRefused: It cannot be done, policy does not permit it, or the incident is closed. Permanent.
        ClusterError: The look could not be made.
        StackError: The intake did not take it.
    """
    action = action.model_copy(update={"because": redact(action.because)})
    incident = open_incident(incident_id, "act on") if incident_id else None
    if incident and incident.unclaimed:
        raise ActionRefused(f"act on {incident.id}: no platform answers it, and nothing is written there")
    if incident is None:
        clients().speak_for(_platform_named(platform))
    case = whole_look(clients().record.baseline())
    proposal = chosen_proposal(action, diagnose(case), case, earlier_plan(action))
    may_be_planned(proposal, case, incident)
    if incident is None:
        return _opened(action, proposal, case.platform)
    return _on(incident, action)


def _platform_named(name: str) -> Platform:
    known = clients().platforms.platforms
    chosen = [one for one in known if one.name == name] if name else list(known)
    if len(chosen) == 1:
        return chosen[0]
    there = ", ".join(one.name for one in known) or "none"
    raise ActionRefused(f"act: name one platform (`--platform`); there are {there}")


def may_be_planned(proposal: ChosenProposal, case: Case, incident: Incident | None) -> None:
    """Say at once what policy never permits; what depends on the moment is for the guards of the plan.

    Raises:
        ActionRefused: The policy cannot be used, only advises on this, or lets such objects never be written.
    """
    policy, asked = clients().policy, proposal.action.says
    if policy.broken:
        raise ActionRefused(f"{asked}: the policy cannot be used, so nothing is written: {policy.broken}")
    head = incident or Incident(
        id="not-opened", key="", title=asked, opened_at=case.snapshot.taken_at, severity=Severity.P2
    )
    targets = [one.target for one in proposal.repair.changes] if proposal.repair else []
    live = {one: case.index.get(one) for one in targets}
    plan = plan_for(proposal, head, 1, live, case.snapshot.taken_at)
    rule = rule_for(PermissionRequest.of(plan, head, policy))
    if rule.mode is Mode.ADVISE:
        because = rule.why or "it advises only"
        raise ActionRefused(f"{asked}: the policy does not permit a plan of {plan.risk} risk here: {because}")
    view = GuardView(snapshot=case.snapshot, platform=case.platform)
    for step in plan.steps:
        verdict = allow_list(step, plan, view, policy, case.snapshot.taken_at)
        if isinstance(verdict, Refuse):
            raise ActionRefused(f"{asked}: the policy does not permit it: {verdict.says}")


def _opened(action: ResolutionAction, proposal: ChosenProposal, platform: Platform) -> ChosenAct:
    """Report it to the intake, which opens an incident with the choice in it, or names the open one that it joins."""
    told = {
        "title": redact(f"{action.by} chose to {action.says}"),
        "platform": platform.name,
        "service": _about(proposal, platform),
        "severity": SEVERITY,
        "by": action.by,
        "action": action.model_dump_json(),
    }
    answer = report_outage(clients().settings, told)
    opened = str(answer["incident"])
    if answer["new"]:
        says = f"opened for it; a plan is made, shown and asked about: `outage show {opened}`"
        return ChosenAct(incident=opened, new=True, key=action.key, says=says)
    incident = open_incident(opened, "act on")
    if plan := plan_at_hand(incident):
        raise ActionRefused(
            f"{action.says}: {opened} is open about this and its plan {plan.hash} waits; "
            f"add --incident {opened} to choose this in its place"
        )
    return _on(incident, action)


def _about(proposal: ChosenProposal, platform: Platform) -> str:
    """The service that an incident of this choice is about; empty when it is about no single one."""
    if proposal.action.well:
        return proposal.action.well
    named = platform.service(proposal.action.target)
    owner = platform.by_workload(proposal.about.kind, proposal.about.name)
    return named.name if named else owner.name if owner else ""


def _on(incident: Incident, action: ResolutionAction) -> ChosenAct:
    """Put it into an open incident; a plan that waits there is declined by it."""
    plan = plan_at_hand(incident)
    if why := choose_in_place(clients().record, incident, plan, action):
        raise ActionRefused(f"{action.says}: {why}")
    place = f"in the place of plan {plan.hash}" if plan else "next"
    says = f"it is planned {place}, shown and asked about; {wake_incident(incident, plan)}"
    return ChosenAct(incident=incident.id, new=False, key=action.key, says=says)
