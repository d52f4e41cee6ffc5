"""Platforms of one stack: each is told, called and asked by its own policy and its own people."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from blocks.clients import clients
from blocks.record.record_pool import connect_record
from outage.errors import ActionRefused, AnswerRefused
from outage.people.outbox_message import MessageKind
from outage.people.watchdog import WatchdogState
from outage.plans.approval import Answer
from stack.outbox.chat_listener import socket_apps
from stack.page.page_app import page_app
from tasks.ask.chat_interaction import take_interaction
from tasks.ask.person_answer import answer_and_wake
from tasks.lead.take_lead import take_lead
from tasks.tell.read_pagers import asked_pagers
from tasks.tell.silent_monitoring import look_after_monitoring
from tests.blocks.channels.sent_messages import NOON
from tests.blocks.channels.slack_double import SlackDouble
from tests.blocks.channels.slack_people import ANA, BOB, pressing
from tests.stack.outbox.platform_stack import PAGER, PlatformStack, platform_stack
from tests.stack.page.page_forms import answered

PLATFORMS = ("bank", "shop", "mail")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def stack(tmp_path: Path, record_dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[PlatformStack]:
    """Three platforms, two policies."""
    with platform_stack(tmp_path, record_dsn, monkeypatch) as made:
        yield made


@pytest.mark.parametrize(
    ("platform", "called"),
    [
        pytest.param("bank", ["L1/ana", "L1/bob", "L2/max"], id="by the settings' policy"),
        pytest.param("shop", ["L1/max", "L2/max"], id="its own people by the settings' policy"),
        pytest.param("mail", ["L1/eve", "L2/zoe"], id="by its own policy"),
    ],
)
def test_who_is_called_and_where_is_told_follows_the_incidents_platform(
    stack: PlatformStack, platform: str, called: list[str]
) -> None:
    """Also while the timers look after incidents of the others in turn."""
    incidents = {one: stack.waiting(one) for one in PLATFORMS}
    for minutes in (0, 31):
        for one in (*PLATFORMS, *reversed(PLATFORMS)):
            stack.house.look(incidents[one], incidents[one].opened_at + minutes * MINUTE)
    messages = stack.house.record.messages(incidents[platform].id)

    assert [one.turn for one in messages if one.what is MessageKind.PAGE] == called
    assert {one.channel for one in messages} == {
        stack.channel(platform, one) for one in (stack.pager, stack.house.name("slack"))
    }
    assert {one.body.platform for one in messages} == {stack.name(platform)}
    assert {one.body.cluster for one in messages if one.what is not MessageKind.ALERT} == {
        stack.name(platform)
    }


def test_each_chat_gets_its_own_platforms_messages(stack: PlatformStack) -> None:
    """Though both policies call their channel the same."""
    for one in PLATFORMS:
        stack.house.look(stack.waiting(one))
    stack.send()
    ours, mails = stack.house.services["slack"], stack.mails

    assert not [one for one in ours.messages if "mail is down" in one["text"]]
    assert [one for one in mails.heads if "mail is down" in one["text"]]
    assert not [
        one for one in mails.messages if "bank is down" in one["text"] or "shop is down" in one["text"]
    ]
    assert (len(ours.heads), len(mails.heads)) == (2, 1)


@pytest.mark.parametrize(
    ("platform", "by", "counts"),
    [
        pytest.param("bank", "ana", True, id="one of the settings' policy"),
        pytest.param("bank", "eve", False, id="not one of another platform's"),
        pytest.param("shop", "max", True, id="one of the platform's own people"),
        pytest.param("shop", "ana", False, id="not whom the policy has elsewhere"),
        pytest.param("mail", "eve", True, id="one of the platform's own policy"),
        pytest.param("mail", "ana", False, id="not one of the settings' policy"),
    ],
)
def test_who_may_answer_and_lead_follows_it_too(
    stack: PlatformStack, platform: str, by: str, counts: bool
) -> None:
    """At the command line, in the lead, and on the page."""
    incident, house = stack.waiting(platform), stack.house
    (plan,) = house.record.plans(incident.id)
    given = (house.settings, house.record, incident, plan, Answer.APPROVE, by, "")
    with TestClient(page_app(house.record, house.settings), base_url="http://127.0.0.1:4220") as browser:
        if counts:
            said = answer_and_wake(*given)
            page = answered(browser, stack.waiting(platform), by=by)
            assert "is recorded" in said.says
            assert page.status_code == 200
            assert f"{by} leads" in take_lead(incident.id, by, "cli")
            return
        with pytest.raises(AnswerRefused):
            answer_and_wake(*given)
        assert answered(browser, incident, by=by).status_code == 403
        if by != "ana" or platform != "shop":  # whom the policy names may lead, whatever their group
            with pytest.raises(ActionRefused):
                take_lead(incident.id, by, "cli")
    assert [one for one in house.record.approvals(incident.id) if one.answer is Answer.APPROVE] == []


@pytest.mark.parametrize(
    ("platform", "user", "by"),
    [
        pytest.param("bank", ANA, "ana", id="the settings' policy names her so"),
        pytest.param("bank", BOB, "bob", id="and him"),
        pytest.param("mail", BOB, "eve", id="mail's policy names the same id otherwise"),
        pytest.param("mail", ANA, "", id="and whom the other names not at all"),
        pytest.param("shop", ANA, "", id="known, and not of the platform's own people"),
    ],
)
def test_a_button_counts_for_whom_the_platforms_policy_names(
    stack: PlatformStack, platform: str, user: str, by: str
) -> None:
    """A member id is a person of one policy; the other policy's is a stranger here."""
    incident, house = stack.waiting(platform), stack.house
    house.look(incident)
    stack.send()
    slack: SlackDouble = stack.mails if platform == "mail" else house.services["slack"]
    question = next(one for one in slack.messages if "/question/" in one["metadata"]["event_payload"]["key"])
    name = stack.channel(platform, house.name("slack"))
    heard = next(one for one in socket_apps(stack.files.channels()).values() if name in one)
    take_interaction(house.settings, house.record, heard, pressing(question, "Approve", user), lambda _: None)

    assert [one.by for one in house.record.approvals(incident.id)] == ([by] if by else [])
    assert [one["user"] for one in slack.whispers] == [user]


