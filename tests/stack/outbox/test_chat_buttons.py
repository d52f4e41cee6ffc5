"""Buttons in a chat: who may press them, how often they count, and what everybody sees of it."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from blocks.clients import clients
from blocks.record.people.person_codes import ProofFolder
from outage.errors import RecordError
from outage.incidents.incident import Ending, Incident, Phase
from outage.people.name_proof import checked_answers
from outage.people.outbox_message import MessageKind
from outage.people.person_act import ActKind
from outage.plans.approval import SILENCE, Answer, Approval, NameProof
from outage.plans.plan import WayBack
from stack.page.page_app import page_app
from tasks.ask import chat_interaction, person_answer
from tests.blocks.channels.slack_double import SlackDouble
from tests.blocks.channels.slack_people import ANA, BOB, STRANGER, buttons_of, pressing, signed_request
from tests.blocks.record.written import newest_fence
from tests.stack.outbox.told_house import PEOPLE, ToldHouse, told_house
from tests.stack.page.filled_record import utc_now


@pytest.fixture
def house(tmp_path: Path, record_dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ToldHouse]:
    """A home with one chat."""
    with told_house(tmp_path, record_dsn, monkeypatch, ("slack",)) as made:
        yield made


@pytest.fixture
def slack(house: ToldHouse) -> SlackDouble:
    """Its workspace."""
    service: SlackDouble = house.services["slack"]
    return service


@pytest.fixture
def asked(house: ToldHouse) -> Incident:
    """An incident whose plan waits, and is asked about in the chat."""
    incident = house.waiting_incident()
    house.show(incident)
    return incident


def sent_to(house: ToldHouse, request: Any) -> httpx.Response:
    """Slack sends a request to a page that was started just now."""
    with TestClient(page_app(house.record, house.settings), base_url="http://127.0.0.1:4220") as page:
        return page.post(f"/chat/{house.name('slack')}", headers=request.headers, content=request.content)


def press(house: ToldHouse, message: dict[str, Any], label: str, user: str = ANA, **more: Any) -> str:
    """Somebody presses a button; what they alone are told."""
    slack = house.services["slack"]
    before = len(slack.whispers)
    answered = sent_to(house, signed_request(pressing(message, label, user, **more)))
    assert (answered.status_code, answered.text) == (200, "")
    assert [one["user"] for one in slack.whispers[before:]] == [user]
    return str(slack.whispers[-1]["text"])


def question(slack: SlackDouble) -> dict[str, Any]:
    """The newest message in which a plan is asked about."""
    return [one for one in slack.messages if "/question/" in one["metadata"]["event_payload"]["key"]][-1]


def labels(message: dict[str, Any]) -> list[str]:
    """What stands on the buttons."""
    return list(buttons_of(message))


def test_a_waiting_plan_is_asked_about_in_the_thread_of_its_incident(
    house: ToldHouse, slack: SlackDouble, asked: Incident
) -> None:
    """Once, however often the timers look; the head can be acknowledged."""
    house.show(asked)
    message = question(slack)

    assert labels(message) == ["Approve", "Decline", "Details"]
    assert message["thread_ts"] == slack.heads[0]["ts"]
    assert "Asked: ana, bob. Silence is a no at" in message["text"]
    assert labels(slack.heads[0]) == ["Acknowledge", "Details"]
    assert len(slack.messages) == 2


def test_a_click_is_a_proven_yes_in_the_record_before_the_message_changes(
    house: ToldHouse, slack: SlackDouble, asked: Incident
) -> None:
    """Signed for the person whom the policy names; then the message says so, and offers to call it back."""
    said = press(house, question(slack), "Approve")
    (given,) = house.record.approvals(asked.id)
    key = ProofFolder(house.home).checking_key()

    assert (given.by, given.answer, given.door) == ("ana", Answer.APPROVE, "chat")
    assert checked_answers(key, asked.id, [given])[0].proof is NameProof.PROVEN
    assert "by ana is recorded" in said
    assert labels(question(slack)) == ["Approve", "Decline", "Details"]
    house.show(asked)
    assert "Yes: ana, in the chat" in question(slack)["text"]
    assert labels(question(slack)) == ["Call it back", "Details"]


def test_a_strangers_click_is_told_privately_and_counts_for_nothing(
    house: ToldHouse, slack: SlackDouble, asked: Incident
) -> None:
    """And stands on the timeline; the button is not used up by it."""
    before = [one["text"] for one in slack.messages]
    said = press(house, question(slack), "Approve", STRANGER)
    house.show(asked)

    assert f"You are {STRANGER}, and the policy names nobody so" in said
    assert house.record.approvals(asked.id) == []
    assert [one["text"] for one in slack.messages] == before
    lines = [one.says for one in house.record.entries(asked.id)]
    assert (
        f"{STRANGER}, whom the policy names nowhere, pressed approve in the chat, which does not count"
        in lines
    )
    assert "is recorded" in press(house, question(slack), "Approve")


def test_somebody_of_another_company_is_a_stranger_whatever_their_id(
    house: ToldHouse, slack: SlackDouble, asked: Incident
) -> None:
    """In a channel that two workspaces share an id alone is no proof."""
    assert "names nobody so" in press(house, question(slack), "Approve", ANA, team="T0OTHER00")
    assert house.record.approvals(asked.id) == []


def test_whom_the_policy_knows_no_more_is_a_stranger(
    house: ToldHouse, slack: SlackDouble, asked: Incident
) -> None:
    """The file as it is now."""
    house.write_policy(people={**PEOPLE, "ana": {}})

    assert "names nobody so" in press(house, question(slack), "Approve")
    assert house.record.approvals(asked.id) == []


def test_somebody_who_may_not_approve_is_told_why(
    house: ToldHouse, slack: SlackDouble, asked: Incident
) -> None:
    """The policy's rule is the same at every door."""
    house.write_policy(approvers={"on-call": ["bob"]})

    assert "ana is not in the group `on-call`" in press(house, question(slack), "Approve")
    assert house.record.approvals(asked.id) == []


