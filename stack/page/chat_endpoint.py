"""Clicks over HTTP: what Slack signed is taken once, and nobody else is heard."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool

from blocks.channels.secret_reference import read_secret
from blocks.channels.slack.slack_clicks import is_slacks_own
from blocks.installation.platform_files import PlatformFiles
from blocks.record import Record
from blocks.settings import Settings
from outage.people.channel_settings import SlackSettings, heard_by_app
from stack.page.page_door import PageRefused
from tasks.ask.chat_interaction import take_interaction

LARGEST_BYTES = 512 * 1024
"""An interaction holds the whole message."""


def add_chat(made: FastAPI, record: Record, settings: Settings, say: Callable[[str], None]) -> None:
    """Add the address to which Slack sends what was pressed: `/chat/NAME`, NAME being the channel's.

    That of a channel of a platform's own policy is `PLATFORM/NAME`.

    Args:
        made: The application.
        record: Where answers are kept.
        settings: Where the policy is.
        say: Where it is logged what came of a click.
    """

    @made.post("/chat/{name:path}")
    async def pressed(request: Request, name: str) -> Response:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > LARGEST_BYTES:
                raise PageRefused(413, "the interaction is too large")
        heard = await run_in_threadpool(signed_channels, record, settings, name, dict(request.headers), body)
        await run_in_threadpool(take_interaction, settings, record, heard, payload_of(body), say)
        return PlainTextResponse("")


def signed_channels(
    record: Record, settings: Settings, name: str, headers: dict[str, str], body: bytes
) -> dict[str, SlackSettings]:
    """The channels of the app that signed a request, which is taken with this; by name.

    Args:
        record: Where it is kept which requests were taken.
        settings: Where the policies are.
        name: Of the channel, as the address says.
        headers: Of the request, names in lower case.
        body: The very bytes that came.

    Raises:
        PageRefused: It is not signed by that app within the last five minutes, or was taken before; strangers are not
            told which.
        ChannelUnusable: The signing secret cannot be read. Permanent.
    """
    channels, now = PlatformFiles(settings).channels(), datetime.now(UTC)
    slack = channels.get(name)
    timestamp = headers.get("x-slack-request-timestamp", "")
    signature = headers.get("x-slack-signature", "")
    if isinstance(slack, SlackSettings) and slack.signing_secret is not None:
        secret = read_secret(slack.signing_secret)
        if is_slacks_own(secret, timestamp, signature, body, now) and record.take_request(signature, now):
            return heard_by_app(channels, slack)
    raise PageRefused(403, "this request is not signed, is too old, or was taken before")


def payload_of(body: bytes) -> object:
    """The interaction in a form's body; None when there is none."""
    with suppress(ValueError):
        return json.loads(parse_qs(body.decode("utf-8", "replace")).get("payload", [""])[0])
    return None