def test_an_app_that_serves_two_policies_is_one_connection(stack: PlatformStack) -> None:
    """Slack tells a click to one of an app's connections, whichever channel it stands in."""
    both = stack.chat(stack.house.services["slack"], stack.house.home)
    stack.write_platforms(stack.mails_policy(channels=both))
    name = stack.house.name("slack")

    assert [list(one) for one in socket_apps(stack.files.channels()).values()] == [
        [name, stack.channel("mail", name)]
    ]


def test_the_pagers_that_are_asked_are_the_platforms_own(stack: PlatformStack) -> None:
    """Who takes a page there has it here, by the policy that called."""
    read_back = {**PAGER, "api_token": {"env": "PAGER_KEY"}}
    stack.write_platforms(stack.mails_policy(channels={"own": read_back}))
    found = {
        one: [name for name, _ in asked_pagers(clients().policy_for(stack.waiting(one)))] for one in PLATFORMS
    }

    assert found == {"bank": [], "shop": [], "mail": [stack.channel("mail", "own")]}


def test_a_platforms_own_words_go_before_the_common_ones(stack: PlatformStack) -> None:
    """In the folder of messages, a folder of its name."""
    own = stack.house.home / "messages" / stack.name("mail")
    own.mkdir(parents=True)
    (own / "update.txt.j2").write_text("MAIL'S OWN WORDS\n", encoding="utf-8")
    told = {}
    for one in ("bank", "mail"):
        incident = stack.waiting(one)
        clients().record.set_timer(incident.id, "next-update", 1, stack.house.now)
        stack.house.look(incident)
        (update,) = stack.house.told(incident, MessageKind.UPDATE)
        told[one] = update.body.title

    assert told["mail"] == "MAIL'S OWN WORDS"
    assert "MAIL" not in told["bank"]


