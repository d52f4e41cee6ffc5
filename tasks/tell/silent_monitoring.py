"""Call somebody when the monitoring has fallen silent, and say it when it is heard again.

It opens no incident: nothing is known to fail. But nobody would be told if it did.
"""

from datetime import datetime
from pathlib import Path

from blocks.clients import clients
from outage.people.escalation import Rung
from outage.people.message_routing import MessageRoute, message_routes, pager_routes
from outage.people.outbox_message import MessageBody, MessageKind
from outage.people.watchdog import WatchdogState, watchdog_due
from outage.text.durations import duration_in_words
from tasks.tell.ask_for_message import PUBLIC_PAGE
from tasks.tell.on_call_people import people_meant


def look_after_monitoring(now: datetime) -> None:
    """Do once what is due about every cluster's monitoring; done again it changes nothing.

    Args:
        now: The time.
    """
    policy, record = clients().policy, clients().record
    if policy.broken:
        return  # nobody can say what was to be waited for; `outage status` says that the file is broken
    if policy.watchdog.silent_after is not None:
        record.expect_watchdog(now)
    for state in record.watchdogs():
        due = watchdog_due(state, policy.watchdog, policy.escalation.configured, now)
        lost_at = state.lost_at or now
        if due.silent and state.lost_at is None:
            record.mark_watchdog(state.cluster, lost_at)  # first: every message stands under this moment
        if due.silent:
            tell_of_silence(state, lost_at, due.rungs, now)
        if due.back:
            tell_of_return(state, lost_at, now)
            record.mark_watchdog(state.cluster, None)  # last: whoever dies before says the same again


def tell_of_silence(state: WatchdogState, lost_at: datetime, rungs: tuple[Rung, ...], now: datetime) -> None:
    """Ask for the news and for the pages of each rung; each is asked for once."""
    policy, record = clients().policy, clients().record
    incident, body = state.incident_at(lost_at), silence_body(state, lost_at)
    record.ask_message(incident, MessageKind.ALERT, inside_routes(MessageKind.ALERT), body, now)
    for rung in rungs:
        for person in people_meant(policy.escalation.rungs[rung], policy, now, Path(clients().settings.home)):
            routes = pager_routes(policy.channels, policy.watchdog.severity, False, person)
            page = body.model_copy(update={"people": (person,), "rung": str(rung)})
            record.ask_message(incident, MessageKind.PAGE, routes, page, now, turn=f"{rung}/{person}")


def tell_of_return(state: WatchdogState, lost_at: datetime, now: datetime) -> None:
    """Say that it is heard again, and close at the pagers what the pages opened."""
    policy, record = clients().policy, clients().record
    incident = state.incident_at(lost_at)
    says = f"{state.named} is heard again after {duration_in_words(now - lost_at)}"
    if policy.watchdog.silent_after is None:
        says = f"{state.named} is not waited for any more"
    body = silence_body(state, lost_at)
    body = body.model_copy(update={"title": f"✅ {says}", "text": f"✅ {says}.", "status": "Resolved"})
    record.ask_message(
        incident, MessageKind.RESOLVED, inside_routes(MessageKind.RESOLVED, incident), body, now
    )
    for page in record.messages(incident):
        if page.what is MessageKind.PAGE and page.channel in policy.channels:
            takes = MessageKind.CALLED_OFF in policy.channels[page.channel].messages
            route = [MessageRoute(channel=page.channel)] if takes else []
            record.ask_message(incident, MessageKind.CALLED_OFF, route, page.body, now, turn=page.turn)


def inside_routes(what: MessageKind, incident: str = "") -> tuple[MessageRoute, ...]:
    """The channels that are told, without what the public reads."""
    policy = clients().policy
    channels = {name: one for name, one in policy.channels.items() if one.kind != PUBLIC_PAGE}
    told = tuple({one.channel for one in clients().record.messages(incident)}) if incident else ()
    return message_routes(channels, what, policy.watchdog.severity, drill=False, told=told)


def silence_body(state: WatchdogState, lost_at: datetime) -> MessageBody:
    """What is said of a silence: what is silent, since when, and what that means. The same at every telling."""
    heard = (
        f"It was heard last at {state.heard_at:%Y-%m-%d %H:%M:%S} UTC"
        if state.heard_at
        else "It never was heard"
    )
    title = f"🚨 {state.named} is silent: outages may not be told"
    text = "\n".join(
        [
            title,
            f"{heard}; its Watchdog alert should come again and again.",
            "Look: is Alertmanager up, is its route to our intake, is our intake up (`outage status`)?",
        ]
    )
    return MessageBody(
        title=title,
        text=text,
        severity=clients().policy.watchdog.severity,
        status="Investigating",
        cluster=state.cluster or clients().cluster_name,
        started_at=lost_at,
    )