def test_a_button_counts_once(house: ToldHouse, slack: SlackDouble, asked: Incident) -> None:
    """Pressed again, and pressed by another before the message has changed."""
    message = dict(question(slack))
    press(house, message, "Approve")

    for user in (ANA, BOB):
        assert "This button was used by ana at" in press(house, message, "Approve", user)
    assert len(house.record.approvals(asked.id)) == 1


def test_the_words_of_buttons_are_random(house: ToldHouse, slack: SlackDouble, asked: Incident) -> None:
    """No two are alike, and one that somebody made up opens nothing."""
    other = house.waiting_incident()
    house.show(other)
    words = [one["value"] for message in slack.messages for one in buttons_of(message).values()]
    forged = dict(question(slack))
    forged["blocks"] = [
        {"type": "actions", "elements": [{**buttons_of(forged)["Approve"], "value": "x" * 32}]}
    ]

    assert len(words) == len(set(words))
    assert min(len(one) for one in words) >= 32
    assert "none of ours" in press(house, forged, "Approve")
    assert house.record.approvals(other.id) == []


@pytest.mark.parametrize("how", ["another secret", "six minutes old", "changed on the way", "not signed"])
def test_what_slack_did_not_sign_just_now_is_not_heard(
    house: ToldHouse, slack: SlackDouble, asked: Incident, how: str
) -> None:
    """Nobody is told anything, and nothing is recorded."""
    payload = pressing(question(slack), "Approve")
    request = {
        "another secret": lambda: signed_request(payload, "f" * 32),
        "six minutes old": lambda: signed_request(payload, age_seconds=360),
        "changed on the way": lambda: signed_request(payload)._replace(
            content=signed_request(pressing(question(slack), "Decline")).content
        ),
        "not signed": lambda: signed_request(payload)._replace(headers={}),
    }[how]()

    assert sent_to(house, request).status_code == 403
    assert (house.record.approvals(asked.id), slack.whispers) == ([], [])


def test_a_signed_request_is_taken_once(house: ToldHouse, slack: SlackDouble, asked: Incident) -> None:
    """Whoever recorded it on the way cannot play it again."""
    request = signed_request(pressing(question(slack), "Details"))

    assert [sent_to(house, request).status_code for _ in range(2)] == [200, 403]
    assert len(slack.whispers) == 1


