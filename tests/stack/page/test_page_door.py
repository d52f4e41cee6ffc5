"""The page's door: strangers, forms of other sites, names that lead here, sessions."""

import re
from pathlib import Path

import pyotp
import pytest
from fastapi.testclient import TestClient

from blocks.installation.intake_token import intake_token
from blocks.record import Record
from blocks.record.people.person_codes import ProofFolder
from blocks.settings import Settings
from outage.incidents.incident import Incident
from stack.page.page_app import page_app
from stack.page.page_door import LARGEST_FORM_BYTES, unsafe_place
from stack.page.page_session import SESSION_COOKIE
from tests.stack.page.filled_record import utc_now, waiting_incident
from tests.stack.page.page_forms import answered, form_of, logged_in

COOKIE = f"__Host-{SESSION_COOKIE}"
"""Behind TLS."""
FOREIGN = {
    "of another site": {"origin": "https://evil.example"},
    "of a page without an origin": {"origin": "null"},
    "that the browser calls foreign": {"sec-fetch-site": "cross-site"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_a_form_of_another_site_is_refused(
    browser: TestClient, record: Record, asked: Incident, headers: dict[str, str]
) -> None:
    """Even with the right words in it."""
    fields = form_of(browser.get(f"/incidents/{asked.id}")) | {"said": "decline", "by": "ana"}
    sent = browser.post(f"/incidents/{asked.id}/answer", data=fields, headers=headers)

    assert sent.status_code == 403
    assert record.approvals(asked.id) == []


@pytest.mark.parametrize("form", ["", "0" * 64, "ß"])
def test_a_form_without_its_word_is_refused(
    browser: TestClient, record: Record, asked: Incident, form: str
) -> None:
    """Nor does the word of one incident's form fit another's."""
    fields = form_of(browser.get(f"/incidents/{asked.id}")) | {"said": "decline", "by": "ana"}
    other = waiting_incident(record, 500 + len(form), utc_now())
    wrong = browser.post(f"/incidents/{asked.id}/answer", data=fields | {"form": form})
    borrowed = browser.post(f"/incidents/{other.id}/answer", data=fields)
    browser.cookies.clear()
    elsewhere = browser.post(f"/incidents/{asked.id}/answer", data=fields)

    assert [one.status_code for one in (wrong, borrowed, elsewhere)] == [403, 403, 403]
    assert record.approvals(asked.id) == record.approvals(other.id) == []


def test_a_huge_form_is_refused(browser: TestClient, asked: Incident) -> None:
    """Before it is read whole."""
    sent = browser.post(f"/incidents/{asked.id}/answer", data={"why": "x" * LARGEST_FORM_BYTES})

    assert sent.status_code == 413


@pytest.mark.parametrize("host", ["evil.example", "evil.example:4220", "127.0.0.1.evil.example", ""])
def test_a_name_that_somebody_pointed_at_this_machine_shows_nothing(
    browser: TestClient, waiting: Incident, host: str
) -> None:
    """A site whose name means 127.0.0.1 would read what is open on loopback."""
    answer = browser.get(f"/incidents/{waiting.id}", headers={"host": host})

    assert answer.status_code == 403
    assert waiting.title not in answer.text


PATHS = ("/", "/incidents/ID", "/incidents/ID/news", "/incidents/unknown", "/metrics", "/?text=auth")


@pytest.mark.parametrize("path", PATHS)
def test_a_stranger_sees_nothing_but_the_login(stranger: TestClient, waiting: Incident, path: str) -> None:
    """Not even whether an incident is there."""
    answer = stranger.get(path.replace("ID", waiting.id))

    assert answer.status_code == 401
    for words in (waiting.title, "learning", "outage_open_incidents", "No such"):
        assert words not in answer.text


def test_a_stranger_answers_nothing(
    stranger: TestClient, record: Record, asked: Incident, ana: pyotp.TOTP
) -> None:
    """Not even with a right code: the door comes first."""
    fields = form_of(stranger.get("/login")) | {
        "said": "decline",
        "by": "ana",
        "plan": record.plans(asked.id)[0].hash,
    }

    assert stranger.post(f"/incidents/{asked.id}/answer", data=fields).status_code == 401
    assert record.approvals(asked.id) == []


@pytest.fixture
def known(stranger: TestClient, settings: Settings, record: Record) -> TestClient:
    """A browser in which Bob logged in, with a device that nobody used before."""
    record.rows("forget", "delete from outage.wrong_code")
    record.rows("forget", "delete from outage.used_code where person = 'bob'")
    secret = pyotp.random_base32()
    ProofFolder(Path(settings.home)).keep_secret("bob", secret)
    answer = logged_in(stranger, pyotp.TOTP(secret).now(), "@Bob")
    assert answer.status_code == 303, answer.text
    return stranger


def test_who_logged_in_reads_and_answers_as_who_they_are(
    known: TestClient, record: Record, asked: Incident
) -> None:
    """Another name that is typed into the request counts for nothing."""
    assert asked.title in known.get(f"/incidents/{asked.id}").text

    said = answered(known, asked, "decline", by="ana")

    assert said.status_code == 200, said.text
    assert [one.by for one in record.approvals(asked.id)] == ["bob"]


def test_a_session_is_a_cookie_that_no_script_and_no_other_site_has(known: TestClient) -> None:
    """And that travels encrypted only."""
    (cookie,) = [one for one in known.cookies.jar if one.name == COOKIE]

    assert cookie.secure
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert (cookie.get_nonstandard_attr("SameSite") or "").lower() == "strict"


def test_a_session_ends_with_the_log_out_and_with_a_new_device(
    known: TestClient, settings: Settings, record: Record, outside: Settings
) -> None:
    """Whoever lost a telephone renews the proof, and its sessions are over."""
    cookie = known.cookies[COOKIE]
    ProofFolder(Path(settings.home)).keep_secret("bob", pyotp.random_base32())
    assert known.get("/").status_code == 401

    with TestClient(
        page_app(record, outside), base_url="https://outage.example.com", follow_redirects=False
    ) as other:
        other.cookies.set(COOKIE, cookie[:-1] + ("0" if cookie[-1] != "0" else "1"))
        assert other.get("/").status_code == 401


def test_logging_out_forgets_the_session(known: TestClient) -> None:
    """By the button of every page."""
    shown = known.get("/")
    word = re.findall(r'action="/logout".*?value="(\w+)"', shown.text, re.DOTALL)[0]

    assert known.post("/logout", data={"form": word}).status_code == 303
    assert known.get("/").status_code == 401


@pytest.mark.parametrize("by", ["ana", "mallory", "../../etc/passwd", "", "policy"])
def test_a_login_that_fails_does_not_say_why(stranger: TestClient, ana: pyotp.TOTP, by: str) -> None:
    """Nor whether the name is one of ours."""
    answer = logged_in(stranger, "12", by)

    assert answer.status_code == 403
    assert COOKIE not in stranger.cookies
    assert "no proof yet" not in answer.text


@pytest.mark.parametrize(
    "to", ["https://evil.example/", "//evil.example", "/\\evil.example", "/incidents/\\x"]
)
def test_a_login_leads_nowhere_else(stranger: TestClient, to: str) -> None:
    """A link that was sent by mail must not end on another site."""
    shown = stranger.post(
        "/login", data={**form_of(stranger.get("/login")), "by": "x", "code": "1", "to": to}
    )

    assert form_of(shown)["to"] == "/"


def test_the_monitoring_scrapes_with_the_intakes_word(stranger: TestClient, outside: Settings) -> None:
    """Who delivers alerts may count them."""
    word = intake_token(outside.intake_token_file)

    assert stranger.get("/metrics", headers={"authorization": f"Bearer {word}"}).status_code == 200
    assert stranger.get("/metrics", headers={"authorization": "Bearer ß".encode()}).status_code == 401


def test_whether_it_lives_everybody_may_ask(stranger: TestClient) -> None:
    """The supervisor does, and is told nothing else."""
    assert (stranger.get("/alive").text, stranger.get("/health").text) == ("ok", "ok")


@pytest.mark.parametrize(
    ("host", "url", "safe"),
    [
        ("127.0.0.1", "", True),
        ("127.0.0.1", "http://localhost:4220", True),
        ("::1", "", True),
        ("127.0.0.1", "https://outage.example.com", True),
        ("::", "https://outage.example.com", True),
        ("::", "", False),
        ("::", "http://outage.example.com", False),
        ("127.0.0.1", "http://outage.example.com", False),
        ("10.0.0.5", "", False),
    ],
)
def test_codes_never_travel_in_clear(host: str, url: str, safe: bool, tmp_path: Path) -> None:
    """Elsewhere than on loopback the page is served behind TLS or not at all."""
    settings = Settings(home=tmp_path, page_host=host, page_url=url)

    assert (unsafe_place(settings) == "") is safe


def test_whom_only_a_platforms_own_policy_names_may_log_in_too(
    stranger: TestClient, settings: Settings
) -> None:
    """And whoever is taken out of it is out, with the very next request."""
    own = Path(settings.home) / "shop-policy.yaml"
    own.write_text("version: 1\npeople: {eve: {}}\n", encoding="utf-8")
    (Path(settings.home) / "platforms").mkdir()
    (Path(settings.home) / "platforms/shop.yaml").write_text(
        f"name: shop\nnamespace: shop\npolicy: {own}\n", encoding="utf-8"
    )
    secret = pyotp.random_base32()
    ProofFolder(Path(settings.home)).keep_secret("eve", secret)

    assert logged_in(stranger, pyotp.TOTP(secret).now(), "eve").status_code == 303
    assert stranger.get("/").status_code == 200
    own.write_text("version: 1\npeople: {mallory: {}}\n", encoding="utf-8")
    assert stranger.get("/").status_code == 401
