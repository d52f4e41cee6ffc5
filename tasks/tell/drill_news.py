"""News of a drill itself, to the channels that the policy allows for drills: announced, begun, called off, worse."""

from collections.abc import Iterable
from datetime import datetime

from blocks.clients import clients
from outage.incidents.drill_notice import Drill
from outage.incidents.timeline import EntryKind
from outage.people.message_routing import drill_routes
from outage.people.outbox_message import DRILL_NEWS, MessageBody, MessageKind
from outage.reports.drills.score_card import ScoreCard
from outage.reports.drills.score_regression import Regression
from tasks.record import note_entry


def tell_of_drill(drill_id: str, what: MessageKind, fault: str, lines: Iterable[str], at: datetime) -> None:
    """Ask for one message about a drill; asked for again, it changes nothing.

    Args:
        drill_id: Whose thread it stands in.
        what: `ALERT` begins the thread, `UPDATE` goes on, `RESOLVED` ends it.
        fault: What is practised: every channel says with it that this is practice.
        lines: The message; the first is its title.
        at: Now.
    """
    policy = clients().policy
    if policy.broken:
        return
    said = list(lines)
    title = f"[DRILL {fault}] {said[0]}"
    body = MessageBody(
        title=title,
        text="\n".join([title, *said[1:]]),
        status="Resolved" if what is MessageKind.RESOLVED else "Monitoring",
        platform=clients().spoken_for,
        cluster=clients().cluster_name,
        drill=fault,
        started_at=at,
    )
    named = drill_id if drill_id.startswith(DRILL_NEWS) else f"{DRILL_NEWS}{drill_id}"
    clients().record.ask_message(named, what, drill_routes(policy.channels, what), body, at)


def tell_begin_of_drill(drill: Drill) -> None:
    """Say before anything breaks that a drill which somebody began by hand begins; an announced one was told of."""
    if clients().record.planned_drill(drill.id):
        return
    where = f"{drill.platform}, {drill.about}" if drill.about else drill.platform
    by = f", by {drill.approved_by}" if drill.approved_by else ""
    lines = [
        f"begins now on {where}{by}",
        f"This is practice. It is put back in any case, by {drill.until:%Y-%m-%d %H:%M} UTC at the latest.",
    ]
    tell_of_drill(drill.id, MessageKind.ALERT, drill.fault, lines, drill.announced_at)


def tell_not_begun(drill_id: str, fault: str, why: str, at: datetime) -> None:
    """Tell who heard that a drill begins that it did not, and nothing was broken."""
    tell_of_drill(drill_id, MessageKind.RESOLVED, fault, [f"did not begin: {why}"], at)


def tell_end_of_drill(drill: Drill, passed: bool, says: str, at: datetime) -> None:
    """Tell who heard of a drill how it went, also of one that died and was taken back.

    Args:
        drill: It was announced, or told of when it began.
        passed: Whether it did.
        says: How it went, as one sentence.
        at: Its end.
    """
    card = clients().record.score_of(drill.id)
    right = f" ({card.points:.0%} of what can be told was right)" if card else ""
    lines = [f"is over and {'passed' if passed else 'did not pass'}{right}", says]
    tell_of_drill(drill.id, MessageKind.RESOLVED, drill.fault, lines, at)


def tell_regressions(card: ScoreCard, worse: Iterable[Regression], at: datetime) -> None:
    """Tell what became worse since the last drill of this fault, on the timeline too."""
    lines = [f"- {one.says}" for one in worse]
    head = f"went worse than the last time on {card.platform}"
    for incident in card.incidents[:1]:
        says = f"this drill {head}: {'; '.join(one.removeprefix('- ') for one in lines)}"
        note_entry(incident, EntryKind.NOTE, says, key=f"regression/{card.drill}")
    tell_of_drill(card.drill, MessageKind.UPDATE, card.fault, [head, *lines], at)
