"""The Prefect UI as a person uses it: a real headless Chromium, real clicks."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator, Page, sync_playwright

UI = "http://127.0.0.1:4200"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
"""Root needs the first; the others keep Chromium from calling home, which it cannot here."""


@contextmanager
def page() -> Iterator[Page]:
    """One window of a browser."""
    chromium = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    assert chromium, "run bin/browser first"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield browser.new_page(viewport={"width": 1400, "height": 1500})
        browser.close()


def answer(page: Page, run_id: str, decision: str, by: str, why: str, picture: Path | None = None) -> str:
    """Answer a waiting run through its form; returns what the form showed."""
    page.goto(f"{UI}/runs/flow-run/{run_id}")
    page.get_by_role("button", name="Resume").click()
    form = page.get_by_role("dialog")
    form.get_by_text("Approver").first.wait_for()
    shown = form.inner_text()
    if picture:
        picture.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=picture)
    choose(page, form, decision)
    boxes = form.locator("textarea")
    boxes.nth(0).fill(by)
    boxes.nth(1).fill(why)
    with page.expect_response(lambda one: one.url.endswith(f"{run_id}/resume")) as resumed:
        form.get_by_role("button", name="Submit").click()
    answered = resumed.value.json()
    assert answered["status"] == "ACCEPT", answered
    form.wait_for(state="hidden")
    return shown


def choose(page: Page, form: Locator, decision: str) -> None:
    """Open the list of decisions with the keyboard and take one; a click opens and closes it at once."""
    form.locator(".p-select-button__control").first.focus()  # another one offers other proposals
    page.keyboard.press("Space")
    page.locator(".p-select-option", has_text=decision).first.click()


def read_run(page: Page, run_id: str, picture: Path) -> str:
    """What the page of a run shows: its subflows and its artifacts."""
    page.goto(f"{UI}/runs/flow-run/{run_id}")
    page.get_by_role("tab", name="Subflow Runs").or_(page.get_by_text("Subflow Runs")).first.click()
    page.get_by_text("triage ").first.wait_for()
    page.wait_for_timeout(2000)
    picture.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=picture)
    phases = page.inner_text("body")
    page.get_by_text("Artifacts").last.click()
    page.wait_for_timeout(2000)
    page.screenshot(path=picture.with_name("artifacts.png"))
    return phases + page.inner_text("body")