def test_a_channel_without_a_signing_secret_takes_no_request(
    house: ToldHouse, slack: SlackDouble, asked: Incident
) -> None:
    """Buttons are asked for, not there by themselves."""
    request = signed_request(pressing(question(slack), "Approve"))
    section = house.section("slack", slack)
    del section["signing_secret"]
    house.write_policy(channels={house.name("slack"): section})

    assert sent_to(house, request).status_code == 403


def test_a_button_in_another_channel_counts_nothing(
    house: ToldHouse, slack: SlackDouble, asked: Incident
) -> None:
    """Somebody moved the message to where others read."""
    assert "in another channel" in press(house, question(slack), "Approve", place="C0ELSEWHERE")
    assert house.record.approvals(asked.id) == []


def test_a_button_from_before_a_restart_works(house: ToldHouse, slack: SlackDouble, asked: Incident) -> None:
    """Nothing of it is in a process' memory."""
    message = dict(question(slack))
    clients().record.close()
    clients.cache_clear()

    assert "is recorded" in press(house, message, "Approve")


def test_a_button_of_an_older_plan_says_so(house: ToldHouse, slack: SlackDouble, asked: Incident) -> None:
    """And the message of the older plan loses its buttons, below which the newer one is asked about."""
    old = dict(question(slack))
    older = house.record.plans(asked.id)[0]
    newer = older.model_copy(update={"attempt": 2, "summary": "Restart it"})
    house.record.keep_plan(newer)

    assert f"that waits is {newer.hash}, not {older.hash}: read it first" in press(house, old, "Approve")
    house.show(asked)
    first = next(one for one in slack.messages if one["ts"] == old["ts"])
    assert f"plan {newer.hash} took its place" in first["text"]
    assert first["blocks"] == []
    assert labels(question(slack)) == ["Approve", "Decline", "Details"]
    assert house.record.approvals(asked.id) == []


def test_expiry_is_an_act_of_ours_and_means_no(house: ToldHouse, slack: SlackDouble, asked: Incident) -> None:
    """The message says it, and a late click changes nothing."""
    plan, late = house.record.plans(asked.id)[0], dict(question(slack))
    silence = Approval(plan_hash=plan.hash, answer=Answer.DECLINE, by=SILENCE, at=utc_now(), door="clock")
    house.record.answer(asked.id, silence, quorum=1)
    house.record.update(asked.id, phase=Phase.CLOSED, ending=Ending.UNANSWERED, closed_at=utc_now())
    house.show(asked)

    assert "silence is a no" in question(slack)["text"]
    assert question(slack)["blocks"] == []
    assert "Not counted" in press(house, late, "Approve")
    assert [one.by for one in house.record.approvals(asked.id)] == [SILENCE]


def test_a_yes_can_be_called_back_until_the_first_write(
    house: ToldHouse, slack: SlackDouble, asked: Incident
) -> None:
    """By anybody whom the policy names, in the same place."""
    press(house, question(slack), "Approve")
    house.show(asked)
    assert "decline to plan" in press(house, question(slack), "Call it back", BOB)
    house.show(asked)

    plan = house.record.plans(asked.id)[0]
    assert [one.answer for one in house.record.approvals(asked.id, plan.hash)] == [
        Answer.APPROVE,
        Answer.DECLINE,
    ]
    assert "No: bob, in the chat" in question(slack)["text"]
    assert question(slack)["blocks"] == []


def test_after_the_first_write_a_yes_stands(house: ToldHouse, slack: SlackDouble, asked: Incident) -> None:
    """The message says so, and an old button too."""
    press(house, question(slack), "Approve")
    house.show(asked)
    late, plan = dict(question(slack)), house.record.plans(asked.id)[0]
    house.record.update(asked.id, phase=Phase.RESOLVE)
    way_back, fence = WayBack(before=None, says="…"), newest_fence(house.record)
    house.record.intend(asked.id, plan.hash, plan.steps[0].key, way_back, utc_now(), fence)

    assert "ana answered approve before you; that stands" in press(house, late, "Call it back", BOB)
    house.show(asked)
    assert "called back no more" in question(slack)["text"]
    assert question(slack)["blocks"] == []


