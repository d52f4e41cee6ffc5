"""The outbox as a process: it may be killed at any line, and one channel's trouble is nobody else's."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from blocks.record import Record
from outage.incidents.incident import Incident
from outage.people.message_routing import MessageRoute
from outage.people.outbox_message import MessageKind
from stack.outbox.deliver_message import outbox_now
from tests.blocks.channels.configured import DOUBLES, settings_for
from tests.blocks.channels.fake_service import Asked, FakeService, Given, loses_writes, serving, too_many
from tests.blocks.channels.sent_messages import BODY

HOUSE = Path(__file__).resolve().parents[3]
SECONDS = 60.0


def eventually(true: Callable[[], Any]) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@contextmanager
def configured(home: Path, incident: Incident, kinds: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Doubles of some services, and a policy that names them."""
    services = {kind: DOUBLES[kind]() for kind in kinds}
    sections = {f"{kind}-{incident.id}": settings_for(kind, one, home) for kind, one in services.items()}
    (home / "policy.yaml").write_text(yaml.safe_dump({"version": 1, "channels": sections}), encoding="utf-8")
    stack: list[Any] = [serving(one) for one in services.values()]
    for one in stack:
        one.__enter__()
    try:
        yield services
    finally:
        for one in stack:
            one.__exit__(None, None, None)


@contextmanager
def outbox(home: Path, record: Record) -> Iterator["subprocess.Popen[bytes]"]:
    """The real process."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OUTAGE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "stack.outbox.outbox_process"],
        cwd=HOUSE,
        env={**kept, "OUTAGE_HOME": str(home), "OUTAGE_RECORD_DSN": record.dsn},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def ask(record: Record, incident: Incident, kinds: tuple[str, ...], what: MessageKind) -> None:
    """Ask for one message through each channel of the test."""
    routes = [MessageRoute(channel=f"{kind}-{incident.id}") for kind in kinds]
    record.ask_message(incident.id, what, routes, BODY, outbox_now())


def states(record: Record, incident: Incident) -> dict[str, str]:
    """Where the messages are, by kind of channel."""
    return {one.channel.partition("-")[0]: str(one.state) for one in record.messages(incident.id)}


def test_a_killed_outbox_leaves_every_message_visible_once(
    tmp_path: Path, record: Record, incident: Incident
) -> None:
    """Killed after the service acted and before its answer came; the next process looks, and sends nothing twice."""
    kinds = ("slack", "jira", "servicenow", "pagerduty")
    acted = {kind: threading.Event() for kind in kinds}

    def holds(kind: str) -> Callable[[FakeService, Asked], Given | None]:
        def act(service: FakeService, asked: Asked) -> Given | None:
            given = loses_writes(service, asked)
            if given is None:
                acted[kind].set()
                time.sleep(0.9)  # within the client's timeout: the kill comes first
            return given

        return act

    with configured(tmp_path, incident, kinds) as services:
        for kind in kinds:
            services[kind].always = holds(kind)
            what = MessageKind.PAGE if kind == "pagerduty" else MessageKind.ALERT
            ask(record, incident, (kind,), what)
        with outbox(tmp_path, record) as process:
            for event in acted.values():
                assert event.wait(SECONDS)
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert set(states(record, incident).values()) == {"sent"}
        for service in services.values():
            service.always = None
        with outbox(tmp_path, record):
            eventually(lambda: set(states(record, incident).values()) == {"receipt"})

    assert len(services["slack"].messages) == 1
    assert len(services["jira"].issues) == 1
    assert len(services["servicenow"].incidents) == 1
    assert services["pagerduty"].calls == 1


def test_one_channels_failure_delays_no_other(tmp_path: Path, record: Record, incident: Incident) -> None:
    """Slack hangs, Jira is busy, the webhook's messages arrive."""
    with configured(tmp_path, incident, ("slack", "jira", "webhook")) as services:
        services["slack"].always = lambda *_: time.sleep(5)
        services["jira"].always = too_many("30")
        for what in (MessageKind.ALERT, MessageKind.UPDATE):
            ask(record, incident, ("slack", "jira", "webhook"), what)
        with outbox(tmp_path, record):
            eventually(lambda: len(services["webhook"].taken) == 2)
            eventually(lambda: any(one.why for one in record.messages(incident.id) if "jira" in one.channel))

    assert states(record, incident)["slack"] in ("asked", "sent")


def test_a_channel_that_the_policy_lost_is_said(tmp_path: Path, record: Record, incident: Incident) -> None:
    """Its messages wait; nothing else happens."""
    with configured(tmp_path, incident, ("webhook",)):
        ask(record, incident, ("slack",), MessageKind.ALERT)
        with outbox(tmp_path, record):
            eventually(lambda: "has no channel" in record.messages(incident.id)[0].why)

    assert states(record, incident) == {"slack": "asked"}


def test_of_two_outboxes_one_sends_and_the_other_carries_on_when_it_is_killed(
    tmp_path: Path, record: Record, incident: Incident
) -> None:
    """On another machine too: the record says who sends, and every message arrives once."""
    kinds = ("webhook",)
    with configured(tmp_path, incident, kinds) as services, outbox(tmp_path, record) as first:
        ask(record, incident, kinds, MessageKind.ALERT)
        eventually(lambda: len(services["webhook"].taken) == 1)
        holder = record.lease("outbox")
        with outbox(tmp_path, record):
            time.sleep(3)
            assert record.lease("outbox").owner == holder.owner  # type: ignore[union-attr]
            first.kill()
            first.wait()
            ask(record, incident, kinds, MessageKind.UPDATE)
            eventually(lambda: len(services["webhook"].taken) == 2)
            other = record.lease("outbox")

    assert holder
    assert other
    assert (other.term, other.owner != holder.owner) == (holder.term + 1, True)
