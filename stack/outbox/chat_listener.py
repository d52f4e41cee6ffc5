"""Clicks over Slack's Socket Mode: a connection that we open, so that nothing has to be opened inwards."""

import logging
import threading
from collections.abc import Callable, Mapping

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from blocks.channels.secret_reference import read_secret
from blocks.record import Record
from blocks.settings import Settings
from outage.errors import OutageError, cut
from outage.people.channel_settings import ChannelSettings, KnownChannels, SlackSettings, heard_by_app
from tasks.ask.chat_interaction import take_interaction

LOOK_SECONDS = 2.0
CLOSE_TRIES, CLOSE_SECONDS = 25, 0.2
QUIET = logging.getLogger("outage.socket-mode")
QUIET.setLevel(logging.CRITICAL)
"""The library's own log would show addresses that hold tickets."""


class ChatListener(threading.Thread):
    """Holds one connection for each app that a channel of some policy has a token of."""

    def __init__(
        self,
        settings: Settings,
        record: Record,
        channels: KnownChannels,
        stopping: threading.Event,
        say: Callable[[str], None],
    ) -> None:
        super().__init__(name="hear-chats", daemon=True)
        self.settings, self.record, self.channels = settings, record, channels
        self.stopping, self.say = stopping, say
        self._open: dict[str, tuple[dict[str, SlackSettings], SocketModeClient]] = {}
        self._wrong: dict[str, str] = {}

    def run(self) -> None:
        """Listen until told to stop; what the policies change is followed."""
        while not self.stopping.is_set():
            self.follow(self.channels())
            self.stopping.wait(LOOK_SECONDS)
        self.follow({})

    def follow(self, channels: Mapping[str, ChannelSettings]) -> None:
        """Hold the connections that the channels want, and no others."""
        wanted = socket_apps(channels)
        for name, (heard, client) in list(self._open.items()):
            if wanted.get(name) != heard:
                end_connection(client)
                del self._open[name]
        for name, heard in wanted.items():
            if name not in self._open:
                self._connect(name, heard)

    def _connect(self, name: str, heard: dict[str, SlackSettings]) -> None:
        settings, token, client = heard[name], "", None
        if settings.app_token is None:
            return
        try:
            token = read_secret(settings.app_token)
            client = self._client(settings, heard, token)
            client.connect()
        except (OutageError, SlackClientError, OSError) as error:
            if client is not None:
                end_connection(client)
            words = cut(str(error).replace(token, "[redacted]") if token else str(error))
            if self._wrong.get(name) != words:
                self.say(f"{name}: clicks are not heard: {words}")
            self._wrong[name] = words
            return
        self._wrong.pop(name, None)
        self._open[name] = heard, client
        self.say(f"{', '.join(heard)}: clicks are heard")

    def _client(
        self, settings: SlackSettings, heard: Mapping[str, SlackSettings], token: str
    ) -> SocketModeClient:
        web = WebClient(base_url=settings.url + "/", timeout=int(settings.timeout_seconds) or 1, logger=QUIET)
        client = SocketModeClient(app_token=token, web_client=web, logger=QUIET)

        def take(to: BaseSocketModeClient, request: SocketModeRequest) -> None:
            if request.type == "interactive":
                take_interaction(self.settings, self.record, heard, request.payload, self.say)
            to.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

        client.socket_mode_request_listeners.append(take)
        return client


def socket_apps(channels: Mapping[str, ChannelSettings]) -> dict[str, dict[str, SlackSettings]]:
    """The channels of each app that is heard over Socket Mode, by the name of its first.

    Slack tells each event to one of an app's connections: a second one would hear what the first has to answer.
    """
    apps = [
        heard_by_app(channels, one)
        for one in channels.values()
        if isinstance(one, SlackSettings) and one.app_token is not None
    ]
    return {next(iter(heard)): heard for heard in apps}


def end_connection(client: SocketModeClient) -> None:
    """Close a connection, and wait some seconds for it at most.

    The library's reader marks itself as running when it starts, also when it was told to end a moment before; so it is
    told until it has heard.
    """
    ending = threading.Thread(target=client.close, name="end-connection", daemon=True)
    ending.start()
    for _ in range(CLOSE_TRIES):
        ending.join(CLOSE_SECONDS)
        if not ending.is_alive():
            return
        client.current_session_state.terminated = True
