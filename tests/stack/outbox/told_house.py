"""A home whose people are told: policy, record, timers and outbox are real, services doubles, time an argument."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml

from blocks.channels.channel import Channel
from blocks.channels.open_channel import open_channel
from blocks.clients import clients
from blocks.record import Record
from blocks.settings import Settings
from outage.incidents.incident import Incident
from outage.people.outbox_message import MessageKind, OutboxMessage
from outage.policies.policy import Policy
from outage.policies.policy_file import check_policy
from stack.outbox.deliver_message import deliver_message
from stack.timers.timers_process import look_after
from tasks.tell.ask_for_message import ask_for_message
from tests.blocks.channels.configured import DOUBLES, settings_for, with_buttons, with_read_back
from tests.blocks.channels.fake_service import FakeService, serving
from tests.blocks.channels.slack_people import ANA, BOB
from tests.blocks.record.written import newest_fence
from tests.stack.page.filled_record import investigated_incident, opened

_numbers = count()
PEOPLE = {
    "ana": {"slack": ANA, "mail": "ana@example.com"},
    "bob": {"slack": BOB, "mail": "bob@example.com"},
    "max": {},
}
LONGEST = timedelta(days=2)


class ToldHouse:
    """One home; channels are called as their kind and a number, since the record is the session's."""

    def __init__(self, home: Path, kinds: Sequence[str]) -> None:
        self.home, self.number = home, next(_numbers)
        self.services: dict[str, Any] = {kind: DOUBLES[kind]() for kind in kinds}
        self.channels: dict[str, Channel] = {}
        self.more: dict[str, Any] = {}
        """What was given to the policy file last."""
        self.now = datetime.now(UTC).replace(microsecond=0)

    def name(self, kind: str) -> str:
        """What a channel is called in the policy."""
        return f"{kind}-h{self.number}"

    def write_policy(self, **more: Any) -> None:
        """Write the policy file; what is given goes before what stands here."""
        self.more = more
        channels = {self.name(kind): self.section(kind, one) for kind, one in self.services.items()}
        given: dict[str, Any] = {
            "version": 1,
            "mode": "ask",
            "namespaces": ["learning"],
            "kinds": ["Deployment"],
            "people": PEOPLE,
            "approvers": {"on-call": ["ana", "bob"], "bosses": ["max"]},
            "rules": [{"mode": "ask", "approvers": "on-call", "proof": "proven"}],
            "channels": channels,
        }
        (self.home / "policy.yaml").write_text(yaml.safe_dump(given | more), encoding="utf-8")
        self.close()
        self.channels = {name: open_channel(one) for name, one in self.policy.channels.items()}

    def close(self) -> None:
        """Give the connections back."""
        for one in self.channels.values():
            one.close()

    def section(self, kind: str, service: FakeService) -> dict[str, Any]:
        """One channel's section."""
        made = settings_for(kind, service, self.home)
        if kind == "pagerduty":
            return with_read_back(made, service, self.home)
        return with_buttons(made, self.home) if kind == "slack" else made

    @property
    def settings(self) -> Settings:
        """As the processes of this home read them."""
        return Settings()

    @property
    def policy(self) -> Policy:
        """As the processes read it."""
        return check_policy(self.home / "policy.yaml")

    @property
    def record(self) -> Record:
        """The record of the home."""
        return clients().record

    def look(self, incident: Incident, at: datetime | None = None) -> None:
        """Let the timers look once."""
        self.now = at or self.now
        look_after(self.record.incident(incident.id), self.now)

    def send(self) -> None:
        """Send what may be sent now, once."""
        self.now = max(self.now, datetime.now(UTC))
        for name in sorted(self.record.channels_waiting()):
            while name in self.channels and (message := self.record.next_message(name, self.now)) is not None:
                deliver_message(
                    self.record, self.channels[name], message, newest_fence(self.record), lambda: self.now
                )

    def send_all(self, incident: Incident) -> None:
        """Send until nothing waits any more, with a clock that jumps over every wait."""
        ends = self.now + LONGEST
        while self.now < ends:
            waiting = [one for one in self.record.messages(incident.id) if not one.state.final]
            if not waiting:
                return
            self.now = max(self.now, min(one.not_before for one in waiting))
            self.send()
            self.now += timedelta(seconds=1)

    def show(self, incident: Incident) -> None:
        """Let the timers look, and send what they asked for."""
        self.look(incident)
        self.send()

    def told(self, incident: Incident, what: MessageKind) -> list[OutboxMessage]:
        """The messages of one kind."""
        return [one for one in self.record.messages(incident.id) if one.what is what]

    def opened_incident(self) -> Incident:
        """An incident that an alert opened now."""
        return opened(self.record, self.number, "auth-service has no ready pod", self.now)

    def waiting_incident(self) -> Incident:
        """An open incident whose plan waits for an answer, and whose chat was told of it."""
        incident = self.opened_incident()
        investigated_incident(self.record, incident)
        self.alert(incident)
        return self.record.incident(incident.id)

    def alert(self, incident: Incident) -> None:
        """Ask for the first message."""
        standing = self.record.incident(incident.id)
        ask_for_message(standing, MessageKind.ALERT, f"INCIDENT ALERT: {standing.title}")


@contextmanager
def told_house(home: Path, dsn: str, patch: pytest.MonkeyPatch, kinds: Sequence[str]) -> Iterator[ToldHouse]:
    """A home whose services are up; Prefect is away."""
    patch.setenv("OUTAGE_HOME", str(home))
    patch.setenv("OUTAGE_RECORD_DSN", dsn)
    patch.setenv("OUTAGE_PREFECT_API_URL", "http://127.0.0.1:9/api")
    patch.setenv("OUTAGE_CONTEXT", "prod-eu")
    clients.cache_clear()
    made = ToldHouse(home, kinds)
    made.write_policy()
    with ExitStack() as up:
        for one in made.services.values():
            up.enter_context(serving(one))
        yield made
    made.close()
    clients().record.close()
    clients.cache_clear()
