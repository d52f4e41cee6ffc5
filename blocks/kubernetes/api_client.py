"""The one connection to the API server: requests out, bytes or our errors back.

Every answer is read in pieces, with a limit of bytes and a deadline, so that neither a slow server nor a log of
100 MB can hold an investigation.
"""

import logging
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import orjson
import urllib3

from blocks.kubernetes.api_errors import refusal_of, translated_cluster_errors
from blocks.kubernetes.kubeconfig import Access
from outage.errors import ClusterForbidden, ClusterUnreachable, cut

log = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 20.0
PIECE_BYTES = 256 * 1024
ANSWER_BYTES = 256 * 1024 * 1024
"""More than any list of a cluster that this program can hold; a stop for a server gone mad."""


class ApiClient:
    """Speaks HTTP with one API server as one identity; safe to use from several threads.

    Reading clients and the writing doors are made of one each; nobody else holds one.
    """

    def __init__(self, access: Access, identity: str = "reader", connections: int = 12):
        self.access = access
        self.identity = identity
        self.calls = 0
        self.bytes_read = 0
        self._counting = threading.Lock()
        extra: dict[str, Any] = {"ssl_context": access.tls} if access.tls else {}
        if access.server_name:
            extra |= {"server_hostname": access.server_name, "assert_hostname": access.server_name}
        if (
            access.tls and access.tls.verify_mode == ssl.CERT_NONE
        ):  # the kubeconfig says so; kubectl is silent too
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self._pool = urllib3.PoolManager(num_pools=2, maxsize=connections, retries=False, **extra)

    def close(self) -> None:
        """Let the connections go."""
        self._pool.clear()

    def request(
        self,
        method: str,
        path: str,
        what: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        within_seconds: float = ANSWER_SECONDS,
        limit_bytes: int = ANSWER_BYTES,
        cut_off: bool = False,
    ) -> bytes:
        """Ask the API server one thing.

        Args:
            method: HTTP method.
            path: Path below the server's address.
            what: The request in words, for the error's sentence: `list pods in shop`.
            query: Query parameters; None values are left out.
            body: JSON value to send, or bytes as they are.
            content_type: Of the body; patches have their own.
            accept: Representation wanted.
            within_seconds: For the whole answer, measured from the start.
            limit_bytes: Longest answer taken.
            cut_off: Keep the first `limit_bytes` of a longer answer instead of failing.

        Raises:
            ClusterUnreachable: No answer in time, or 5xx. Transient.
            ClusterThrottled: 429. Transient.
            ClusterForbidden: 401 or 403. Permanent.
            ClusterMissing: 404. Permanent.
            ClusterConflict: 409 or 410. Permanent.
            ClusterRejected: 400, 422, or an admission webhook said no. Permanent.
        """
        until = time.monotonic() + within_seconds
        with translated_cluster_errors(what, self.access.server, within_seconds):
            answer = self._open(method, path, what, query, body, content_type, accept, within_seconds)
            content = self._read(answer, what, until, limit_bytes, cut_off or answer.status >= 300)
        log.debug("%s %s: %d, %d bytes", method, path, answer.status, len(content))
        if answer.status >= 300:
            raise refusal_of(answer.status, content, what, method)
        return content

    def pieces(
        self, path: str, what: str, *, query: Mapping[str, Any], within_seconds: float, limit_bytes: int
    ) -> Iterator[bytes]:
        """GET an answer that is too long to be held, piece by piece, as it comes.

        It ends without an error when the time or the bytes are used up: who reads it sees by its end whether it is
        whole.

        Args:
            path: Path below the server's address.
            what: The request in words, for the error's sentence.
            query: Query parameters; None values are left out.
            within_seconds: For the whole answer.
            limit_bytes: Given at most.

        Raises:
            ClusterError: There is no answer; which of its kinds says whether trying again helps.
        """
        until = time.monotonic() + within_seconds
        with translated_cluster_errors(what, self.access.server, within_seconds):
            answer = self._open("GET", path, what, query, None, "application/json", "*/*", within_seconds)
            if answer.status >= 300:
                raise refusal_of(
                    answer.status, self._read(answer, what, until, limit_bytes, True), what, "GET"
                )
            length = 0
            try:
                for piece in answer.stream(PIECE_BYTES):
                    length += len(piece)
                    yield piece
                    if length >= limit_bytes or time.monotonic() > until:
                        break
            finally:
                with self._counting:
                    self.calls += 1
                    self.bytes_read += length
                answer.close()

    def _open(
        self,
        method: str,
        path: str,
        what: str,
        query: Mapping[str, Any] | None,
        body: Any,
        content_type: str,
        accept: str,
        within_seconds: float,
    ) -> urllib3.BaseHTTPResponse:
        """Send a request; its answer is not read yet."""
        asked = {key: value for key, value in (query or {}).items() if value is not None}
        url = f"{self.access.server}{path}" + (f"?{urlencode(asked)}" if asked else "")
        sent = body if body is None or isinstance(body, bytes) else orjson.dumps(body)
        headers = {"Accept": accept, "User-Agent": "outage", **self.credentials(what)}
        if sent is not None:
            headers["Content-Type"] = content_type
        return self._pool.urlopen(
            method,
            url,
            body=sent,
            headers=headers,
            preload_content=False,
            redirect=False,
            timeout=urllib3.Timeout(connect=min(CONNECT_SECONDS, within_seconds), read=within_seconds),
        )

    def _read(
        self, answer: urllib3.BaseHTTPResponse, what: str, until: float, limit_bytes: int, cut_off: bool
    ) -> bytes:
        pieces, length, whole = [], 0, False
        try:
            for piece in answer.stream(PIECE_BYTES):
                pieces.append(piece)
                length += len(piece)
                if length >= limit_bytes and cut_off:
                    break
                if length > limit_bytes:
                    raise ClusterUnreachable(f"{what}: the answer is longer than {limit_bytes:,} bytes")
                if time.monotonic() > until:
                    raise ClusterUnreachable(f"{what}: the answer was not complete in time")
            else:
                whole = True
        finally:
            with self._counting:
                self.calls += 1
                self.bytes_read += length
            if whole:
                answer.release_conn()
            else:
                answer.close()
        return b"".join(pieces)[:limit_bytes] if cut_off else b"".join(pieces)

    def json(self, method: str, path: str, what: str, **more: Any) -> Any:
        """Ask one thing and read the answer as JSON.

        Args:
            method: HTTP verb.
            path: Path and query below the API server's address.
            what: What is done, for the sentence of an error: `list pods in shop`.
            **more: As `request` takes it: a body, a deadline.

        Returns:
            Whatever JSON came back, unread.

        Raises:
            ClusterError: No useful answer; which of its kinds says whether trying again helps.
        """
        content = self.request(method, path, what, **more)
        try:
            return orjson.loads(content) if content else None
        except orjson.JSONDecodeError as error:
            raise ClusterUnreachable(f"{what}: the answer is not JSON ({cut(str(error))})") from error

    def credentials(self, what: str) -> dict[str, str]:
        """The headers that say who we are.

        Args:
            what: What is asked, for the sentence of an error.

        Raises:
            ClusterForbidden: The token's file cannot be read. Permanent.
        """
        try:
            return self.access.headers()
        except OSError as error:
            raise ClusterForbidden(f"{what}: the token cannot be read ({cut(str(error))})") from error
