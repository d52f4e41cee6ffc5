"""One interaction as Slack tells it, through whichever door: heard, and answered to whoever pressed alone."""

from collections.abc import Callable, Mapping
from contextlib import closing
from threading import Thread
from typing import Any

from blocks.channels.slack.slack_clicks import click_of
from blocks.channels.slack.slack_thread import SlackThread
from blocks.record import Record
from blocks.settings import Settings
from outage.errors import OutageError
from outage.people.channel_settings import SlackSettings
from outage.people.chat_button import ChatClick
from tasks.ask.chat_click import hear_click

ANSWERED_WITHIN_SECONDS = 2.0
"""Slack wants a word within three; what takes longer, as waking a run, goes on behind it."""


def take_interaction(
    settings: Settings,
    record: Record,
    heard: Mapping[str, SlackSettings],
    payload: Any,
    say: Callable[[str], None],
) -> None:
    """Take one interaction; returns when it is done, or when Slack has to hear that it arrived.

    Args:
        settings: Where policy and proofs are.
        record: Where answers are kept.
        heard: The channels of the app that Slack told, by name.
        payload: As Slack sent it.
        say: Where it is logged what came of it.
    """
    click = click_of(payload, heard)
    if click is None or not heard:
        return
    name = (*click.channels, *heard)[0]

    def hear() -> None:
        says = said_of(settings, record, click)
        say(f"{name}: {click.user}: {says.splitlines()[0]}")
        try:
            with closing(SlackThread(heard[name])) as chat:
                chat.tell_privately(click.user, says)
        except OutageError as error:
            say(f"{name}: {click.user} could not be told: {error}")

    worker = Thread(target=hear, name=f"click-{name}", daemon=True)
    worker.start()
    worker.join(ANSWERED_WITHIN_SECONDS)


def said_of(settings: Settings, record: Record, click: ChatClick) -> str:
    """What is said to whoever pressed, also when nothing could be recorded."""
    if not click.channels:
        return "This button stands in another channel than the policy's. Nothing was recorded."
    try:
        return hear_click(settings, record, click)
    except OutageError as error:
        return f"Not recorded: {error}. Press again, or use another door."
