"""A message is visible once and never lost, however its service misbehaves."""

from datetime import timedelta
from typing import Any

import pytest

from blocks.record import Record
from outage.people.message_routing import MessageRoute
from outage.people.outbox_message import MessageKind, MessageState
from stack.outbox.deliver_message import deliver_message
from tests.blocks.channels.configured import DOUBLES
from tests.blocks.channels.fake_service import Misbehaviour, answer_lost, broken, loses_writes, too_many
from tests.blocks.channels.sent_messages import BODY, NOON
from tests.blocks.record.written import newest_fence
from tests.outage.text.secret_shapes import SECRET, TEXTS
from tests.stack.outbox.conftest import Desk

KINDS = tuple(DOUBLES)
SEEN_ONCE = ("slack", "jira", "servicenow", "statuspage", "pagerduty")
PHASES = (MessageKind.ALERT, MessageKind.UPDATE, MessageKind.RESOLVED)
CALLS = (MessageKind.PAGE, MessageKind.ACKNOWLEDGED, MessageKind.CALLED_OFF)


def seen(kind: str, service: Any) -> int:
    """How many messages are visible at the service."""
    match kind:
        case "slack":
            return len(service.messages)
        case "jira":
            return sum(1 + len(one["comments"]) for one in service.issues.values())
        case "servicenow":
            return len(service.incidents) + len(service.notes)
        case "statuspage":
            return sum(len(one["incident_updates"]) for one in service.incidents)
        case "pagerduty":
            return int(service.calls)
        case _:
            return len(service.taken)


def ask_all(desk: Desk, kind: str) -> int:
    """Ask for three messages; how many should be visible."""
    for what in CALLS if kind == "pagerduty" else PHASES:
        desk.ask(what)
    return 1 if kind == "pagerduty" else 3


