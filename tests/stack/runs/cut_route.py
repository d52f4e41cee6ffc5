"""A worker's route to the server, which can be cut: what is on its way is held, and nobody hangs up."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PIECE_BYTES = 1 << 16


class CutRoute:
    """A port of the loopback that leads to one place, as long as it is open."""

    def __init__(self, towards: int | Path) -> None:
        self.towards = towards
        """A port of the loopback, or a unix socket."""
        self.open = threading.Event()
        self.open.set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._made: list[socket.socket] = []

    @property
    def port(self) -> int:
        """Where the worker asks."""
        return int(self._listening.getsockname()[1])

    def cut(self) -> None:
        """From now on nothing comes through, in neither direction; who connects is not answered."""
        self.open.clear()

    def heal(self) -> None:
        """Let what was held come through, and all that comes after it."""
        self.open.set()

    def carry(self) -> None:
        """Take connections until the end."""
        while True:
            try:
                one, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._carry_one, args=(one,), daemon=True).start()

    def _carry_one(self, one: socket.socket) -> None:
        self.open.wait()
        try:
            other = self._reached()
        except OSError:
            one.close()
            return
        self._made += [one, other]
        threading.Thread(target=self._pump, args=(other, one), daemon=True).start()
        self._pump(one, other)

    def _reached(self) -> socket.socket:
        if isinstance(self.towards, int):
            return socket.create_connection(("127.0.0.1", self.towards))
        made = socket.socket(socket.AF_UNIX)
        made.connect(str(self.towards))
        return made

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while piece := source.recv(PIECE_BYTES):
                self.open.wait()
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one side is gone: the other is told below
        finally:
            for end in (source, sink):
                try:
                    end.shutdown(socket.SHUT_RD if end is source else socket.SHUT_WR)
                except OSError:
                    continue

    def end(self) -> None:
        """Hang up on everybody."""
        self.open.set()
        for one in (self._listening, *self._made):
            one.close()


@contextmanager
def cut_route(towards: int | Path) -> Iterator[CutRoute]:
    """A route for as long as the block lasts.

    Args:
        towards: A port of the loopback, or a unix socket.
    """
    made = CutRoute(towards)
    threading.Thread(target=made.carry, daemon=True).start()
    try:
        yield made
    finally:
        made.end()
