"""Every channel against its service's rules: arrives once, is found again, and every failure has its own meaning."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from blocks.channels.channel import Channel
from blocks.channels.open_channel import open_channel
from blocks.channels.slack.slack_thread import slack_text
from outage.errors import AnswerLost, ChannelBusy, ChannelError, ChannelRefused, ChannelUnusable
from outage.people.outbox_message import MessageKind
from outage.people.settle_try import SecondTry
from tests.blocks.channels.configured import DOUBLES, SECRETS, opened, parsed, settings_for
from tests.blocks.channels.fake_service import (
    FakeService,
    answer_lost,
    broken,
    loses_writes,
    never_answers,
    serving,
    too_many,
)
from tests.blocks.channels.sent_messages import NOON, sent
from tests.blocks.channels.slack_double import SlackDouble
from tests.conftest import free_port

LOOKING = ("slack", "jira", "servicenow", "statuspage")
FIRST = {"pagerduty": MessageKind.PAGE}
PHASES = (MessageKind.ALERT, MessageKind.UPDATE, MessageKind.RESOLVED)


@pytest.fixture(params=list(DOUBLES))
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of channel that is a service."""
    return str(request.param)


@pytest.fixture
def service(kind: str) -> Iterator[FakeService]:
    """Its double."""
    with serving(DOUBLES[kind]()) as up:
        yield up


@pytest.fixture
def channel(kind: str, service: FakeService, tmp_path: Path) -> Channel:
    """The channel, configured for it."""
    return opened(kind, service, tmp_path)


def first(kind: str, **more: Any) -> Any:
    """The first message that this kind of channel gets."""
    return sent(FIRST.get(kind, MessageKind.ALERT), **more)


def test_the_first_message_keeps_every_rule_of_the_service(
    kind: str, channel: Channel, service: FakeService
) -> None:
    """The service takes it, and says what it calls it where it has a name."""
    receipt = channel.send(first(kind), {})

    assert bool(receipt) == (kind != "webhook")


@pytest.mark.parametrize("kind", LOOKING)
def test_a_message_is_found_by_its_key_and_no_other(kind: str, channel: Channel) -> None:
    """After the first, and after a second in its thread."""
    assert channel.find(sent(), {}) is None
    receipt = channel.send(sent(), {})
    assert channel.find(sent(), {}) is not None
    update = sent(MessageKind.UPDATE, turn="2")
    assert channel.find(update, receipt) is None
    channel.send(update, receipt)

    assert channel.find(update, receipt) is not None
    assert channel.find(sent(MessageKind.UPDATE, turn="3"), receipt) is None
    assert channel.find(sent(incident_id="inc-20300101-bbbbbb"), {}) is None


@pytest.mark.parametrize("kind", LOOKING)
def test_an_incident_has_one_place_there_also_when_its_receipt_was_lost(
    kind: str, channel: Channel, service: Any
) -> None:
    """The update finds the thread, the ticket or the page's incident by itself (Slack's head is looked for first)."""
    service.always = loses_writes
    with pytest.raises(AnswerLost):
        channel.send(sent(), {})

    service.always = None
    receipt = channel.find(sent(), {})
    assert receipt is not None
    channel.send(sent(MessageKind.UPDATE), receipt)
    places = {"slack": "heads", "jira": "issues", "servicenow": "incidents", "statuspage": "incidents"}
    assert len(getattr(service, places[kind])) == 1


WRONG = [
    (too_many("7"), ChannelBusy, SecondTry),
    (broken(502), AnswerLost, None),
    (answer_lost, AnswerLost, None),
    (never_answers(2.5), AnswerLost, None),
]


@pytest.mark.parametrize(
    ("wrong", "error"), [(one[0], one[1]) for one in WRONG], ids=["429", "502", "lost", "late"]
)
def test_every_failure_has_its_own_meaning(
    channel: Channel, service: FakeService, kind: str, wrong: Any, error: type[ChannelError]
) -> None:
    """Certainly not taken, or perhaps taken."""
    service.always = wrong

    with pytest.raises(error) as raised:
        channel.send(first(kind), {})

    assert SECRETS[kind] not in str(raised.value)
    if isinstance(raised.value, ChannelBusy):
        assert raised.value.retry_after_seconds == 7


def test_a_service_that_is_not_reached_has_certainly_not_taken_it(kind: str, tmp_path: Path) -> None:
    """Nobody listens there."""
    away = DOUBLES[kind]()
    away.server.server_close()
    section = settings_for(kind, away, tmp_path)

    with pytest.raises(ChannelBusy):
        open_channel(parsed(section)).send(first(kind), {})


