"""Filling in the page's forms as a browser does."""

import re

import httpx
from fastapi.testclient import TestClient

from outage.incidents.incident import Incident


def form_of(shown: httpx.Response) -> dict[str, str]:
    """What the last form of a page carries by itself."""
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', shown.text)
    return dict(hidden)


def answered(browser: TestClient, asked: Incident, said: str = "approve", **typed: str) -> httpx.Response:
    """Open the incident's page, fill its form in, and send it."""
    fields = form_of(browser.get(f"/incidents/{asked.id}"))
    return browser.post(f"/incidents/{asked.id}/answer", data={**fields, "said": said, "by": "ana", **typed})


def logged_in(stranger: TestClient, code: str, by: str = "ana", to: str = "/") -> httpx.Response:
    """Log in by the form."""
    return stranger.post("/login", data={**form_of(stranger.get("/login")), "by": by, "code": code, "to": to})
