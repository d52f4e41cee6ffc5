"""Two proven people approve a high-risk plan, one in the chat and one on the page; nothing else counts for either."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from fastapi.testclient import TestClient

from blocks.record.people.person_codes import ProofFolder
from outage.diagnosis.hypothesis import Risk
from outage.incidents.incident import Incident, Phase
from outage.incidents.severity import Severity
from outage.people.name_proof import checked_answers
from outage.plans.approval import Answer
from outage.plans.objection import Proceed, Verdict
from outage.plans.plan import Plan
from outage.policies.permission import PermissionRequest, permission_for
from stack.page.page_app import page_app
from tests.blocks.channels.slack_people import ANA, BOB, STRANGER, pressing, signed_request
from tests.stack.outbox.told_house import ToldHouse, told_house
from tests.stack.page.filled_record import CHANGE, plan_of_undoing, utc_now
from tests.stack.page.page_forms import form_of

TWO = {"risk": ["high"], "mode": "ask", "approvers": "on-call", "proof": "proven", "quorum": 2}


@pytest.fixture
def house(tmp_path: Path, record_dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ToldHouse]:
    """A home with a chat, and a rule that wants two."""
    with told_house(tmp_path, record_dsn, monkeypatch, ("slack",)) as made:
        made.write_policy(rules=[TWO])
        yield made


@pytest.fixture
def page(house: ToldHouse) -> Iterator[TestClient]:
    """A browser before the page."""
    with TestClient(page_app(house.record, house.settings), base_url="http://127.0.0.1:4220") as one:
        yield one


@pytest.fixture
def bob(house: ToldHouse) -> pyotp.TOTP:
    """What Bob's device makes codes from."""
    secret = pyotp.random_base32()
    ProofFolder(house.home).keep_secret("bob", secret)
    return pyotp.TOTP(secret)


def risky(incident: Incident, attempt: int) -> Plan:
    """A plan of high risk."""
    plan = plan_of_undoing(incident.id, utc_now())
    step = plan.steps[0].model_copy(update={"change": CHANGE.model_copy(update={"risk": Risk.HIGH})})
    return plan.model_copy(update={"attempt": attempt, "steps": (step,)})


class Answering:
    """One incident, its chat, its page, and what the writer would say."""

    def __init__(self, house: ToldHouse, page: TestClient) -> None:
        self.house, self.page, self.slack = house, page, house.services["slack"]
        opened = house.opened_incident()
        self.incident = house.record.update(opened.id, phase=Phase.AWAITING_APPROVAL, severity=Severity.P1)
        house.alert(self.incident)
        self.plan = self.waits(1)

    def waits(self, attempt: int) -> Plan:
        """A plan waits, and is asked about."""
        self.plan = self.house.record.keep_plan(risky(self.incident, attempt))
        self.house.show(self.incident)
        return self.plan

    def question(self) -> dict[str, Any]:
        """How the newest plan is asked about now."""
        self.house.show(self.incident)
        return dict(self.slack.messages[-1])

    def press(self, message: dict[str, Any], label: str, user: str) -> str:
        """Somebody presses a button; what they alone are told."""
        request = signed_request(pressing(message, label, user))
        self.page.post(f"/chat/{self.house.name('slack')}", headers=request.headers, content=request.content)
        return str(self.slack.whispers[-1]["text"])

    def fill(self, code: str) -> httpx.Response:
        """Bob says yes on the page."""
        fields = form_of(self.page.get(f"/incidents/{self.incident.id}"))
        told = fields | {"said": "approve", "by": "bob", "code": code}
        return self.page.post(f"/incidents/{self.incident.id}/answer", data=told)

    def writer(self) -> Verdict:
        """What the writer makes of the answers, before it writes."""
        head, policy = self.house.record.incident(self.incident.id), self.house.policy
        key = ProofFolder(self.house.home).checking_key()
        answers = checked_answers(key, head.id, self.house.record.approvals(head.id))
        return permission_for(PermissionRequest.of(self.plan, head, policy), answers)

    def counted(self) -> list[tuple[str, Answer, str]]:
        """The answers to the newest plan."""
        given = self.house.record.approvals(self.incident.id, self.plan.hash)
        return [(one.by, one.answer, one.door) for one in given]


def test_two_proven_people_and_nobody_else(house: ToldHouse, page: TestClient, bob: pyotp.TOTP) -> None:
    """A stranger's click, a stale button, a replayed code; two that count; and one of them called back."""
    asked = Answering(house, page)
    stale = asked.question()
    asked.waits(2)

    assert "names nobody so" in asked.press(asked.question(), "Approve", STRANGER)
    assert "read it first" in asked.press(stale, "Approve", ANA)
    assert asked.counted() == []

    assert "1 more needed" in asked.press(asked.question(), "Approve", ANA)
    assert not isinstance(asked.writer(), Proceed)
    code = bob.at(utc_now() - timedelta(seconds=30))
    ProofCodes(house).use(code)
    replayed = asked.fill(code)
    assert (replayed.status_code, asked.counted()) == (403, [("ana", Answer.APPROVE, "chat")])
    assert "the code was used already" in replayed.text
    assert asked.fill(bob.now()).status_code == 200
    assert asked.counted() == [("ana", Answer.APPROVE, "chat"), ("bob", Answer.APPROVE, "page")]
    assert isinstance(asked.writer(), Proceed)
    shown = asked.question()
    assert "Yes: ana, in the chat" in shown["text"]
    assert "bob, on the page" in shown["text"]

    assert "is recorded" in asked.press(shown, "Call it back", BOB)
    assert not isinstance(asked.writer(), Proceed)
    assert "No: bob, in the chat" in asked.question()["text"]


class ProofCodes:
    """Codes that were used at another door before."""

    def __init__(self, house: ToldHouse) -> None:
        self.house = house

    def use(self, code: str) -> None:
        """Use Bob's code for something else."""
        secret = ProofFolder(self.house.home).person_secret("bob")
        assert self.house.record.use_code("bob", secret, code, utc_now()) == ""
