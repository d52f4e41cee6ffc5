"""The side of the nodes, as a control plane without any sees it: container logs of any size, and nothing else.

The API server asks for a way to a node by HTTP's CONNECT on a unix socket. A kubelet's port gets one, where logs are
served as a kubelet does; everything else (pods, Services, exec) is refused at once.
"""

import contextlib
import socketserver
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

KUBELET_PORT = 10250
LOGS_PATH = "/containerLogs/"
CROWD_NAMESPACES = "crowd-"
SHORT_BYTES = 8_000
LINES_BEGAN = datetime(2026, 11, 30, 12, tzinfo=UTC)
LINE_EVERY = timedelta(milliseconds=2)
SPOKEN = (
    "INFO worker handled request path=/orders/list status=200 duration_ms=12 tenant=crowd",
    "INFO worker handled request path=/orders/new status=201 duration_ms=48 tenant=crowd",
    "DEBUG pool connections=7 idle=3 waiting=0 owner=worker thread=main",
    "INFO worker handled request path=/orders/list status=200 duration_ms=9 tenant=crowd",
)
COMPLAINT = "ERROR worker could not connect to ledger.crowd.svc:6379: connection refused, trying again"
COMPLAINT_EVERY = 500


class LogText:
    """One container's log, the same for each: so many bytes of ordinary lines with a complaint here and there."""

    def __init__(self, length: int):
        lines, size = [], 0
        for number, spoken in enumerate(cycle(SPOKEN)):
            if size >= length:
                break
            at = (LINES_BEGAN + number * LINE_EVERY).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
            said = COMPLAINT if number % COMPLAINT_EVERY == COMPLAINT_EVERY - 1 else spoken
            lines.append(f"{at} {said}\n".encode())
            size += len(lines[-1])
        self.lines = lines
        self.whole = b"".join(lines)

    def asked(self, query: dict[str, list[str]]) -> bytes:
        """What a kubelet gives: the last lines, then at most so many bytes of them."""
        text = self.whole
        if "tailLines" in query:
            last = int(query["tailLines"][0])
            text = b"".join(self.lines[-last:]) if last else b""
        return text[: int(query["limitBytes"][0])] if "limitBytes" in query else text


class FakeKubelets(socketserver.ThreadingUnixStreamServer):
    """Listens where a control plane without nodes looks for its nodes."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, at: Path, secrets: Path):
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(secrets / "apiserver.crt", secrets / "apiserver.key")
        self.short, self.long = LogText(SHORT_BYTES), LogText(0)
        super().__init__(str(at), _Way)

    def speak(self, bytes_each: int) -> None:
        """Let the log of each container of the crowd be so long from now on; all others say little."""
        self.long = LogText(bytes_each)

    def log_behind(self, path: str) -> LogText:
        """The log that a kubelet's path stands for."""
        return self.long if path.startswith(f"{LOGS_PATH}{CROWD_NAMESPACES}") else self.short

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller who has heard enough hangs up; that is no error of ours."""


class _Way(socketserver.StreamRequestHandler):
    """One way that the API server asked for."""

    server: FakeKubelets

    def handle(self) -> None:
        target = self.rfile.readline().split()[1].decode()
        while self.rfile.readline().strip():
            pass
        if not target.endswith(f":{KUBELET_PORT}"):
            self.wfile.write(b"HTTP/1.1 502 there is nothing behind\r\nContent-Length: 0\r\n\r\n")
            return
        self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        with self.server.tls.wrap_socket(self.connection, server_side=True) as inner:
            _Kubelet(inner, self.client_address, self.server)


class _Kubelet(BaseHTTPRequestHandler):
    """What one kubelet answers."""

    protocol_version = "HTTP/1.1"
    server: FakeKubelets

    def do_GET(self) -> None:
        """A log, or nothing."""
        asked = urlsplit(self.path)
        found = asked.path.startswith(LOGS_PATH)
        content = self.server.log_behind(asked.path).asked(parse_qs(asked.query)) if found else b""
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        """Nothing runs here, so nothing can be run in it."""
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextlib.contextmanager
def fake_kubelets(at: Path, secrets: Path) -> Iterator[FakeKubelets]:
    """Answer for the nodes as long as the block lasts.

    Args:
        at: The unix socket on which the control plane looks for nodes.
        secrets: Folder of a key and a certificate to show.
    """
    with FakeKubelets(at, secrets) as kubelets:
        thread = threading.Thread(target=kubelets.serve_forever, daemon=True)
        thread.start()
        try:
            yield kubelets
        finally:
            kubelets.shutdown()
            thread.join()
