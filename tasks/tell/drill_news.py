"""News of a drill itself, to the channels that the policy allows for drills: announced, begun, called off, worse."""

from collections.abc import Iterable
from datetime import datetime

from blocks.clients import clients
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


def tell_end_of_planned(card: ScoreCard, at: datetime) -> None:
    """Tell who heard of an announced drill how it went."""
    verdict = "passed" if card.passed else "did not pass"
    lines = [f"is over and {verdict} ({card.points:.0%} of what can be told was right)", card.says]
    tell_of_drill(card.drill, MessageKind.RESOLVED, card.fault, lines, at)


def tell_regressions(card: ScoreCard, worse: Iterable[Regression], at: datetime) -> None:
    """Tell what became worse since the last drill of this fault, on the timeline too."""
    lines = [f"- {one.says}" for one in worse]
    head = f"went worse than the last time on {card.platform}"
    for incident in card.incidents[:1]:
        says = f"this drill {head}: {'; '.join(one.removeprefix('- ') for one in lines)}"
        note_entry(incident, EntryKind.NOTE, says, key=f"regression/{card.drill}")
    tell_of_drill(card.drill, MessageKind.UPDATE, card.fault, [head, *lines], at)