@pytest.mark.parametrize(
    ("broken", "called"),
    [
        pytest.param(
            "mode: nonsense\n", ["L1/ana", "L1/bob"], id="the settings' people, for a policy that is none"
        ),
    ],
)
def test_a_typing_mistake_means_not_that_nobody_is_called(
    stack: PlatformStack, broken: str, called: list[str]
) -> None:
    """And nothing is written by a policy that cannot be read."""
    stack.write_platforms(broken)
    incident = stack.waiting("mail")
    stack.house.look(incident)
    messages = stack.house.record.messages(incident.id)

    assert [one.turn for one in messages if one.what is MessageKind.PAGE] == called
    assert f"platform {stack.name('mail')}" in str(clients().policy_for(incident).broken)


def test_the_silence_of_a_clusters_monitoring_calls_by_its_platforms_policy(stack: PlatformStack) -> None:
    """Ten minutes by the settings' policy, twenty by mail's own; each return is told where the silence was."""
    record, house = stack.house.record, stack.house
    bank, mail = stack.name("bank"), stack.name("mail")
    _forget(record.dsn)
    for cluster in (bank, mail):
        record.hear_watchdog(cluster, NOON)
    for minutes in (5, 11, 19, 21):
        look_after_monitoring(NOON + minutes * MINUTE)
    silences = {one.cluster: one for one in record.watchdogs()}
    said = {name: _said(record, silences[name]) for name in (bank, mail)}

    assert [silences[one].lost_at for one in (bank, mail)] == [NOON + 11 * MINUTE, NOON + 21 * MINUTE]
    assert said[bank] == [
        ("alert", house.name("slack"), "1"),
        ("page", stack.pager, "L1/ana"),
        ("page", stack.pager, "L1/bob"),
    ]
    assert said[mail] == [
        ("alert", stack.channel("mail", house.name("slack")), "1"),
        ("page", stack.channel("mail", stack.pager), "L1/eve"),
    ]
    record.hear_watchdog(mail, NOON + 22 * MINUTE)
    look_after_monitoring(NOON + 23 * MINUTE)
    assert [what for what, _, _ in _said(record, silences[mail])] == [
        "alert",
        "page",
        "resolved",
        "called-off",
    ]
    assert [what for what, _, _ in _said(record, silences[bank])] == ["alert", "page", "page"]
    _forget(record.dsn)


def test_two_policies_of_one_cluster_each_wait_as_long_as_they_say(stack: PlatformStack) -> None:
    """The one that waits longer is not told of a return before it heard of a silence."""
    record = stack.house.record
    _share_cluster(stack)
    _forget(record.dsn)
    record.hear_watchdog("eu", NOON)
    look_after_monitoring(NOON + 11 * MINUTE)
    (silence,) = record.watchdogs()
    first = {channel for _, channel, _ in _said(record, silence)}
    look_after_monitoring(NOON + 21 * MINUTE)
    both = [turn for what, _, turn in _said(record, silence) if what == "page"]
    record.hear_watchdog("eu", NOON + 22 * MINUTE)
    look_after_monitoring(NOON + 23 * MINUTE)

    assert not [one for one in first if one.startswith(stack.name("mail"))]
    assert sorted(both) == ["L1/ana", "L1/bob", "L1/eve", "L1/max"]
    assert [what for what, _, _ in _said(record, silence)].count("resolved") == 2
    _forget(record.dsn)


def _share_cluster(stack: PlatformStack) -> None:
    for file in (stack.house.home / "platforms").glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        name = next(line for line in text.splitlines() if line.startswith("name: ")).removeprefix("name: ")
        file.write_text(text.replace(f"cluster:\n  name: {name}", "cluster:\n  name: eu"), encoding="utf-8")


def _said(record: Any, state: WatchdogState) -> list[tuple[str, str, str]]:
    found = record.messages(state.incident_at(state.lost_at or datetime.now(UTC)))
    return [(str(one.what), one.channel, one.turn) for one in found]


def _forget(dsn: str) -> None:
    with connect_record(dsn) as connection:
        connection.execute("delete from outage.watchdog")
        connection.execute("delete from outage.outbox where starts_with(incident, 'watchdog-')")
