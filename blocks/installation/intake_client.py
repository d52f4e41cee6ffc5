"""Speaking to our own intake, as a sender that knows the word."""

from collections.abc import Mapping
from typing import Any, cast

import httpx

from blocks.installation.intake_token import intake_token
from blocks.installation.platform_files import PlatformFiles
from blocks.settings import Settings
from outage.errors import StackError, cut

ANSWER_SECONDS = 30.0
"""Longer than the intake needs with a queue before it."""


def report_outage(settings: Settings, told: Mapping[str, str]) -> dict[str, Any]:
    """Report an outage by hand.

    Args:
        settings: Where the intake is, and its word.
        told: `title`, `platform`, `service`, `severity`, `by`, `address`; what is empty is not known.

    Returns:
        The intake's answer: `incident`, `new`, `trace`, `says`.

    Raises:
        StackError: No such platform, the intake does not answer, or it does not take the report; in one sentence.
    """
    body = {key: word for key, word in told.items() if word and key != "platform"} | _place(settings, told)
    try:
        answer = httpx.post(
            f"{settings.intake_url}/incidents",
            json=body,
            headers={"Authorization": f"Bearer {intake_token(settings.intake_token_file)}"},
            timeout=ANSWER_SECONDS,
            trust_env=False,
        )
    except httpx.HTTPError as error:
        raise StackError(
            f"report the outage to the intake at {settings.intake_url}: {cut(str(error))}; is `outage up`?"
        ) from error
    if not answer.is_success:
        raise StackError(f"report the outage: {answer.status_code} {cut(answer.text)}")
    return cast("dict[str, Any]", answer.json()["alerts"][0])


def _place(settings: Settings, told: Mapping[str, str]) -> dict[str, str]:
    """Where the platform of a report is: as the labels that route it."""
    known = PlatformFiles(settings).registry().platforms
    name = told.get("platform", "")
    chosen = [one for one in known if one.name == name] if name else list(known)
    if name and not chosen:
        there = ", ".join(one.name for one in known) or "none"
        raise StackError(f"report the outage: no platform file is called {name}; there are {there}")
    if len(chosen) != 1:
        return {}
    return {"namespace": chosen[0].namespace, "cluster": chosen[0].cluster_name}