@pytest.mark.parametrize("kind", KINDS)
def test_each_message_arrives_once_and_in_order(desk: Desk, kind: str, service: Any) -> None:
    """Nothing is wrong, and the timeline is not filled with receipts (but for calls of people)."""
    expected = ask_all(desk, kind)
    desk.run()

    assert desk.states() == ["receipt"] * 3
    assert seen(kind, service) == expected
    assert len(desk.told()) == (1 if kind == "pagerduty" else 0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wrong", [[too_many("7")], [too_many("7")] * 4], ids=["busy", "busy four times"])
def test_a_busy_service_is_left_alone_for_as_long_as_it_says(
    desk: Desk, kind: str, service: Any, wrong: list[Misbehaviour]
) -> None:
    """Then everything arrives once."""
    expected = ask_all(desk, kind)
    service.coming.extend(wrong)
    waiting = desk.try_once()
    assert waiting.not_before - NOON >= timedelta(seconds=7)
    assert desk.next() is None
    desk.run()

    assert desk.states() == ["receipt"] * 3
    assert seen(kind, service) == expected
    assert "degraded" in desk.told()[0]


@pytest.mark.parametrize("kind", SEEN_ONCE)
@pytest.mark.parametrize("wrong", [answer_lost, broken(500), broken(502)], ids=["lost", "500", "502"])
@pytest.mark.parametrize("at", range(6))
def test_a_lost_answer_makes_no_second_message(
    desk: Desk, kind: str, service: Any, wrong: Misbehaviour, at: int
) -> None:
    """At whichever request it happens: the service is asked by key before a second try, or merges it."""
    expected = ask_all(desk, kind)
    service.coming.extend([lambda s, a: s.honest(a)] * at + [wrong])
    desk.run()

    assert desk.states() == ["receipt"] * 3
    assert seen(kind, service) == expected


@pytest.mark.parametrize("kind", SEEN_ONCE)
def test_a_service_that_loses_every_answer_for_a_while(desk: Desk, kind: str, service: Any) -> None:
    """All of it is there once it answers again."""
    expected = ask_all(desk, kind)
    service.always = loses_writes
    for _ in range(4):
        if desk.next():
            desk.try_once()
        desk.now += timedelta(minutes=6)
    service.always = None
    desk.run()

    assert desk.states() == ["receipt"] * 3
    assert seen(kind, service) == expected


@pytest.mark.parametrize("kind", ["webhook"])
def test_where_nobody_can_look_a_lost_answer_is_unknown_and_said(desk: Desk, kind: str, service: Any) -> None:
    """It is not sent again; what comes after it is sent."""
    ask_all(desk, kind)
    service.coming.append(answer_lost)
    desk.run()

    assert desk.states() == ["unknown", "receipt", "receipt"]
    assert seen(kind, service) == 3
    assert "nobody knows whether alert reached" in desk.told()[0]


@pytest.mark.parametrize("kind", ["webhook"])
def test_a_page_prefers_a_second_to_none(desk: Desk, kind: str, service: Any) -> None:
    """Nobody called is worse than called twice."""
    desk.ask(MessageKind.PAGE)
    service.coming.append(answer_lost)
    desk.run()

    assert desk.states() == ["receipt"]
    assert seen(kind, service) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_sender_that_died_after_the_act_makes_no_second_message(
    desk: Desk, kind: str, service: Any, record: Record
) -> None:
    """The row says that it was begun; the next sender looks, repeats with the same key, or says that nobody knows."""
    what = MessageKind.PAGE if kind == "pagerduty" else MessageKind.ALERT
    desk.ask(what)
    message = desk.next()
    assert message is not None
    begun = record.begin_try(message, desk.now, newest_fence(record))
    assert begun is not None
    desk.channel.send(begun, {})
    desk.run()

    assert desk.states() == ["unknown" if kind == "webhook" else "receipt"]
    assert seen(kind, service) == 1


def test_two_senders_cannot_begin_the_same_try(desk: Desk, record: Record) -> None:
    """The row is compared and set."""
    desk.ask(MessageKind.ALERT)
    message = desk.next()
    assert message is not None

    assert record.begin_try(message, NOON, newest_fence(record)) is not None
    assert record.begin_try(message, NOON, newest_fence(record)) is None


def test_what_a_service_will_never_take_does_not_hold_up_the_rest(desk: Desk, service: Any) -> None:
    """It failed, that is said, and the next one goes."""
    ask_all(desk, "slack")
    service.coming.append(broken(400))
    desk.run()

    assert desk.states() == ["failed", "receipt", "receipt"]
    assert "alert did not reach" in desk.told()[0]


def test_a_revoked_token_loses_nothing(desk: Desk, service: Any) -> None:
    """Once it is given back, everything arrives, in order."""
    ask_all(desk, "slack")
    service.revoked = True
    desk.try_once()
    assert desk.states() == ["asked"] * 3
    assert [one.degraded for one in desk.record.channel_health() if one.channel == desk.name] == [True]
    service.revoked = False
    desk.run()

    assert desk.states() == ["receipt"] * 3
    assert any("reached" in one for one in desk.told())
    assert [one.degraded for one in desk.record.channel_health() if one.channel == desk.name] == [False]


def test_a_day_of_silence_is_given_up_and_said(desk: Desk, service: Any) -> None:
    """News of yesterday is none."""
    desk.ask(MessageKind.ALERT)
    service.always = too_many("300")
    desk.run()

    assert desk.states() == ["failed"]
    assert "given up after" in desk.told()[-1]


def test_a_thread_deleted_by_hand_goes_on(desk: Desk, service: Any) -> None:
    """Under a new head, with the rest below it."""
    desk.ask(MessageKind.ALERT)
    desk.run()
    service.delete(service.heads[0]["ts"])
    desk.ask(MessageKind.UPDATE)
    desk.ask(MessageKind.RESOLVED)
    desk.run()

    assert desk.states() == ["receipt"] * 3
    assert [len(service.heads), len(service.replies)] == [1, 1]


def test_a_message_says_which_other_channels_do_not_get_through(
    desk: Desk, service: Any, record: Record
) -> None:
    """Whoever reads it need not wait for what was posted there."""
    away = f"away-{desk.name}"
    record.ask_message(desk.incident.id, MessageKind.ALERT, [MessageRoute(channel=away)], BODY, NOON)
    message = record.next_message(away, NOON)
    assert message is not None
    service.coming.append(too_many("3"))
    deliver_message(record, desk.channel, message, newest_fence(record), lambda: NOON)
    desk.ask(MessageKind.ALERT)
    desk.try_once()

    assert f"Channels that do not get through: {away}" in service.messages[-1]["text"].replace("\n", " ")


def test_a_page_does_not_wait_behind_other_messages(desk: Desk) -> None:
    """It has a thread of its own."""
    desk.ask(MessageKind.ALERT)
    desk.ask(MessageKind.PAGE)
    message = desk.next()

    assert message is not None
    assert message.what is MessageKind.PAGE


def test_asking_again_changes_nothing(desk: Desk, record: Record) -> None:
    """A response that is run again from its first line sends nothing twice."""
    desk.ask(MessageKind.ALERT)
    desk.run()
    desk.ask(MessageKind.ALERT)

    assert desk.states() == ["receipt"]


def test_what_waits_for_a_yes_is_not_sent_before_it(desk: Desk, record: Record) -> None:
    """And is sent after it."""
    held = [MessageRoute(channel=desk.name, held=True)]
    record.ask_message(desk.incident.id, MessageKind.ALERT, held, BODY, NOON)
    assert desk.next() is None
    assert desk.states() == ["held"]
    record.release_messages(desk.incident.id, NOON)
    desk.run()

    assert desk.states() == ["receipt"]


@pytest.mark.parametrize("shape", list(TEXTS))
def test_no_secret_is_kept_in_a_row(desk: Desk, record: Record, shape: str) -> None:
    """Whoever wrote it into a title, a text or a service's name."""
    body = BODY.model_copy(update={"title": TEXTS[shape], "text": TEXTS[shape], "services": (TEXTS[shape],)})
    record.ask_message(desk.incident.id, MessageKind.ALERT, [MessageRoute(channel=desk.name)], body, NOON)

    assert SECRET not in record.messages(desk.incident.id)[0].model_dump_json()


def test_a_final_state_stands(desk: Desk, record: Record) -> None:
    """Whatever a late sender believes."""
    desk.ask(MessageKind.ALERT)
    desk.run()
    late = desk.all()[0]
    from outage.people.settle_try import Settlement

    record.settle_message(late, Settlement(state=MessageState.FAILED, not_before=NOON), NOON)

    assert desk.states() == ["receipt"]
