"""A pod's port on this machine's loopback, through the API server."""

import contextlib
import socket
import threading
from types import TracebackType
from typing import TYPE_CHECKING

from blocks.kubernetes.api_client import ApiClient
from blocks.kubernetes.pod_streams import GOODBYE_SECONDS, open_channels
from outage.errors import OutageError

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

DATA, PROBLEM = 0, 1
"""Channels of the port-forward protocol for its first port."""
PIECE_BYTES = 64 * 1024


class PortForward:
    """A listener on 127.0.0.1; every connection becomes a websocket to the pod.

    `problem` holds the last reason for which a connection did not come about, in our words: the client on the
    near side only sees its connection closed.
    """

    def __init__(self, client: ApiClient, namespace: str, pod: str, port: int, within_seconds: float = 10.0):
        self.client, self.namespace, self.pod, self.port = client, namespace, pod, port
        self.within_seconds = within_seconds
        self.problem: str | None = None
        self._listener: socket.socket | None = None
        self._ends = contextlib.ExitStack()
        self._serving: list[threading.Thread] = []

    def __enter__(self) -> int:
        """Start listening; gives the local port."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        return int(self._listener.getsockname()[1])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening; let what was said arrive (a goodbye ends a session), then close what is open."""
        if self._listener:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
            self._listener.close()
        for thread in self._serving:
            thread.join(GOODBYE_SECONDS)
        self._ends.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return  # closed by __exit__
            thread = threading.Thread(target=self._serve, args=(near,), daemon=True)
            self._serving.append(thread)
            thread.start()

    def _serve(self, near: socket.socket) -> None:
        path = f"/api/v1/namespaces/{self.namespace}/pods/{self.pod}/portforward"
        what = f"forward port {self.port} of pod/{self.pod} in {self.namespace}"
        try:
            far = open_channels(
                self.client,
                path,
                [("ports", str(self.port))],
                what,
                self.within_seconds,
                protocols=["v4.channel.k8s.io"],
            )
        except (OutageError, OSError) as error:
            self.problem = str(error)
            near.close()
            return
        self._ends.callback(_end, near, far)
        threading.Thread(target=_outwards, args=(near, far), daemon=True).start()
        self._inwards(near, far)

    def _inwards(self, near: socket.socket, far: "ClientConnection") -> None:
        """From the pod to us. The first frame of each channel is the port number."""
        greeted: set[int] = set()
        with contextlib.suppress(OSError, *_broken()):
            while True:
                frame = far.recv(decode=False)
                if not frame:
                    continue
                channel, content = frame[0], frame[1:]
                if channel not in greeted:
                    greeted.add(channel)
                    content = content[2:]
                if channel == PROBLEM and content:
                    self.problem = content.decode("utf-8", "replace")
                    break
                if channel == DATA and content:
                    near.sendall(content)
        _end(near, far)


def _outwards(near: socket.socket, far: "ClientConnection") -> None:
    """From us to the pod, until the near side says goodbye: then the pod's side ends its connection, too."""
    with contextlib.suppress(OSError, *_broken()):
        while piece := near.recv(PIECE_BYTES):
            far.send(bytes([DATA]) + piece)
        far.close()
        return
    _end(near, far)


def _end(near: socket.socket, far: "ClientConnection") -> None:
    """Close both sides, which ends the threads that wait on them."""
    with contextlib.suppress(OSError):
        near.shutdown(socket.SHUT_RDWR)
    far.close()
    near.close()


def _broken() -> tuple[type[Exception], ...]:
    """What a websocket says when it ended; the module is there as soon as one is open."""
    from websockets.exceptions import WebSocketException

    return (WebSocketException,)
