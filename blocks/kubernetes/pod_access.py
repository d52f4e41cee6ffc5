"""What can be asked of one pod: its logs, a command inside it, a port of it."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from blocks.kubernetes.api_client import ANSWER_SECONDS
from blocks.kubernetes.object_reader import ObjectReader
from blocks.kubernetes.pod_streams import open_channels
from blocks.kubernetes.port_forward import PortForward
from outage.errors import ClusterUnreachable, cut

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

LOG_BYTES = 256 * 1024
EXEC_BYTES = 256 * 1024
STDOUT, STDERR, STATUS = 1, 2, 3
"""Channels of the exec protocol."""
UNPRINTABLE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[^\x09\x0a\x20-\x7e\u00a0-\uffff]")


@dataclass(frozen=True)
class CommandOutput:
    """What a command in a pod printed, and how it ended."""

    out: str
    err: str
    code: int
    """Exit status; 126 or 127 mostly mean that the program is not in the image."""


class PodAccess(ObjectReader):
    """The pod's half of the door."""

    def logs(
        self,
        namespace: str,
        pod: str,
        container: str | None = None,
        *,
        previous: bool = False,
        tail: int = 300,
        limit_bytes: int = LOG_BYTES,
        timestamps: bool = True,
        since_seconds: int | None = None,
        within_seconds: float = ANSWER_SECONDS,
    ) -> str:
        """The end of a container's log, as printable text.

        A log whose last `tail` lines are longer than `limit_bytes` is asked for again with fewer lines, because
        the API server cuts at the wrong end.

        Args:
            namespace: Where the pod is.
            pod: Its name.
            container: None where the pod has only one.
            previous: The container's life before the last restart.
            tail: Lines from the end.
            limit_bytes: Longest answer, in bytes.
            timestamps: Whether the kubelet's time stands in front of each line.
            since_seconds: Only what is younger, in seconds; None for all.
            within_seconds: For the whole answer.

        Raises:
            ClusterMissing: The pod is not there. Permanent.
            ClusterRejected: The container has no log (yet), or no previous life. Permanent.
        """
        what = f"read the {'previous ' if previous else ''}log of pod/{pod} in {namespace}"
        content = b""
        for lines in (tail, max(tail // 10, 5), 1):
            content = self._api.request(
                "GET",
                f"/api/v1/namespaces/{namespace}/pods/{pod}/log",
                what,
                query={
                    "container": container,
                    "previous": "true" if previous else None,
                    "tailLines": lines,
                    "limitBytes": limit_bytes,
                    "timestamps": "true" if timestamps else None,
                    "sinceSeconds": since_seconds,
                },
                accept="*/*",
                limit_bytes=limit_bytes,
                cut_off=True,
                within_seconds=within_seconds,
            )
            if len(content) < limit_bytes:
                break
        return printable_output(content)

    def log_from_its_beginning(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        previous: bool = False,
        limit_bytes: int,
        within_seconds: float,
    ) -> Iterator[bytes]:
        """A container's log as the kubelet keeps it, the oldest line first, in pieces that end anywhere.

        Args:
            namespace: Where the pod is.
            pod: Its name.
            container: Its name.
            previous: The container's life before the last restart.
            limit_bytes: Given at most; the log may be longer.
            within_seconds: After which no more is given.

        Raises:
            ClusterMissing: The pod is not there. Permanent.
            ClusterRejected: The container has no log (yet), or no previous life. Permanent.
        """
        return self._api.pieces(
            f"/api/v1/namespaces/{namespace}/pods/{pod}/log",
            f"read the whole {'previous ' if previous else ''}log of pod/{pod} in {namespace}",
            query={
                "container": container,
                "previous": "true" if previous else None,
                "limitBytes": limit_bytes,
                "timestamps": "true",
            },
            within_seconds=within_seconds,
            limit_bytes=limit_bytes,
        )

    def execute(
        self,
        namespace: str,
        pod: str,
        command: list[str],
        container: str | None = None,
        *,
        within_seconds: float = 10.0,
        limit_bytes: int = EXEC_BYTES,
    ) -> CommandOutput:
        """Run a command in a pod, without a terminal and without input.

        Args:
            namespace: Where the pod is.
            pod: Its name.
            command: Program and arguments; no shell reads them.
            container: None where the pod has only one.
            within_seconds: Until the command must have ended.
            limit_bytes: What is kept of each stream, in bytes.

        Returns:
            Both streams as text, and the exit code.

        Raises:
            ClusterForbidden: Our identity may not exec. Permanent.
            ClusterUnreachable: The pod cannot be entered, or the command did not end in time. Transient.
        """
        what = f"exec in pod/{pod} in {namespace}"
        query = [("stdout", "true"), ("stderr", "true"), *(("command", word) for word in command)]
        if container:
            query.append(("container", container))
        channels = open_channels(
            self._api, f"/api/v1/namespaces/{namespace}/pods/{pod}/exec", query, what, within_seconds
        )
        with channels:
            return _listen(channels, what, time.monotonic() + within_seconds, limit_bytes)

    def forward(self, namespace: str, pod: str, port: int) -> PortForward:
        """A port of a pod as a port of 127.0.0.1: `with cluster.forward("shop", "db-0", 5432) as local:`.

        Args:
            namespace: Where the pod is.
            pod: Its name.
            port: Of the pod; the local one is chosen by the system.

        Returns:
            A context that gives the local port and closes it when it ends.
        """
        return PortForward(self._api, namespace, pod, port)


def _listen(channels: "ClientConnection", what: str, until: float, limit_bytes: int) -> CommandOutput:
    from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK  # there since it is open

    heard = {STDOUT: b"", STDERR: b"", STATUS: b""}
    while not heard[STATUS]:
        try:
            frame = channels.recv(until - time.monotonic(), decode=False)
        except TimeoutError as error:
            raise ClusterUnreachable(f"{what}: the command did not end in time") from error
        except ConnectionClosedOK:
            break
        except (ConnectionClosedError, OSError) as error:
            raise ClusterUnreachable(f"{what}: the connection broke ({cut(str(error))})") from error
        if frame and frame[0] in heard and len(heard[frame[0]]) < limit_bytes:
            heard[frame[0]] += frame[1:]
    return CommandOutput(
        printable_output(heard[STDOUT]), printable_output(heard[STDERR]), _exit_code(heard[STATUS], what)
    )


def _exit_code(status: bytes, what: str) -> int:
    """The exit status from the closing Status object."""
    try:
        body = orjson.loads(status)
    except orjson.JSONDecodeError as error:
        raise ClusterUnreachable(f"{what}: it ended without a status") from error
    if body.get("status") == "Success":
        return 0
    for cause in (body.get("details") or {}).get("causes") or []:
        if cause.get("reason") == "ExitCode":
            return int(cause["message"])
    if "executable file not found" in body.get("message", "") or "no such file" in body.get("message", ""):
        return 127
    raise ClusterUnreachable(f"{what}: {cut(str(body.get('message', 'no reason given')))}")


def printable_output(content: bytes) -> str:
    """Foreign bytes as text without colours, control characters or broken letters."""
    return UNPRINTABLE.sub("", content.decode("utf-8", "replace").replace("\ufffd", "?"))
