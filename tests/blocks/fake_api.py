"""A tiny API server: canned answers by path, over real HTTP, so that errors are pinned where they arise."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from blocks.kubernetes import Access, Cluster

Answer = tuple[int, Any]
"""Status and body; a dict or list becomes JSON, bytes are sent as they are."""
Answering = Callable[[str, dict[str, str]], Answer]
"""Path and query → answer."""


class FakeApi:
    """Answers GET and POST; remembers what was asked."""

    def __init__(self, answering: Answering):
        self.asked: list[tuple[str, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {key: values[0] for key, values in parse_qs(parts.query).items()}
                outer.asked.append((parts.path, query))
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, body = answering(parts.path, query)
                content = body if isinstance(body, bytes) else orjson.dumps(body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                with suppress(ConnectionError):  # whoever asked may have given up
                    self.wfile.write(content)

            do_POST = do_GET

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server.server_address[1]}"


@contextmanager
def fake_api(answering: Answering) -> Iterator[tuple[Cluster, FakeApi]]:
    """A cluster door to a fake API server."""
    api = FakeApi(answering)
    thread = threading.Thread(target=api.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    cluster = Cluster(Access(api.address, "fake", "shop", None, dict))
    try:
        yield cluster, api
    finally:
        cluster.close()
        api.server.shutdown()
        api.server.server_close()


def status(code: int, message: str, reason: str = "") -> Answer:
    """A Status object as the API server sends it."""
    return code, {"kind": "Status", "status": "Failure", "message": message, "reason": reason, "code": code}


def listing(*items: dict[str, Any], more: str = "") -> Answer:
    """A list without apiVersion and kind in its items, as the API server sends it."""
    return 200, {"kind": "List", "metadata": {"continue": more}, "items": list(items)}


def table(columns: list[str], *rows: list[Any]) -> Answer:
    """A server-side table without objects."""
    return 200, {
        "kind": "Table",
        "columnDefinitions": [{"name": one} for one in columns],
        "rows": [{"cells": row} for row in rows],
    }
