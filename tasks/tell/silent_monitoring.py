"""Call somebody when the monitoring has fallen silent, and say it when it is heard again.

It opens no incident: nothing is known to fail. But nobody would be told if it did. Several platforms may hang on the
monitoring of one cluster: each policy that waits for it calls its own people.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from blocks.clients import clients
from outage.people.escalation import Rung
from outage.people.message_routing import MessageRoute, message_routes, pager_routes
from outage.people.outbox_message import MessageBody, MessageKind
from outage.people.watchdog import WatchdogRules, WatchdogState, watchdog_due
from outage.policies.policy import Policy
from outage.text.durations import duration_in_words
from tasks.tell.ask_for_message import PUBLIC_PAGE
from tasks.tell.on_call_people import people_meant


def look_after_monitoring(now: datetime) -> None:
    """Do once what is due about every cluster's monitoring; done again it changes nothing.

    Args:
        now: The time.
    """
    record = clients().record
    awaited = awaited_monitoring(record.watchdogs())
    record.expect_watchdogs(now, awaited)
    given_up = () if unreadable_files() else tuple(one for one in record.watchdogs() if one.gone(awaited))
    if given_up:
        record.forget_watchdogs(awaited)
    for state in record.watchdogs():
        policies = usable_policies(state.cluster)
        if state in given_up:
            policies = [one.model_copy(update={"watchdog": WatchdogRules()}) for one in policies]
        look_after_cluster(state, policies, now)


def awaited_monitoring(known: Sequence[WatchdogState]) -> tuple[str, ...]:
    """Whose monitoring is waited for by name; while no file names a cluster, whichever is heard first.

    Args:
        known: What was heard so far.
    """
    if named := clients().awaited_clusters:
        return named
    waits = clients().policies()[""].watchdog.silent_after is not None
    return ("",) if waits and not any(one.heard_at for one in known) else ()


def unreadable_files() -> bool:
    """Whether a platform or a policy cannot be read: then nobody can say that something is not waited for."""
    return bool(clients().platforms.problems) or any(one.broken for one in clients().policies().values())


def usable_policies(cluster: str) -> list[Policy]:
    """By which policies somebody is called when a cluster's monitoring is silent.

    Of a policy that cannot be read nobody can say what was to be waited for; `outage status` says that it is broken.
    """
    return [one for one in clients().watching_policies(cluster) if not one.broken or one.channels]


def look_after_cluster(state: WatchdogState, policies: Sequence[Policy], now: datetime) -> None:
    """Do what is due about one cluster's monitoring, by the policy of each platform that hangs on it.

    Args:
        state: What was heard.
        policies: That say who waits for it.
        now: The time.
    """
    record, lost_at = clients().record, state.lost_at or now
    found = [(one, watchdog_due(state, one.watchdog, one.escalation.configured, now)) for one in policies]
    if any(due.silent for _, due in found) and state.lost_at is None:
        record.mark_watchdog(state.cluster, lost_at)  # first: every message stands under this moment
    for policy, due in found:
        if due.silent:
            body = silence_body(state, policy, lost_at)
            tell_of_silence(state.incident_at(lost_at), body, policy, due.rungs, now)
    if found and all(due.back for _, due in found):
        for policy in policies:
            says = f"{state.named} is heard again after {duration_in_words(now - lost_at)}"
            if policy.watchdog.silent_after is None:
                says = f"{state.named} is not waited for any more"
            body = silence_body(state, policy, lost_at)
            tell_of_return(state.incident_at(lost_at), says, body, policy, now)
        record.mark_watchdog(state.cluster, None)  # last: whoever dies before says the same again


def tell_of_silence(
    incident: str, body: MessageBody, policy: Policy, rungs: tuple[Rung, ...], now: datetime
) -> None:
    """Ask for the news and for the pages of each rung; each is asked for once.

    Args:
        incident: Under what the messages of this one silence stand.
        body: What is said of it.
        policy: Whose people are told.
        rungs: Who must have been called by now.
        now: The time.
    """
    record, what = clients().record, MessageKind.ALERT
    record.ask_message(incident, what, inside_routes(policy, what), body, now)
    for rung in rungs:
        for person in people_meant(policy.escalation.rungs[rung], policy, now, Path(clients().settings.home)):
            routes = pager_routes(policy.channels, policy.watchdog.severity, False, person)
            page = body.model_copy(update={"people": (person,), "rung": str(rung)})
            record.ask_message(incident, MessageKind.PAGE, routes, page, now, turn=f"{rung}/{person}")


def tell_of_return(incident: str, says: str, body: MessageBody, policy: Policy, now: datetime) -> None:
    """Say that it is heard again where its silence was told, and close at the pagers what the pages opened.

    Args:
        incident: Under what the messages of the silence stand.
        says: That it is over, as one sentence without its full stop.
        body: What was said of the silence.
        policy: Whose people are told.
        now: The time.
    """
    record = clients().record
    before = [one for one in record.messages(incident) if one.channel in policy.channels]
    if not before:
        return
    body = body.model_copy(update={"title": f"✅ {says}", "text": f"✅ {says}.", "status": "Resolved"})
    told = tuple({one.channel for one in before})
    record.ask_message(
        incident, MessageKind.RESOLVED, inside_routes(policy, MessageKind.RESOLVED, told), body, now
    )
    for page in before:
        if page.what is MessageKind.PAGE:
            takes = MessageKind.CALLED_OFF in policy.channels[page.channel].messages
            route = [MessageRoute(channel=page.channel)] if takes else []
            record.ask_message(incident, MessageKind.CALLED_OFF, route, page.body, now, turn=page.turn)


def inside_routes(policy: Policy, what: MessageKind, told: tuple[str, ...] = ()) -> tuple[MessageRoute, ...]:
    """The channels that are told, without what the public reads."""
    channels = {name: one for name, one in policy.channels.items() if one.kind != PUBLIC_PAGE}
    return message_routes(channels, what, policy.watchdog.severity, drill=False, told=told)


def silence_body(state: WatchdogState, policy: Policy, lost_at: datetime) -> MessageBody:
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
        severity=policy.watchdog.severity,
        status="Investigating",
        cluster=state.cluster or clients().cluster_name,
        started_at=lost_at,
    )
