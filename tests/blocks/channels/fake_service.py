"""Another company's service: real HTTP, its published rules, and every way in which it may misbehave."""

import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import orjson


class Asked(NamedTuple):
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    """Names in lower case."""
    raw: bytes

    @property
    def json(self) -> Any:
        """The body as JSON; None when it is none."""
        with suppress(orjson.JSONDecodeError):
            return orjson.loads(self.raw)
        return None


class Given(NamedTuple):
    """One answer."""

    status: int
    body: Any = None
    headers: dict[str, str] = {}


Misbehaviour = Callable[["FakeService", Asked], Given | None]
"""What happens to one request instead; None: the connection breaks without an answer."""


class FakeService:
    """Base of the doubles; each says what its service answers to a request."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.coming: deque[Misbehaviour] = deque()
        self.always: Misbehaviour | None = None
        self.lock = threading.RLock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answered(self) -> None:
                parts = urlsplit(self.path)
                length = int(self.headers.get("Content-Length") or 0)
                asked = Asked(
                    method=self.command,
                    path=parts.path,
                    query=dict(parse_qsl(parts.query, keep_blank_values=True)),
                    headers={name.lower(): value for name, value in self.headers.items()},
                    raw=self.rfile.read(length),
                )
                given = outer.take(asked)
                if given is None:
                    with suppress(OSError):
                        self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                content = b"" if given.body is None else orjson.dumps(given.body)
                with suppress(OSError):
                    self.send_response(given.status)
                    for name, value in given.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)

            do_GET = do_POST = do_PATCH = do_PUT = answered

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def take(self, asked: Asked) -> Given | None:
        """Answer as the service would, or misbehave."""
        with self.lock:
            self.asked.append(asked)
            wrong = self.coming.popleft() if self.coming else self.always
        return wrong(self, asked) if wrong else self.honest(asked)

    def honest(self, asked: Asked) -> Given:
        """The service's own answer, one request at a time."""
        with self.lock:
            return self.answer(asked)

    def answer(self, asked: Asked) -> Given:
        """What the service answers."""
        raise NotImplementedError


@contextmanager
def serving(service: Any) -> Iterator[Any]:
    """Serve for as long as the block lasts."""
    thread = threading.Thread(
        target=service.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    )
    thread.start()
    try:
        yield service
    finally:
        service.server.shutdown()
        service.server.server_close()


def too_many(seconds: str = "7") -> Misbehaviour:
    """429 with the service's own word on when to come back."""
    return lambda service, asked: Given(429, {"error": "ratelimited"}, {"Retry-After": seconds})


def broken(status: int = 502) -> Misbehaviour:
    """An error of theirs, before anything was done."""
    return lambda service, asked: Given(status, {"error": "internal"})


def answer_lost(service: FakeService, asked: Asked) -> None:
    """Does what was asked, and the answer never arrives."""
    service.honest(asked)


def loses_writes(service: FakeService, asked: Asked) -> Given | None:
    """Answers who only looks; of a write the answer never arrives."""
    given = service.honest(asked)
    return given if only_looks(asked) else None


def only_looks(asked: Asked) -> bool:
    """Whether a request changes nothing at its service."""
    return asked.method == "GET" or asked.path.endswith("/search/jql") or "/conversations." in asked.path


def never_answers(seconds: float) -> Misbehaviour:
    """Does what was asked, after everybody has gone."""

    def late(service: FakeService, asked: Asked) -> Given | None:
        service.honest(asked)
        time.sleep(seconds)
        return None

    return late
