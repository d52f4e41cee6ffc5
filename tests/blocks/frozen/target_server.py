"""A small API server that keeps objects and compares what a write brings along, as the real one does."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, NamedTuple

import orjson

from outage.kubernetes.json_patch import patched_object
from outage.value import Manifest

WHO = "X-Who"
"""The header by which a writer is known."""


class TargetWrite(NamedTuple):
    """One write that was taken."""

    who: str
    method: str
    path: str


class TargetServer:
    """Objects by path; every write that is taken is remembered with who sent it."""

    def __init__(self) -> None:
        self.objects: dict[str, Manifest] = {}
        self.writes: list[TargetWrite] = []
        self.audit: list[str] = []
        """As the real one's audit log has it, a line each."""
        self._numbers, self._lock = count(100), threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                body, path = orjson.loads(raw) if raw else None, self.path.partition("?")[0]
                with outer._lock:
                    code, said = outer.answer(self.command, path, body, self.headers.get("Content-Type", ""))
                    if code < 300 and self.command != "GET":
                        outer.writes.append(TargetWrite(self.headers.get(WHO, ""), self.command, path))
                    outer.audit.append(_audited(self.command, self.path, code, said))
                content = orjson.dumps(said)
                self.send_response(code)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PATCH = do_DELETE = _answer

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.http.server_address[1]}"

    def put(self, path: str, manifest: Manifest) -> None:
        """Make an object, as somebody else would."""
        number = str(next(self._numbers))
        meta = {**manifest["metadata"], "uid": f"uid-{number}", "resourceVersion": number}
        self.objects[path] = {**manifest, "metadata": meta}

    def answer(self, method: str, path: str, body: Any, content_type: str) -> tuple[int, Any]:
        """What the API server says."""
        if method == "POST" and path.endswith("/eviction"):
            relies = {"preconditions": body["deleteOptions"]["preconditions"]}
            return self._delete(path.removesuffix("/eviction"), relies)
        if method == "POST":
            made = f"{path}/{body['metadata']['name']}"
            if made in self.objects:
                return _status(409, "already exists")
            self.put(made, body)
            return 201, self.objects[made]
        live = self.objects.get(path)
        if live is None:
            return _status(404, "not found")
        if method == "PATCH":
            return self._patch(path, live, body, content_type)
        return self._delete(path, body) if method == "DELETE" else (200, live)

    def _patch(self, path: str, live: Manifest, body: Any, content_type: str) -> tuple[int, Any]:
        if "json-patch" in content_type:
            after = patched_object(live, body)
        else:
            after = {**live, **body, "metadata": {**live["metadata"], **body.get("metadata", {})}}
        if after["metadata"]["resourceVersion"] != live["metadata"]["resourceVersion"]:
            return _status(409, "the object has been modified")
        meta = {**after["metadata"], "resourceVersion": str(next(self._numbers))}
        self.objects[path] = {**after, "metadata": meta}
        return 200, self.objects[path]

    def _delete(self, path: str, body: Any) -> tuple[int, Any]:
        live = self.objects.get(path)
        if live is None:
            return _status(404, "not found")
        wanted = (body or {}).get("preconditions", {})
        if any(live["metadata"][key] != value for key, value in wanted.items()):
            return _status(409, "the precondition does not hold")
        del self.objects[path]
        return 200, {"kind": "Status", "status": "Success"}


VERBS = {"GET": "get", "POST": "create", "PATCH": "patch", "DELETE": "delete"}
USER = "outage-writer"
"""Whoever it is: to the API server two processes of ours are one identity."""


def _audited(method: str, uri: str, code: int, said: Any) -> str:
    words = uri.partition("?")[0].partition("/namespaces/")[2].split("/")
    of = dict(zip(("namespace", "resource", "name", "subresource"), words, strict=False))
    event = {
        "stage": "ResponseComplete",
        "verb": VERBS[method],
        "requestURI": uri,
        "user": {"username": USER},
        "objectRef": of,
        "responseStatus": {"code": code},
        "responseObject": said,
        "requestReceivedTimestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
    }
    return orjson.dumps(event).decode()


def _status(code: int, message: str) -> tuple[int, Any]:
    return code, {"kind": "Status", "status": "Failure", "message": message, "code": code}


@contextmanager
def target_server() -> Iterator[TargetServer]:
    """The server, up for as long as the block lasts."""
    server = TargetServer()
    threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()
