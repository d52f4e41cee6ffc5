"""Clicks over Slack's Socket Mode: a connection that we open, so that nothing has to be opened inwards."""

import logging
import threading
from collections.abc import Callable

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
from outage.people.channel_settings import SecretReference, SlackSettings
from outage.policies.policy import Policy
from tasks.ask.chat_interaction import take_interaction

LOOK_SECONDS = 2.0
CLOSE_TRIES, CLOSE_SECONDS = 25, 0.2
QUIET = logging.getLogger("outage.socket-mode")
QUIET.setLevel(logging.CRITICAL)
"""The library's own log would show addresses that hold tickets."""


class ChatListener(threading.Thread):
    """Holds one connection for each channel of the policy that has an app-level token."""

    def __init__(
        self,
        settings: Settings,
        record: Record,
        policy: Callable[[], Policy],
        stopping: threading.Event,
        say: Callable[[str], None],
    ) -> None:
        super().__init__(name="hear-chats", daemon=True)
        self.settings, self.record, self.policy = settings, record, policy
        self.stopping, self.say = stopping, say
        self._open: dict[str, tuple[SlackSettings, SocketModeClient]] = {}
        self._wrong: dict[str, str] = {}

    def run(self) -> None:
        """Listen until told to stop; what the policy changes is followed."""
        while not self.stopping.is_set():
            self.follow(self.policy())
            self.stopping.wait(LOOK_SECONDS)
        self.follow(Policy())

    def follow(self, policy: Policy) -> None:
        """Hold the connections that a policy wants, and no others."""
        wanted = {
            name: one
            for name, one in policy.channels.items()
            if isinstance(one, SlackSettings) and one.app_token is not None
        }
        for name, (settings, client) in list(self._open.items()):
            if wanted.get(name) != settings:
                end_connection(client)
                del self._open[name]
        for name, settings in wanted.items():
            if settings.app_token and name not in self._open:
                self._connect(name, settings, settings.app_token)

    def _connect(self, name: str, settings: SlackSettings, app_token: SecretReference) -> None:
        token, client = "", None
        try:
            token = read_secret(app_token)
            client = self._client(name, settings, token)
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
        self._open[name] = settings, client
        self.say(f"{name}: clicks are heard")

    def _client(self, name: str, settings: SlackSettings, token: str) -> SocketModeClient:
        web = WebClient(base_url=settings.url + "/", timeout=int(settings.timeout_seconds) or 1, logger=QUIET)
        client = SocketModeClient(app_token=token, web_client=web, logger=QUIET)

        def heard(to: BaseSocketModeClient, request: SocketModeRequest) -> None:
            if request.type == "interactive":
                take_interaction(self.settings, self.record, name, settings, request.payload, self.say)
            to.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

        client.socket_mode_request_listeners.append(heard)
        return client


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
