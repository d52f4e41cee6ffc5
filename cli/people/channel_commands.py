"""`outage channel test | list` and `outage publish`: how people are told, and what waits for a yes."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from blocks.installation.platform_files import PlatformFiles
from blocks.record import Record
from blocks.settings import Settings
from cli.incident_commands import find_incident, opened_record
from outage.incidents.timeline import Entry, EntryKind
from outage.people.channel_settings import ChannelSettings
from outage.people.message_routing import MessageRoute
from outage.people.outbox_message import TEST_INCIDENT, MessageBody, MessageKind, MessageState, OutboxMessage
from outage.policies.policy_file import check_policy
from stack.outbox.outbox_process import send_waiting

WAIT = timedelta(seconds=60)


@click.group("channel")
def channel_group() -> None:
    """Test the channels through which people are told."""


@channel_group.command("list")
def channel_list_command() -> None:
    """List the channels of every policy, what each is told, and how it does."""
    channels = known_channels()
    with opened_record() as record:
        health = {one.channel: one for one in record.channel_health()}
    for name, one in channels.items():
        known = health.get(name)
        state = "never used" if known is None else known.why or "well"
        waits = f", {known.waiting} wait" if known and known.waiting else ""
        click.echo(f"{name:16} {one.kind:11} {', '.join(one.messages)}{waits}: {state}")
    if not channels:
        click.echo("the policy names no channel: nobody is told anything")


@channel_group.command("test")
@click.argument("name")
def channel_test_command(name: str) -> None:
    """Send a marked test through one channel, and read the receipt; exit status 1 when there is none."""
    channels = known_channels()
    if name not in channels:
        known = ", ".join(channels) or "none"
        raise click.UsageError(f"the policy has no channel `{name}`; it has {known}")
    with opened_record() as record:
        after = tested_channel(record, channels[name], name)
    receipt = ", ".join(f"{key} {value}" for key, value in after.receipt.items())
    if after.state is not MessageState.RECEIPT:
        raise click.ClickException(f"test {name}: {after.state}: {after.why or 'no answer yet'}")
    click.echo(f"{name} has it{f': {receipt}' if receipt else ', and says no more than that'}")


def known_channels() -> dict[str, ChannelSettings]:
    """The channels of the policy, and, as `PLATFORM/NAME`, those of policies that platforms have for themselves.

    Raises:
        FileError: The policy file cannot be used. Permanent.
    """
    settings = Settings()
    check_policy(Path(settings.policy_file))
    return PlatformFiles(settings).channels()


def tested_channel(record: Record, settings: ChannelSettings, name: str) -> OutboxMessage:
    """Ask for a test message, and wait for what becomes of it.

    The outbox's process sends it where one runs; where none does, this one tries once.
    """
    now = datetime.now(UTC)
    pager = MessageKind.PAGE in settings.messages
    what, turn = MessageKind.TEST, now.strftime("%Y%m%d-%H%M%S-%f")
    text = f"This is a test of the channel `{name}`, sent by hand. Nothing is wrong, and nobody has to do anything."
    body = MessageBody(title=f"TEST of outage's channel {name}", text=text, status="Investigating")
    record.ask_message(TEST_INCIDENT, what, [MessageRoute(channel=name)], body, now, turn=turn)
    deadline = now + WAIT
    after = record.message(TEST_INCIDENT, what, name, turn)
    while after and not (after.state.final or after.why) and datetime.now(UTC) < deadline:
        _send_here(record, settings, name)
        time.sleep(0.3)
        after = record.message(TEST_INCIDENT, what, name, turn)
    if after is None:
        raise click.ClickException(f"test {name}: the record lost the message")
    if pager and after.state is MessageState.RECEIPT:  # a pager's test has called somebody: take it back
        over = MessageKind.CALLED_OFF
        record.ask_message(
            TEST_INCIDENT, over, [MessageRoute(channel=name)], body, datetime.now(UTC), turn=turn
        )
        _send_here(record, settings, name)
    return after


def _send_here(record: Record, settings: ChannelSettings, name: str) -> None:
    """Try the channel's next message once, unless the outbox's process is sending through it."""
    with record.only_writer(f"outbox/{name}") as fence:
        waiting = record.next_message(name, datetime.now(UTC)) if fence else None
        if fence and waiting:
            send_waiting(record, settings, waiting, fence)


@click.command("publish")
@click.argument("incident_id")
@click.option("--by", required=True, help="Your handle; it stands on the timeline.")
@click.option("--yes", is_flag=True, help="Do not ask again.")
def publish_command(incident_id: str, by: str, yes: bool) -> None:
    """Say yes to the messages of an incident that wait to be told in public."""
    with opened_record() as record:
        incident = find_incident(record, incident_id)
        held = [one for one in record.messages(incident.id) if one.state is MessageState.HELD]
        for one in held:
            click.echo(f"{one.channel}: {one.what} of {', '.join(one.body.services) or 'no named service'}")
            click.echo(f"  {one.body.public}" if one.body.public else "", nl=bool(one.body.public))
        if not held:
            click.echo(f"nothing of {incident.id} waits for a yes")
            return
        if not yes:
            click.confirm("Tell the public?", abort=True)
        now = datetime.now(UTC)
        for one in record.release_messages(incident.id, now):
            says = f"{one.what} may be told through {one.channel}"
            entry = Entry(key=f"published/{one.key}", at=now, kind=EntryKind.MESSAGE, says=says, by=by)
            record.add(incident.id, entry)
        click.echo(f"{len(held)} messages are on their way")
