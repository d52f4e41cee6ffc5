"""One stack with three platforms: `shop` has people of its own, `mail` a policy of its own, `bank` neither."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml

from blocks.installation.platform_files import PlatformFiles
from outage.incidents.incident import Incident
from outage.incidents.severity import Severity
from stack.outbox.outbox_process import ChannelSender
from tests.blocks.channels.configured import settings_for, with_buttons
from tests.blocks.channels.fake_service import serving
from tests.blocks.channels.slack_double import SlackDouble
from tests.blocks.channels.slack_people import BOB
from tests.stack.outbox.told_house import ToldHouse, told_house
from tests.stack.page.filled_record import investigated_incident, opened

RUNGS = {"L1": ["on-call"], "L2": ["bosses"]}
RULE = {"mode": "ask", "approvers": "on-call"}
PAGER = {"kind": "pagerduty", "routing_key": {"env": "PAGER_KEY"}}
"""Nobody is really called: nothing sends its pages, which stay rows."""


class PlatformStack:
    """The house of the settings' policy with one Slack, and mail's with another, which both policies call the same."""

    def __init__(self, house: ToldHouse) -> None:
        self.house, self.mails, self._incidents = house, SlackDouble(), count()
        house.write_policy(
            approvers={"on-call": ["ana", "bob"], "bosses": ["max"]},
            rules=[RULE],
            escalation={"rungs": RUNGS},
            watchdog={"silent_after": "10m"},
            channels={**self.chat(house.services["slack"], house.home), self.pager: PAGER},
        )

    @property
    def pager(self) -> str:
        """What both policies call their pager."""
        return f"pager-h{self.house.number}"

    def chat(self, slack: SlackDouble, folder: Path) -> dict[str, Any]:
        """A section for a chat, called the same in both policies."""
        folder.mkdir(exist_ok=True)
        return {self.house.name("slack"): with_buttons(settings_for("slack", slack, folder), folder)}

    def name(self, platform: str) -> str:
        """What one of the three is called in this stack."""
        return f"{platform}-{self.house.number}"

    def channel(self, platform: str, name: str) -> str:
        """What a channel of a platform's is called in the record."""
        return f"{self.name(platform)}/{name}" if platform == "mail" else name

    def write_platforms(self, mails_policy: dict[str, Any] | str = "", **shops_people: list[str]) -> None:
        """Write the three files, and mail's policy."""
        folder = self.house.home / "platforms"
        folder.mkdir(exist_ok=True)
        policy = mails_policy or self.mails_policy()
        text = policy if isinstance(policy, str) else yaml.safe_dump(policy)
        (folder / "mail-policy.yml").write_text(text, encoding="utf-8")
        shop = {"people": shops_people or {"on-call": ["max"]}}
        for platform, more in {"shop": shop, "mail": {"policy": "mail-policy.yml"}, "bank": {}}.items():
            name = self.name(platform)
            body = {"version": 1, "name": name, "namespace": name, "cluster": {"name": name}, **more}
            (folder / f"{platform}.yaml").write_text(yaml.safe_dump(body), encoding="utf-8")

    def mails_policy(self, **more: Any) -> dict[str, Any]:
        """Mail's own: Eve answers and is called, and Bob of its chat is Eve."""
        return {
            "version": 1,
            "mode": "ask",
            "namespaces": [self.name("mail")],
            "kinds": ["Deployment"],
            "people": {"eve": {"slack": BOB}, "zoe": {}},
            "approvers": {"on-call": ["eve"], "bosses": ["zoe"]},
            "rules": [RULE],
            "escalation": {"rungs": RUNGS},
            "watchdog": {"silent_after": "20m"},
            "channels": {**self.chat(self.mails, self.house.home / "mails"), self.pager: PAGER},
            **more,
        }

    @property
    def files(self) -> PlatformFiles:
        """As the processes read them."""
        return PlatformFiles(self.house.settings)

    def waiting(self, platform: str) -> Incident:
        """An incident of a platform, whose plan waits and whose people were told."""
        house, moment = self.house, timedelta(microseconds=next(self._incidents))
        made = opened(
            house.record,
            house.number,
            f"{platform} is down",
            house.now + moment,
            platform=self.name(platform),
        )
        investigated_incident(self.house.record, made)
        self.house.record.update(made.id, severity=Severity.P1)
        self.house.alert(made)
        return self.house.record.incident(made.id)

    def send(self) -> None:
        """Send what waits for a chat, by the outbox's own senders."""
        for platform in ("bank", "mail"):
            name = self.channel(platform, self.house.name("slack"))
            ChannelSender(self.house.record, name, self.files.channels, lambda: True).run()


@contextmanager
def platform_stack(home: Path, dsn: str, patch: pytest.MonkeyPatch) -> Iterator[PlatformStack]:
    """The stack, with both Slacks up."""
    patch.setenv("PAGER_KEY", "k" * 32)
    with told_house(home, dsn, patch, ("slack",)) as house:
        made = PlatformStack(house)
        with serving(made.mails):
            made.write_platforms()
            yield made
