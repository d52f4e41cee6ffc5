"""What every channel can do, and the border where other companies' answers become our errors."""

import hmac
from abc import ABC, abstractmethod
from hashlib import sha256
from typing import Any, ClassVar

import httpx

from outage.errors import AnswerLost, ChannelBusy, ChannelError, ChannelRefused, ChannelUnusable, cut
from outage.people.outbox_message import OutboxMessage
from outage.people.settle_try import SecondTry

LONGEST_WAIT_SECONDS = 3600.0
"""A Retry-After beyond this is taken as this: the service may have meant a date that we misread."""


class Channel(ABC):
    """One place where messages arrive."""

    second_try: ClassVar[SecondTry]
    """What the service does with a message that it may have already."""
    takes_clicks: bool = False
    """Whether its messages may have buttons."""
    settles_seconds: ClassVar[float] = 0.0
    """How long after a try a look-up may still miss what the try made."""

    def __init__(self, *secrets: str) -> None:
        """Remember what must stand in no error."""
        self._secrets = [one for one in secrets if one]

    @abstractmethod
    def send(self, message: OutboxMessage, thread: dict[str, str]) -> dict[str, str]:
        """Send a message.

        Args:
            message: What to send; its `key` goes with it.
            thread: What the service called the incident's earlier messages: the receipts, newest words last.

        Returns:
            What the service calls it; what the thread needs later stands in it.

        Raises:
            ChannelError: Which one says whether it may be there all the same.
        """

    def find(self, message: OutboxMessage, thread: dict[str, str]) -> dict[str, str] | None:
        """Look a message up by its key; its receipt, or None when the service does not have it.

        Raises:
            ChannelError: The service could not be asked.
        """
        raise NotImplementedError(f"{type(self).__name__} cannot look")

    def is_done(self, receipt: dict[str, str]) -> bool:
        """Whether the ticket of an action item is closed at the service.

        Args:
            receipt: Of the item's message.

        Raises:
            ChannelError: The service could not be asked, or has no such ticket any more.
        """
        raise NotImplementedError(f"{type(self).__name__} holds no tickets")

    def close(self) -> None:  # noqa: B027 - most have connections, not all
        """Give connections back."""

    def without_secrets(self, text: str) -> str:
        """The text without this channel's own secrets."""
        for one in self._secrets:
            text = text.replace(one, "[redacted]")
        return cut(text)


class ServiceHttp:
    """HTTP to one service; every way in which it may fail becomes one of our errors."""

    def __init__(
        self,
        base_url: str,
        name: str,
        timeout_seconds: float,
        headers: dict[str, str] | None = None,
        auth: httpx.Auth | tuple[str, str] | None = None,
    ) -> None:
        """Open nothing yet.

        Args:
            base_url: Where paths begin.
            name: The service in words, for errors.
            timeout_seconds: For each step of a request.
            headers: Sent with each request.
            auth: Basic credentials or what httpx takes for them.
        """
        self.name = name
        self._client = httpx.Client(
            base_url=base_url, timeout=timeout_seconds, headers=headers, auth=auth, follow_redirects=False
        )

    def ask(self, method: str, path: str, what: str, **given: Any) -> Any:
        """Make one request; the answer's JSON, or None when it has none.

        Args:
            method: HTTP verb.
            path: Below the service's address.
            what: What is done, for the sentence of an error.
            **given: As httpx takes it: `json`, `data`, `headers`.

        Raises:
            ChannelBusy: It was certainly not done, and may be later.
            ChannelUnusable: Our credentials are refused.
            ChannelRefused: The request is.
            AnswerLost: It may have been done.
        """
        tried = f"{what} at {self.name}"
        try:
            answer = self._client.request(method, path, **given)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise ChannelBusy(f"{tried}: not reached: {cut(str(error)) or type(error).__name__}") from error
        except httpx.HTTPError as error:
            raise AnswerLost(f"{tried}: no answer: {cut(str(error)) or type(error).__name__}") from error
        if not answer.is_success:
            raise refusal(tried, answer.status_code, answer.text, dict(answer.headers))
        try:
            return answer.json() if answer.content else None
        except ValueError as error:
            raise AnswerLost(f"{tried}: the answer is not JSON") from error

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()


def refusal(tried: str, status: int, text: str, headers: dict[str, str]) -> ChannelError:
    """Our error for a status that is no success.

    Args:
        tried: What was tried, at which service.
        status: HTTP status.
        text: The answer's body.
        headers: The answer's headers.
    """
    says = f"{tried}: {status}: {cut(text, 200)}"
    if status == 429 or (status == 503 and _wait(headers) is not None):
        return ChannelBusy(says, retry_after_seconds=_wait(headers))
    if status in (401, 403):
        return ChannelUnusable(says)
    if status >= 500 or status == 408:
        return AnswerLost(says)
    return ChannelRefused(says)


def _wait(headers: dict[str, str]) -> float | None:
    words = {name.lower(): value for name, value in headers.items()}.get("retry-after", "").strip()
    try:
        return min(max(float(words), 0.0), LONGEST_WAIT_SECONDS)
    except ValueError:
        return LONGEST_WAIT_SECONDS / 60 if words else None


def signature_of(key: str, timestamp: str, body: bytes) -> str:
    """The HMAC-SHA256 of a moment and a body, as hex: `sha256=…`.

    Args:
        key: Shared with the receiver.
        timestamp: Seconds since 1970, as they stand in the header.
        body: The very bytes that are sent.
    """
    return "sha256=" + hmac.new(key.encode(), timestamp.encode() + b"." + body, sha256).hexdigest()
