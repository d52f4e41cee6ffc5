"""A plan is answered on the page: with which proof, when it counts, and what is said when it does not."""

from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from fastapi.testclient import TestClient

from blocks.record import Record
from blocks.record.people.person_codes import WRONG_LIMIT, ProofFolder
from blocks.settings import Settings
from outage.incidents.incident import Ending, Incident, Phase
from outage.plans.approval import Answer, NameProof
from tests.stack.page.filled_record import utc_now, waiting_incident
from tests.stack.page.page_forms import answered, form_of


def test_a_proven_yes_stands_in_the_record_when_the_page_says_so(
    browser: TestClient, record: Record, asked: Incident, ana: pyotp.TOTP, settings: Settings
) -> None:
    """With its door, its proof, and what becomes of the run."""
    said = answered(browser, asked, code=ana.now(), why="fits")

    (given,) = record.approvals(asked.id)
    assert (said.status_code, given.by, given.answer, given.door) == (200, "ana", Answer.APPROVE, "page")
    assert given.proof is NameProof.PROVEN
    assert given.signature
    assert "by ana is recorded; its run could not be woken now" in said.text
    assert "proven by a code" in browser.get(f"/incidents/{asked.id}").text


def test_a_code_counts_once(browser: TestClient, record: Record, asked: Incident, ana: pyotp.TOTP) -> None:
    """Whoever looked over a shoulder answers nothing with it."""
    other = waiting_incident(record, 500, utc_now())
    code = ana.at(utc_now() + timedelta(seconds=30))
    answered(browser, asked, code=code)

    again = answered(browser, other, code=code)

    assert again.status_code == 403
    assert "used already" in again.text
    assert record.approvals(other.id) == []


def test_wrong_codes_are_limited(
    browser: TestClient, record: Record, asked: Incident, settings: Settings
) -> None:
    """After some, the right one is refused too; and no code is shown or kept."""
    secret = pyotp.random_base32()
    ProofFolder(Path(settings.home)).keep_secret("bob", secret)
    right = pyotp.TOTP(secret).now()
    wrong = str((int(right) + 5000) % 10**6).zfill(6)
    for _ in range(WRONG_LIMIT):
        assert "the code is wrong" in answered(browser, asked, by="bob", code=wrong).text

    refused = answered(browser, asked, by="bob", code=right)

    assert "too many wrong codes" in refused.text
    assert right not in refused.text
    assert record.approvals(asked.id) == []


def test_a_typed_name_counts_as_policy_says(browser: TestClient, record: Record, asked: Incident) -> None:
    """Not for a yes that must be proven; for a no always."""
    yes = answered(browser, asked)
    no = answered(browser, asked, "decline", by="Bob", why="not now")

    assert (yes.status_code, no.status_code) == (403, 200)
    assert "a typed name is not enough" in yes.text
    assert [(one.by, one.answer, one.proof) for one in record.approvals(asked.id)] == [
        ("bob", Answer.DECLINE, NameProof.TYPED)
    ]


@pytest.mark.parametrize("proof", ["typed"])
def test_where_policy_takes_typed_names_the_page_does_too(
    browser: TestClient, record: Record, asked: Incident
) -> None:
    """And says that it was one."""
    said = answered(browser, asked)

    assert said.status_code == 200
    assert record.approvals(asked.id)[0].proof is NameProof.TYPED


def test_a_row_that_somebody_wrote_by_hand_is_shown_as_typed(
    browser: TestClient, record: Record, asked: Incident, ana: pyotp.TOTP
) -> None:
    """What proves a name is the signature, not the word `proven`."""
    answered(browser, asked, code=ana.at(utc_now() + timedelta(seconds=-30)))
    record.rows(
        "forge",
        "update outage.approval set body = jsonb_set(body, '{signature}', '\"0\"') where incident = %s",
        asked.id,
    )

    shown = browser.get(f"/incidents/{asked.id}").text

    assert "on the page, a typed name" in shown


def test_an_answer_to_an_earlier_plan_says_so(browser: TestClient, record: Record, asked: Incident) -> None:
    """The page was open while another plan was made."""
    fields = form_of(browser.get(f"/incidents/{asked.id}"))
    newer = record.plans(asked.id)[0].model_copy(update={"attempt": 2, "summary": "Restart it"})
    record.keep_plan(newer)
    late = browser.post(f"/incidents/{asked.id}/answer", data={**fields, "said": "decline", "by": "ana"})

    assert late.status_code == 409
    assert f"that waits is {newer.hash}, not {fields['plan']}" in late.text
    assert record.approvals(asked.id) == []


def test_an_answer_after_the_end_says_so(browser: TestClient, record: Record, asked: Incident) -> None:
    """The plan waits no more."""
    fields = form_of(browser.get(f"/incidents/{asked.id}"))
    record.update(asked.id, phase=Phase.CLOSED, ending=Ending.UNANSWERED, closed_at=utc_now())
    late = browser.post(f"/incidents/{asked.id}/answer", data={**fields, "said": "approve", "by": "ana"})

    assert (late.status_code, record.approvals(asked.id)) == (409, [])
    assert "it is Unanswered" in late.text


@pytest.mark.parametrize("missing", ["said", "plan"])
def test_a_form_without_its_decision_or_its_plan_answers_nothing(
    browser: TestClient, record: Record, asked: Incident, missing: str
) -> None:
    """Whoever did not say which plan did not read one."""
    fields = form_of(browser.get(f"/incidents/{asked.id}")) | {"said": "decline", "by": "ana"}
    del fields[missing]

    assert browser.post(f"/incidents/{asked.id}/answer", data=fields).status_code == 400
    assert record.approvals(asked.id) == []
