"""What is left to do after an incident: the runbook's own actions, and one for each thing that the data shows missing.

Runbook: "Post-Incident Actions".
"""

from collections.abc import Iterator
from datetime import datetime

from outage.incidents.incident import Incident
from outage.incidents.severity import Severity
from outage.people.action_item import ActionItem, Horizon
from outage.reports.post_incident.prevention_checklist import PreventionFacts, Question, checklist
from outage.text.redaction import redact
from outage.value import Value

OWED = (Severity.P0, Severity.P1)
"""Severities that get a post-mortem, and items that are chased."""
BY_US = "outage"
LESSONS = {
    Question.ALERTS: ("alerts", Horizon.WEEK, "update monitoring and alerting"),
    Question.HEALTH_CHECKS: ("health-checks", Horizon.MONTH, "add health checks"),
    Question.ERROR_HANDLING: ("error-handling", Horizon.MONTH, "let callers bear it"),
    Question.DEPLOYMENT: ("deployment", Horizon.MONTH, "improve the deployment process"),
    Question.REDUNDANCY: ("redundancy", Horizon.MONTH, "add redundancy"),
    Question.CAPACITY: ("capacity", Horizon.MONTH, "update the capacity planning"),
    Question.DOCUMENTATION: ("documentation", Horizon.MONTH, "update the runbook"),
    Question.TRAINING: ("training", Horizon.MONTH, "conduct training"),
}
"""Key, time and words of the item that an answer becomes when something is missing, or nobody could tell."""


class DoneByUs(Value):
    """Which of the first day's actions the program did itself."""

    ticket: bool = False
    """A ticket channel is told of the end, with the timeline's head."""
    evidence: bool = True
    """Logs, metrics and manifests of every look are kept."""
    stakeholders: bool = False
    """A channel is told of the end."""
    invited: bool = False
    """A calendar channel invites to the post-mortem."""


def owes_post_mortem(incident: Incident) -> bool:
    """Whether a post-mortem is written and items are kept: P0 and P1; practice has the document, and no items."""
    return incident.severity in OWED and incident.closed_at is not None


def follow_up_items(facts: PreventionFacts, done: DoneByUs) -> tuple[ActionItem, ...]:
    """The items of a closed incident, those that are due first in front; none when none are owed.

    Args:
        facts: What the checklist is answered from.
        done: What needs nobody any more; it stands in the list as done.
    """
    closed = facts.incident.closed_at
    if closed is None or not owes_post_mortem(facts.incident) or facts.incident.drill:
        return ()
    items = [*_first_day(facts, closed, done), *_first_week(facts, closed), *_lessons(facts, closed)]
    return tuple(sorted(items, key=lambda one: (one.due_at, one.key)))


def _first_day(facts: PreventionFacts, closed: datetime, done: DoneByUs) -> Iterator[ActionItem]:
    known = {
        "ticket": ("update the incident ticket with the full timeline", done.ticket),
        "evidence": ("gather all relevant logs and metrics: `outage evidence`", done.evidence),
        "stakeholders": ("notify stakeholders of the resolution", done.stakeholders),
        "schedule": ("schedule the post-mortem", done.invited),
    }
    for key, (says, is_done) in known.items():
        yield _item(facts, key, Horizon.DAY, says, closed, by=BY_US if is_done else "")


def _first_week(facts: PreventionFacts, closed: datetime) -> Iterator[ActionItem]:
    yield _item(facts, "post-mortem", Horizon.WEEK, "conduct the post-mortem meeting", closed)
    cause = facts.cause.says if facts.cause else "it is not identified"
    yield _item(facts, "root-cause", Horizon.WEEK, "document the root cause", closed, because=cause)
    yield _item(facts, "procedures", Horizon.MONTH, "review the incident response procedures", closed)


def _lessons(facts: PreventionFacts, closed: datetime) -> Iterator[ActionItem]:
    for answer in checklist(facts):
        if not answer.well:
            key, horizon, words = LESSONS[answer.question]
            says = f"decide whether to {words}" if answer.well is None else words
            yield _item(facts, key, horizon, says, closed, because=answer.says)


def _item(
    facts: PreventionFacts,
    key: str,
    horizon: Horizon,
    says: str,
    closed: datetime,
    *,
    because: str = "",
    by: str = "",
) -> ActionItem:
    return ActionItem(
        incident=facts.incident.id,
        key=key,
        says=says,
        because=redact(because),
        owner=facts.owner,
        due_at=closed + horizon.length,
        done_at=closed if by else None,
        done_by=by,
    )