@pytest.mark.parametrize("kind", [one for one in DOUBLES if one != "pagerduty"])
def test_a_revoked_token_is_a_persons_matter(kind: str, service: FakeService, tmp_path: Path) -> None:
    """No message is lost by it, and the token stands in no error."""
    section = settings_for(kind, service, tmp_path)
    (tmp_path / f"{kind}-secret").write_text("xoxb-revoked-and-wrong-token-here-ok", encoding="utf-8")

    with pytest.raises(ChannelUnusable) as raised:
        open_channel(parsed(section)).send(first(kind), {})

    assert "xoxb-revoked" not in str(raised.value)


def test_a_secret_that_is_not_there_is_said_with_its_place(
    kind: str, service: FakeService, tmp_path: Path
) -> None:
    """And nothing is sent."""
    section = settings_for(kind, service, tmp_path)
    (tmp_path / f"{kind}-secret").unlink()

    with pytest.raises(ChannelUnusable, match=f"{kind}-secret"):
        open_channel(parsed(section))
    assert service.asked == []


@pytest.mark.parametrize("kind", ["jira", "servicenow", "statuspage"])
def test_the_end_of_the_outage_closes_what_its_beginning_opened(
    kind: str, channel: Channel, service: Any
) -> None:
    """One ticket, closed; one public incident, resolved."""
    receipt: dict[str, str] = {}
    for what in PHASES:
        receipt |= channel.send(sent(what), receipt)

    found = (
        list((service.issues if kind == "jira" else service.incidents).values())
        if kind != "statuspage"
        else (service.incidents)
    )
    ends = {"jira": "Done", "servicenow": "6", "statuspage": "resolved"}
    assert [
        one.get("status", one.get("state")) if kind != "servicenow" else one["state"] for one in found
    ] == [ends[kind]]


@pytest.mark.parametrize("kind", ["jira", "servicenow"])
def test_a_ticket_deleted_by_hand_is_opened_again(kind: str, channel: Channel, service: Any) -> None:
    """The incident goes on somewhere."""
    receipt = channel.send(sent(), {})
    places = service.issues if kind == "jira" else service.incidents
    places.clear()

    assert channel.send(sent(MessageKind.UPDATE), receipt)
    assert len(places) == 1


@pytest.mark.parametrize("kind", ["slack"])
def test_slack_has_one_head_that_is_edited_and_a_thread(
    kind: str, channel: Channel, service: SlackDouble
) -> None:
    """The head says where the incident stands; the story is the thread."""
    receipt: dict[str, str] = {}
    for what, status in zip(PHASES, ("Investigating", "Resolving", "Resolved"), strict=True):
        receipt |= channel.send(sent(what, body={"status": status}), receipt)

    assert len(service.heads) == 1
    assert "Status: Resolved" in service.heads[0]["text"]
    assert len(service.replies) == 2
    assert "&lt;fail&gt; &amp; time" in service.replies[0]["text"]


@pytest.mark.parametrize("kind", ["slack"])
def test_a_thread_deleted_by_hand_goes_on_under_a_new_head(
    kind: str, channel: Channel, service: SlackDouble
) -> None:
    """And later messages join the new one."""
    receipt = channel.send(sent(), {})
    service.delete(receipt["head"])
    receipt |= channel.send(sent(MessageKind.UPDATE), receipt)
    receipt |= channel.send(sent(MessageKind.UPDATE, turn="2"), receipt)

    assert len(service.heads) == 1
    assert service.heads[0]["ts"] == receipt["head"]
    assert len(service.replies) == 1


@pytest.mark.parametrize("kind", ["pagerduty"])
def test_a_page_calls_once_is_quieted_and_closed(kind: str, channel: Channel, service: Any) -> None:
    """The same rung again calls nobody anew; the next rung does."""
    for what, turn in ((MessageKind.PAGE, "L2"), (MessageKind.PAGE, "L2"), (MessageKind.PAGE, "L3")):
        channel.send(sent(what, turn=turn), {})
    assert service.calls == 2
    channel.send(sent(MessageKind.ACKNOWLEDGED, turn="L2"), {})
    channel.send(sent(MessageKind.CALLED_OFF, turn="L3"), {})

    assert sorted(service.alerts.values()) == ["acknowledged", "resolved"]


@pytest.mark.parametrize("kind", ["statuspage"])
def test_the_public_page_reads_nothing_of_the_diagnosis(kind: str, channel: Channel, service: Any) -> None:
    """Its words are its own; and a drill is refused here too, whatever routed it."""
    channel.send(sent(), {})

    assert service.incidents[0]["incident_updates"][0]["body"] == "We are investigating an outage of auth."
    with pytest.raises(ChannelRefused, match="drill"):
        channel.send(sent(body={"drill": "bad-image"}), {})


def test_slack_text_is_cut_where_nobody_reads_on() -> None:
    """At a line's end, and said."""
    text = slack_text("a line of words\n" * 1000)

    assert len(text) < 4000
    assert text.endswith("… the rest is in the report.")


