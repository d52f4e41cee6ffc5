"""The post-mortem, prefilled from the record: what is known stands in it, what nobody knows is asked of the meeting.

Runbook: "Short-term", "Post-Incident Actions".
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from outage.diagnosis.cause import Cause
from outage.incidents.incident import Ending, Incident
from outage.incidents.phase_key import resolved_as, taken_back_as
from outage.people.action_item import item_line
from outage.reports.messages import post_mortem_at
from outage.reports.plan_fates import effective_plans, plan_fate, summary_sentences
from outage.reports.post_incident.detection import Detection
from outage.reports.post_incident.kept_look import lost_requests
from outage.reports.post_incident.prevention_checklist import NOBODY_NAMED, checklist, checklist_in_markdown
from outage.reports.post_incident.repair_history import came_before
from outage.reports.report import Account, timeline_in_markdown
from outage.text.durations import duration_in_words
from outage.text.redaction import redact

TO_ASK = "Nothing on record tells; ask it in the meeting."
CLOSE_CALL = 0.1
"""Scores of two causes that are no farther apart were nearly taken for each other."""


def post_mortem(account: Account) -> str:
    """Render the whole document as markdown.

    Args:
        account: Everything that the record knows; of an open incident what is known so far.
    """
    parts = [
        _head(account),
        f"## Summary\n\n{_summary(account)}",
        _listed("Impact", _impact(account)),
        _listed("Detection", _detection(account)),
        _listed("Root cause", _cause(account)),
        _listed("What was tried", _tried(account)),
        _listed("What the runbook lacked", _lacked(account)),
        _listed("Lucky breaks", _lucky(account)),
        _listed("What people noted", _notes(account)),
        f"## Action items\n\n{_items(account)}",
        f"## Prevention checklist\n\n{_questions(account)}",
        f"#{timeline_in_markdown(account.entries, account.incident)}",
    ]
    return redact("\n\n".join(parts)) + "\n"


def _head(account: Account) -> str:
    incident = account.incident
    meets = post_mortem_at(incident)
    when = f"Meeting: {meets:%Y-%m-%d %H:%M} UTC." if meets else "Meeting: none is owed."
    drill = f" This was a drill (`{incident.drill}`): nobody is chased for it." if incident.drill else ""
    owner = (account.prevention.owner if account.prevention else "") or NOBODY_NAMED
    proof = f"\n\nTimeline proven up to its end by `{account.head}`." if account.head else ""
    return (
        f"# Post-mortem: {incident.severity} · {incident.title}\n\n"
        f"`{incident.id}` · {_moment(incident.opened_at)} · owner {owner}. {when}{drill}{proof}"
    )


def _summary(account: Account) -> str:
    effective = [plan.summary for plan in effective_plans(account.plans, account.verdicts)]
    said = summary_sentences(
        account.incident, account.first or account.diagnosis, effective, account.resolved.values()
    )
    return f"{said} Ending: {account.incident.ending or 'none yet'}."


def _impact(account: Account) -> Iterator[str]:
    incident, detection = account.incident, account.prevention.detection if account.prevention else None
    began = min(_known(detection, incident))
    if incident.closed_at is None:
        yield f"It is not over; it began {_moment(began)}."
    else:
        minutes = (incident.closed_at - began) / timedelta(minutes=1)
        until = (
            "was seen to be over"
            if incident.ending and incident.ending.over
            else "the response ended, the outage perhaps not"
        )
        yield f"{minutes:.1f} minutes, from {_moment(began)} until it {until} at {_moment(incident.closed_at)}."
    if found := account.first or account.diagnosis:
        impact = found.assessment.impact
        down, degraded = (
            ", ".join(some) or "none" for some in (impact.services_down, impact.services_degraded)
        )
        yield f"Down: {down}; degraded: {degraded}."
    lost = lost_requests(account.looks)
    for one in lost:
        yield (
            f"About {one.count} requests of {one.service} failed between {one.since:%H:%M:%S} and"
            f" {one.until:%H:%M:%S} UTC, by {one.looks} measurements."
        )
    if not lost:
        yield "How many requests failed is not known: fewer than two looks measured any that did."


def _known(detection: Detection | None, incident: Incident) -> list[datetime]:
    moments = [detection.first_sign_at, detection.felt_at, detection.alert_at] if detection else []
    return [incident.opened_at, *(one for one in moments if one is not None)]


def _detection(account: Account) -> Iterator[str]:
    if account.prevention is None:
        return
    seen = account.prevention.detection
    if seen.first_sign_at:
        yield f"First bad sign: {_moment(seen.first_sign_at)}: {seen.first_sign}."
    else:
        yield "First bad sign: nothing on record dates one."
    yield (
        f"First alert: {_moment(seen.alert_at)} ({seen.alert})."
        if seen.alert_at
        else "First alert: none fired."
    )
    yield f"Incident opened: {_moment(seen.opened_at)}."
    gaps = (
        ("from the first sign to the first alert", seen.seconds(seen.first_sign_at, seen.alert_at)),
        ("from the first alert to the incident", seen.seconds(seen.alert_at, seen.opened_at)),
        ("from the first sign to the incident", seen.seconds(seen.first_sign_at, seen.opened_at)),
    )
    for words, gap in gaps:
        if gap is not None:
            sooner = " (the other way round)" if gap < 0 else ""
            yield f"{duration_in_words(timedelta(seconds=gap))} {words}{sooner}."


def _cause(account: Account) -> Iterator[str]:
    for one in account.mended:
        yield f"{one.says} (`{one.cause}`; what mended it is in place)."
    if not account.mended and account.diagnosis and account.diagnosis.hypotheses:
        one = account.diagnosis.hypotheses[0]
        yield f"Not proven by a repair. Likeliest: {one.says} (`{one.cause}`, {one.score:.2f})."
    if account.prevention and (before := came_before(account.prevention.history)):
        yield f"{before}."


def _tried(account: Account) -> Iterator[str]:
    for plan in account.plans:
        done, back = (account.resolved.get(key(plan.attempt)) for key in (resolved_as, taken_back_as))
        verdict = account.verdicts.get(plan.attempt)
        fate = plan_fate(plan, account.approvals, done, verdict, back)
        yield f"Plan {plan.attempt}: {plan.summary}: **{fate}**{f' ({verdict.says})' if verdict else ''}."
    if not account.plans:
        yield "No plan was made."


def _lacked(account: Account) -> Iterator[str]:
    """What the runbook did not have, as the record shows it."""
    found = account.diagnosis
    if found and found.hypotheses and found.hypotheses[0].cause == Cause.UNKNOWN:
        yield f"No known cause fits: {found.hypotheses[0].says}"
    elif found and found.hypotheses and found.hypotheses[0].repair is None:
        yield f"A repair for `{found.hypotheses[0].cause}`: only a person could mend it."
    for one in found.unknowns if found else ():
        yield f"A look that can be made: {one}"
    for plan in account.plans:
        verdict = account.verdicts.get(plan.attempt)
        if verdict and not verdict.mended:
            yield f"A plan that works: plan {plan.attempt} was {verdict.effect}."
    if account.incident.ending is not None and not account.incident.ending.over:
        yield f"An end by itself: it ended {account.incident.ending}, and people had to go on."


def _lucky(account: Account) -> Iterator[str]:
    """What might as well have gone the other way."""
    incident, found = account.incident, account.first or account.diagnosis
    if incident.ending is Ending.NOTHING_TO_DO:
        yield "It went away before anything was written."
    if account.prevention and account.prevention.detection.alert_at is None:
        told = account.prevention.detection.told_by_person
        yield f"No alert fired; {'a person' if told else 'our own watch'} happened to see it."
    if (
        found
        and len(found.hypotheses) > 1
        and found.hypotheses[0].score - found.hypotheses[1].score <= CLOSE_CALL
    ):
        one, other = found.hypotheses[:2]
        yield f"Two causes stood {one.score - other.score:.2f} apart: `{one.cause}` and `{other.cause}`."
    weak = account.prevention.weak if account.prevention else None
    hurt = set(found.assessment.impact.services_down) if found else set()
    spared = [name for name in (weak.one_replica if weak else ()) if name not in hurt]
    if spared and found:
        yield f"With one replica, and not hit: {len(spared)} ({', '.join(spared)})."


def _notes(account: Account) -> Iterator[str]:
    for one in account.entries:
        if one.kind == "note" and one.by != "outage":
            yield f"{one.at:%H:%M:%S} {one.by}: {one.says}"


def _items(account: Account) -> str:
    if not account.items:
        return "None are kept: only P0 and P1 that were no drill have items that are chased."
    return "\n".join(
        f"- [{'x' if one.done_at else ' '}] `{one.key}` {item_line(one)}" for one in account.items
    )


def _questions(account: Account) -> str:
    return checklist_in_markdown(checklist(account.prevention)) if account.prevention else TO_ASK


def _listed(title: str, lines: Iterator[str]) -> str:
    said = [f"- {one}" for one in lines]
    return "\n".join([f"## {title}", "", *(said or [TO_ASK])])


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
