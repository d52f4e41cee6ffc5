"""The page as a person meets it: its own process, a real browser, light, dark and on a telephone."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pyotp
import pytest
from playwright.sync_api import Page

from blocks.record import Record
from blocks.settings import Settings
from outage.incidents.incident import Incident
from outage.plans.approval import Answer, NameProof
from outage.policies.drill_rotation import PlannedDrill
from stack.page.incident_file import incident_file
from tests.conftest import HERE, free_port
from tests.end_to_end import browsing

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]

PICTURES = HERE.parent / "results" / "page"
LOOKS = {
    "light": ({"width": 1280, "height": 900}, "light"),
    "dark": ({"width": 1280, "height": 900}, "dark"),
    "telephone": ({"width": 390, "height": 844}, "light"),
    "telephone-dark": ({"width": 390, "height": 844}, "dark"),
}


@pytest.fixture
def served(settings: Settings, ana: pyotp.TOTP, waiting: Incident) -> Iterator[str]:
    """The page's own process, and its address."""
    port = free_port()
    log = (Path(settings.home) / "page.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "stack.page.page_server"],
        cwd=HERE.parent,
        stdout=log,
        stderr=log,
        env={
            **os.environ,
            "OUTAGE_HOME": str(settings.home),
            "OUTAGE_RECORD_DSN": settings.record_dsn,
            "OUTAGE_PAGE_PORT": str(port),
            "OUTAGE_PREFECT_API_URL": "http://127.0.0.1:9/api",
        },
    )
    url = f"http://127.0.0.1:{port}"
    try:
        await_page(url)
        yield url
    finally:
        process.terminate()
        process.wait(10)
        log.close()


def await_page(url: str) -> None:
    """Wait until it answers."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if httpx.get(f"{url}/health", trust_env=False).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise AssertionError(f"{url} did not answer within a minute")


def fits(page: Page) -> bool:
    """Whether nothing makes the whole page wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_can_be_read_by_day_by_night_and_on_a_telephone(
    served: str, waiting: Incident, record: Record, look: str
) -> None:
    """No page is wider than its window, none breaks its own content policy; pictures are kept to be looked at."""
    size, scheme = LOOKS[look]
    healed = next(one for one in record.incidents(50) if one.ending and not one.drill)
    PICTURES.mkdir(parents=True, exist_ok=True)
    with browsing.page() as page:
        broken: list[str] = []
        page.on("console", lambda one: broken.append(one.text) if one.type == "error" else None)
        page.on("pageerror", lambda one: broken.append(str(one)))
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for name, path in (
            ("home", "/"),
            ("waiting", f"/incidents/{waiting.id}"),
            ("healed", f"/incidents/{healed.id}"),
            ("login", "/login"),
            ("drills", "/drills"),
        ):
            page.goto(served + path)
            page.screenshot(path=PICTURES / f"{name}-{look}.png", full_page=True)
            assert fits(page), name
        back = page.evaluate("getComputedStyle(document.body).backgroundColor")

    assert broken == []
    assert (back == "rgb(16, 19, 23)") is (scheme == "dark")


@pytest.mark.parametrize("look", LOOKS)
def test_the_one_file_looks_like_the_page_without_any_server(
    settings: Settings, record: Record, waiting: Incident, tmp_path: Path, look: str
) -> None:
    """Its style is taken by its own policy, and nothing is asked of any network."""
    size, scheme = LOOKS[look]
    healed = next(one for one in record.incidents(50) if one.ending and not one.drill)
    file = tmp_path / "incident.html"
    file.write_text(incident_file(record, settings, healed), encoding="utf-8")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with browsing.page() as page:
        said: list[str] = []
        page.on("console", lambda one: said.append(one.text))
        page.on("request", lambda one: said.append(one.url) if one.url != file.as_uri() else None)
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(file.as_uri())
        page.screenshot(path=PICTURES / f"file-{look}.png", full_page=True)
        back = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert fits(page)

    assert said == []
    assert back == ("rgb(16, 19, 23)" if scheme == "dark" else "rgb(246, 247, 249)")


def test_a_plan_is_approved_with_a_code_of_the_device(
    served: str, waiting: Incident, record: Record, ana: pyotp.TOTP
) -> None:
    """A wrong code is told so and counts for nothing; the right one stands in the record when the page says so."""
    with browsing.page() as page:
        page.goto(served)
        assert "Silence is a no in" in page.inner_text("main")
        page.get_by_role("link", name="Read and answer").click()
        assert "+        image: adaptive/auth-service:1.4.2" in page.inner_text("#answer")
        fill_in(page, "000000" if ana.now() != "000000" else "111111")
        assert "the code is wrong" in page.inner_text("main")
        assert record.approvals(waiting.id) == []
        page.get_by_role("link", name="Back").click()
        fill_in(page, ana.now())
        page.screenshot(path=PICTURES / "answered.png")
        said = page.inner_text("main")
        page.get_by_role("link", name="Back").click()
        shown = page.inner_text("main")

    found = record.approvals(waiting.id)
    assert [(one.by, one.answer, one.door, one.proof) for one in found] == [
        ("ana", Answer.APPROVE, "page", NameProof.PROVEN)
    ]
    assert "approve to plan" in said
    assert "approve by ana" in shown
    assert "on the page, proven by a code" in shown


def fill_in(page: Page, code: str) -> None:
    """Fill the form in and approve."""
    form = page.locator("#answer")
    form.get_by_label("Name").fill("ana")
    form.get_by_label("Code").fill(code)
    form.get_by_label("Why").fill("the diff is one line")
    form.get_by_role("button", name="Approve").click()


def test_an_announced_drill_is_called_off_from_its_card(
    served: str, settings: Settings, record: Record, ana: pyotp.TOTP
) -> None:
    """Opened, filled in and sent; a telephone shows it whole, and the card is gone afterwards."""
    (Path(settings.home) / "platform.yaml").write_text("version: 1\nname: learning\nnamespace: learning\n")
    now = datetime.now(UTC).replace(microsecond=0)
    planned = PlannedDrill(
        id=f"drill-in-a-browser-{now:%H%M%S}",
        run="run-in-a-browser",
        platform="learning",
        fault="bad-probe",
        announced_at=now,
        begins_at=now + timedelta(minutes=50),
    )
    record.plan_drill(planned)
    with browsing.page() as page:
        page.set_viewport_size(LOOKS["telephone"][0])  # type: ignore[arg-type]
        page.goto(served)
        card = page.locator("#practice article", has_text=planned.id)
        card.get_by_text("Call it off").click()
        card.get_by_label("Name").fill("ana")
        card.get_by_label("Code").fill(ana.at(now + timedelta(seconds=30)))
        card.get_by_label("Why").fill("release day")
        page.screenshot(path=PICTURES / "call-off.png", full_page=True)
        assert fits(page)
        card.get_by_role("button", name="Call the drill off").click()
        said = page.inner_text("main")
        page.goto(served)
        shown = page.inner_text("main")
    off = record.planned_drill(planned.id)

    assert f"called off: {planned.id} by ana" in said
    assert planned.id not in shown
    assert off
    assert (off.off_by, off.off_why) == ("ana", "release day")