@pytest.mark.parametrize(
    ("status", "error"),
    [(200, None), (429, ChannelBusy), (403, ChannelUnusable), (400, ChannelRefused), (500, AnswerLost)],
)
def test_apprise_tells_only_by_its_log_why(
    status: int, error: type[ChannelError] | None, tmp_path: Path
) -> None:
    """Its status is read from there; where it says nothing, the message may have arrived."""

    class Takes(FakeService):
        def answer(self, asked: Any) -> Any:
            from tests.blocks.channels.fake_service import Given

            return Given(status, {})

    with serving(Takes()) as service:
        (tmp_path / "address").write_text(service.url.replace("http://", "json://"), encoding="utf-8")
        channel = open_channel(parsed({"kind": "apprise", "address": {"file": str(tmp_path / "address")}}))
        if error is None:
            channel.send(sent(), {})
            assert len(service.asked) == 1
        else:
            with pytest.raises(error):
                channel.send(sent(), {})


def test_apprise_is_not_asked_when_nobody_listens(tmp_path: Path) -> None:
    """So that the message is certainly not there, and can wait."""
    (tmp_path / "address").write_text(f"json://localhost:{free_port()}", encoding="utf-8")

    with pytest.raises(ChannelBusy, match="not reached"):
        open_channel(parsed({"kind": "apprise", "address": {"file": str(tmp_path / "address")}})).send(
            sent(), {}
        )


def test_an_invitation_is_one_event_however_often_it_is_sent(tmp_path: Path) -> None:
    """The same UID, in UTC, with its guests."""
    import icalendar

    section = {"kind": "calendar", "folder": str(tmp_path / "invitations"), "organizer": "outage@example.com"}
    body = {"meets_at": NOON, "people": ("ana@example.com", "bob")}
    channel = open_channel(parsed(section))
    receipt = channel.send(sent(MessageKind.INVITATION, body=body), {})
    again = channel.send(sent(MessageKind.INVITATION, body=body), {})

    assert receipt == again
    event = icalendar.Calendar.from_ical(Path(receipt["file"]).read_bytes()).walk("VEVENT")[0]
    assert event.decoded("dtstart") == NOON
    assert event["attendee"] == "mailto:ana@example.com"


@pytest.mark.parametrize("kind", ["jira", "servicenow"])
def test_an_action_item_is_a_ticket_of_its_own_found_by_its_key_and_done_when_it_is_closed(
    kind: str, channel: Channel, service: Any
) -> None:
    """Sent twice it is one; the incident's own ticket is another, and never taken for it."""
    head = channel.send(sent(), {})
    item = sent(MessageKind.ACTION_ITEM, turn="root-cause")
    assert channel.find(item, head) is None
    receipt = channel.send(item, head)
    again = channel.send(item, head)
    there = service.issues if kind == "jira" else service.incidents
    name = "issue" if kind == "jira" else "sys_id"

    assert (len(there), again[name]) == (2, receipt[name])
    assert receipt[name] != head[name]
    assert channel.find(item, head) is not None
    assert channel.find(sent(MessageKind.ACTION_ITEM, turn="alerts"), head) is None
    assert channel.send(sent(MessageKind.UPDATE), {})[name] == head[name]
    assert not channel.is_done(receipt)
    there[receipt[name]]["status" if kind == "jira" else "state"] = "Done" if kind == "jira" else "7"
    assert channel.is_done(receipt)


@pytest.mark.parametrize("kind", ["slack"])
def test_what_follows_the_end_does_not_change_the_threads_head(
    kind: str, channel: Channel, service: SlackDouble
) -> None:
    """The head says where the incident stands: that is over."""
    receipt = channel.send(sent(), {})
    before = len([one for one in service.asked if one.path.endswith("chat.update")])
    channel.send(sent(MessageKind.FOLLOW_UP), receipt)

    assert len([one for one in service.asked if one.path.endswith("chat.update")]) == before


@pytest.mark.parametrize("kind", ["statuspage"])
@pytest.mark.parametrize(
    ("what", "body", "says"),
    [
        pytest.param(MessageKind.ALERT, {}, "We are investigating an outage of auth.", id="the beginning"),
        pytest.param(
            MessageKind.UPDATE,
            {"status": "Monitoring"},
            "A fix for the outage of auth is in place, and we are watching whether it holds.",
            id="a fix is in place",
        ),
        pytest.param(
            MessageKind.UPDATE,
            {"status": "Resolving", "services": ()},
            "We have identified the cause of the outage and are working on it.",
            id="nobody knows which service",
        ),
        pytest.param(MessageKind.RESOLVED, {}, "The outage of auth is over.", id="the end"),
        pytest.param(
            MessageKind.ALERT, {"public": "In our words."}, "In our words.", id="the team's own words"
        ),
    ],
)
def test_the_public_reads_the_reviewed_words(
    kind: str, channel: Channel, service: Any, what: MessageKind, body: dict[str, Any], says: str
) -> None:
    """Nothing of the diagnosis."""
    channel.send(sent(what, body=body), {})

    assert service.incidents[0]["incident_updates"][-1]["body"] == says
