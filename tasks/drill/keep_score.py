"""Score a drill when it ends: two looks, the record, and what the policy promised; kept, and told when it was worse."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256

from prefect import get_run_logger, task

from blocks.clients import clients
from blocks.installation.program_version import program_version
from blocks.record.incident_account import account_of
from blocks.retry import wait_until
from outage.diagnosis import diagnose
from outage.errors import OutageError
from outage.incidents.drill_notice import Drill
from outage.incidents.fault import Fault
from outage.incidents.incident import Incident
from outage.incidents.severity import Severity
from outage.kubernetes.objects import ObjectRef
from outage.people.message_routing import message_routes
from outage.people.outbox_message import MessageKind, OutboxMessage
from outage.platforms.platform import Platform
from outage.reports.drills.collateral import collateral_of
from outage.reports.drills.drill_facts import DrillFacts, PractisedIncident, PromisedMessage, ScoredVersions
from outage.reports.drills.drill_score import score_drill
from outage.reports.drills.score_card import ScoreCard
from outage.reports.drills.score_regression import regressions
from outage.snapshots.baseline import drift_from_baseline
from outage.value import Value
from tasks.drill.chosen_fault import PICTURES
from tasks.observe.tasks import look_for_baseline
from tasks.tell.drill_news import tell_regressions
from tasks.tell.keep_updates import update_interval

BLAST = "blast"
"""In the result of a drill that was made to fit one service, which it is about; of the catalogue's there is none."""
ARRIVED_WITHIN_SECONDS = 20.0
ARRIVED_EVERY_SECONDS = 1.0
"""The last message of an incident is asked for when it closes; the outbox needs a moment."""


class StoodAtEnd(Value):
    """Whether the fault's cause stood when the response ended; None when nobody could look."""

    cause_stands: bool | None


@task(name="look whether it is gone", persist_result=False)
def look_at_end(drill: Drill, fault: Fault) -> StoodAtEnd:
    """Look once more before anything is put back: a response that says it healed must have. Never raises."""
    try:
        found = diagnose(look_for_baseline.fn().case)
    except OutageError as error:
        get_run_logger().warning("whether the cause is gone could not be seen: %s", error)
        return StoodAtEnd(cause_stands=None)
    stands = any(
        one.cause in fault.expected.causes and fault.expected.about in (None, one.about)
        for one in found.hypotheses
    )
    clients().record.keep_drill(drill.id, {"cause_stands": stands})
    return StoodAtEnd(cause_stands=stands)


def score_and_keep(
    drill: Drill, fault: Fault, ended: Sequence[Incident], left: tuple[str, ...], at: datetime
) -> ScoreCard:
    """Score a drill, keep the card, and tell what became worse since the last one of this fault.

    Args:
        drill: As it stands in the record, pictures and moments included.
        fault: What it practised.
        ended: Its incidents, oldest first.
        left: What was not as before when everything had been put back.
        at: Its end.

    Returns:
        The card; of a drill that is ended twice the first one stands.
    """
    record, platform = clients().record, clients().platform
    if kept := record.score_of(drill.id):
        return kept
    practised = tuple(practised_incident(one) for one in ended)
    broken = drill.result.get("broken_at")
    card = score_drill(
        DrillFacts(
            drill=drill,
            fault=fault,
            platform=platform.name,
            service=drill.about if BLAST in drill.result else "",
            broken_at=datetime.fromisoformat(broken) if broken else None,
            ended_at=at,
            incidents=practised,
            cause_stands=drill.result.get("cause_stands"),
            left=left,
            collateral=collateral_at_end(drill, practised),
            versions=versions_of(fault, platform),
        )
    )
    record.keep_score(card)
    if worse := regressions(card, record.last_score(card)):
        tell_regressions(card, worse, at)
    return card


def practised_incident(incident: Incident) -> PractisedIncident:
    """One incident with everything that a score asks of it, once its messages have arrived, or had the time to."""
    record = clients().record
    promised = promised_messages(incident, record.messages(incident.id))

    def arrived() -> bool:
        return all(one.state.final or one.state == "held" for one in record.messages(incident.id))

    wait_until(arrived, ARRIVED_WITHIN_SECONDS, ARRIVED_EVERY_SECONDS)
    return PractisedIncident(
        account=account_of(record, incident),
        alerts=tuple(record.alerts(incident.id)),
        intents=tuple(record.intents(incident.id)),
        messages=tuple(record.messages(incident.id)),
        promised=promised,
        update_every=update_interval(incident.severity),
    )


def promised_messages(incident: Incident, asked: Sequence[OutboxMessage]) -> tuple[PromisedMessage, ...]:
    """What the policy promises the channels that are told of drills: the first message, and the last.

    The first goes by the severity that was known then; channels are asked by what its body says.
    """
    channels = clients().policy.channels
    first = next((one.body.severity for one in asked if one.what is MessageKind.ALERT), incident.severity)
    over = incident.ending is not None and incident.ending.over
    last = MessageKind.RESOLVED if over else MessageKind.HANDED_OVER
    kinds: list[tuple[MessageKind, Severity]] = [(MessageKind.ALERT, first), (last, incident.severity)]
    return tuple(
        PromisedMessage(channel=route.channel, what=what)
        for what, severity in kinds
        for route in message_routes(channels, what, severity, drill=True)
        if not route.held
    )


def collateral_at_end(drill: Drill, practised: Sequence[PractisedIncident]) -> tuple[str, ...] | None:
    """What is not as in the picture that was kept before the fault; None when nobody could look."""
    was, broken = clients().record.baseline(), drill.result.get("broken_at")
    if was is None or broken is None or was.recorded_at > datetime.fromisoformat(broken):
        return None  # a picture of after the fault says nothing
    try:
        live = look_for_baseline.fn().case.snapshot
    except OutageError as error:
        get_run_logger().warning("what else was touched could not be seen: %s", error)
        return None
    scalers = live.objects.get("HorizontalPodAutoscaler", ())
    explained = [*touched_by(drill), *written_for_good(practised)]
    platform = clients().platform
    homes = (*platform.own_namespaces, *platform.critical_namespaces)
    return collateral_of(drift_from_baseline(was, live), explained, scalers, homes)


def touched_by(drill: Drill) -> list[ObjectRef]:
    """Every object of which a picture was taken, because the fault or its way back touches it."""
    return [ObjectRef.model_validate(one["of"]) for one in drill.result.get(PICTURES, [])]


def written_for_good(practised: Sequence[PractisedIncident]) -> Iterator[ObjectRef]:
    """What plans that mended their cause wrote, which a person (or the policy) approved."""
    for one in practised:
        mended = {attempt for attempt, verdict in one.account.verdicts.items() if verdict.mended}
        for plan in one.account.plans:
            yield from (step.change.target for step in plan.steps if plan.attempt in mended)


def versions_of(fault: Fault, platform: Platform) -> ScoredVersions:
    """What the score holds for."""
    return ScoredVersions(
        program=program_version(),
        policy=value_version(clients().policy),
        platform=value_version(platform),
        fault=value_version(fault),
    )


def value_version(value: Value) -> str:
    """A word that changes with any field of a value."""
    return sha256(value.model_dump_json().encode()).hexdigest()[:12]