def test_every_other_door_shows_it_and_is_shown(
    house: ToldHouse, slack: SlackDouble, asked: Incident
) -> None:
    """A yes of the chat on the page; a no of the command line in the chat."""
    press(house, question(slack), "Approve")
    with TestClient(page_app(house.record, house.settings), base_url="http://127.0.0.1:4220") as page:
        shown = page.get(f"/incidents/{asked.id}").text
    plan = house.record.plans(asked.id)[0]
    person_answer.answer_and_wake(
        house.settings, house.record, house.record.incident(asked.id), plan, Answer.DECLINE, "bob", ""
    )
    house.show(asked)

    assert "in the chat" in shown
    assert "No: bob, on the command line" in question(slack)["text"]


def test_with_two_needed_the_first_yes_leaves_new_buttons(house: ToldHouse, slack: SlackDouble) -> None:
    """And the second decides."""
    house.write_policy(rules=[{"mode": "ask", "approvers": "on-call", "proof": "proven", "quorum": 2}])
    asked = house.waiting_incident()
    house.show(asked)
    assert "1 more needed" in press(house, question(slack), "Approve")
    house.show(asked)
    assert "Yes so far: ana, in the chat" in question(slack)["text"]
    assert "is recorded; its run" in press(house, question(slack), "Approve", BOB)
    house.show(asked)

    assert labels(question(slack)) == ["Call it back", "Details"]


def test_details_are_shown_to_whoever_asks_and_change_nothing(
    house: ToldHouse, slack: SlackDouble, asked: Incident
) -> None:
    """The diff and the way back, as often as they like; of an incident its last lines."""
    for _ in range(2):
        said = press(house, question(slack), "Details", BOB)
        assert "+        image: adaptive/auth-service:1.4.2" in said
    assert "waiting for a yes or no" in press(house, slack.heads[0], "Details", BOB)
    assert house.record.approvals(asked.id) == []


def test_acknowledging_in_the_chat_is_an_act_and_everybody_sees_it(
    house: ToldHouse, slack: SlackDouble, asked: Incident
) -> None:
    """Once; the head says who has it, and needs nobody any more."""
    head = dict(slack.heads[0])
    assert "ana has it" in press(house, head, "Acknowledge")
    assert "was used by ana" in press(house, head, "Acknowledge", BOB)
    house.show(asked)

    (act,) = house.record.acts(asked.id)
    assert (act.kind, act.by) == (ActKind.ACKNOWLEDGED, "ana")
    assert "Taken by: ana" in slack.heads[0]["text"]
    assert labels(slack.heads[0]) == ["Details"]
    assert slack.replies[-1]["text"].startswith("ana has it since")
    assert len(house.told(asked, MessageKind.TAKEN)) == 1


def test_slack_hears_in_time_also_when_waking_the_run_takes_long(
    house: ToldHouse, slack: SlackDouble, asked: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is in the record by then; the person is told when it is done."""
    monkeypatch.setattr(chat_interaction, "ANSWERED_WITHIN_SECONDS", 0.2)
    monkeypatch.setattr(person_answer, "resume_run", lambda *_: time.sleep(0.6) or "its run goes on")
    began = time.monotonic()
    sent_to(house, signed_request(pressing(question(slack), "Approve")))
    took, whispers, given = time.monotonic() - began, len(slack.whispers), house.record.approvals(asked.id)
    time.sleep(0.8)

    assert (took < 0.6, whispers, len(given)) == (True, 0, 1)
    assert "its run goes on" in slack.whispers[0]["text"]


def test_what_could_not_be_recorded_is_told_as_such(
    house: ToldHouse, slack: SlackDouble, asked: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody believes that they answered."""

    def away(*_: object, **__: object) -> None:
        raise RecordError("answer plan: the record does not answer")

    monkeypatch.setattr(type(house.record), "answer", away)

    assert press(house, question(slack), "Approve").startswith("Not recorded: answer plan")


def test_a_chat_without_buttons_is_asked_in_words(house: ToldHouse, slack: SlackDouble) -> None:
    """As before; the answer has other doors."""
    section = house.section("slack", slack)
    del section["signing_secret"], section["app_token"]
    house.write_policy(channels={house.name("slack"): section})
    asked = house.waiting_incident()
    house.show(asked)

    assert "Silence is a no" in question(slack)["text"]
    assert [one["blocks"] for one in slack.messages] == [[], []]
