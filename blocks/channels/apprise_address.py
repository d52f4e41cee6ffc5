"""Any service that Apprise knows: Teams, Mattermost, Matrix, ntfy, mail and a hundred more, one way only."""

import logging
import re
import socket

import apprise

from blocks.channels.channel import Channel, refusal
from blocks.channels.secret_reference import read_secret
from outage.errors import AnswerLost, ChannelBusy, ChannelUnusable, cut
from outage.people.channel_settings import AppriseSettings
from outage.people.outbox_message import OutboxMessage
from outage.people.settle_try import SecondTry

PORTS = {True: 443, False: 80}
STATUS = re.compile(r"error[=: ]+(\d{3})")


class AppriseAddress(Channel):
    """One Apprise URL."""

    second_try = SecondTry.DOUBLED

    def __init__(self, settings: AppriseSettings) -> None:
        """Read the URL; nothing is asked yet."""
        url = read_secret(settings.address)
        super().__init__(url, *re.findall(r"[^/:@?&=]{12,}", url))
        asset = apprise.AppriseAsset(async_mode=False, app_id="outage", app_desc="outage response")
        self._apprise = apprise.Apprise(asset=asset)
        self._seconds = settings.timeout_seconds
        if not self._apprise.add(url):
            raise ChannelUnusable(
                f"read the Apprise URL in {settings.address}: Apprise knows no such service"
            )

    def send(self, message: OutboxMessage, thread: dict[str, str]) -> dict[str, str]:
        """Send once; Apprise says only yes or no, and its log why."""
        self._reach()
        with apprise.LogCapture(level=logging.WARNING, name="apprise") as said:  # type: ignore[no-untyped-call]
            done = self._apprise.notify(body=message.body.text, title=message.body.title)
            words = said.getvalue() if hasattr(said, "getvalue") else ""
        if done:
            return {}
        why = self.without_secrets(cut(words)) or "it gave no reason"
        found = STATUS.search(words)
        if found:
            raise refusal("send by Apprise", int(found[1]), why, {})
        raise AnswerLost(f"send by Apprise: no success: {why}")

    def _reach(self) -> None:
        """Find out beforehand whether the service can be reached: afterwards Apprise does not tell."""
        for one in self._apprise:
            host = getattr(one, "host", None)
            if not host or ("." not in str(host) and host != "localhost"):
                continue  # a service of Apprise's own addresses, or none at all
            port = getattr(one, "port", None) or PORTS[bool(getattr(one, "secure", True))]
            try:
                socket.create_connection((str(host), int(port)), timeout=self._seconds).close()
            except OSError as error:
                raise ChannelBusy(f"send by Apprise: not reached: {cut(str(error))}") from error
