"""What the API server refuses and what the connection fails with, in our own errors.

Promise: no error of the HTTP library leaves this package, and no body of an answer that may hold a manifest.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import urllib3

from outage.errors import (
    ClusterConflict,
    ClusterError,
    ClusterForbidden,
    ClusterMissing,
    ClusterRejected,
    ClusterThrottled,
    ClusterUnreachable,
    FileError,
    cut,
)

WRITES_REFUSED_BY = ("admission webhook", "exceeded quota", "violates PodSecurity", "maximum", "minimum")
"""A 403 with these words came from admission, not from missing rights."""


@contextmanager
def translated_cluster_errors(what: str, server: str, within_seconds: float) -> Iterator[None]:
    """Turn the HTTP library's errors into ours.

    Args:
        what: What was done, for the sentence of an error.
        server: Whom it was asked of.
        within_seconds: The time that was given, told when it ran out.

    Raises:
        ClusterUnreachable: No answer, none in time, or no trusted connection. Transient.
        FileError: The server's address is none; it stands in the kubeconfig. Permanent.
    """
    try:
        yield
    except urllib3.exceptions.NewConnectionError as error:  # a ConnectTimeoutError by inheritance only
        reason = str(error).rpartition("] ")[2]
        raise ClusterUnreachable(f"{what}: no answer from {server} ({cut(reason)})") from error
    except urllib3.exceptions.ConnectTimeoutError as error:
        raise ClusterUnreachable(f"{what}: {server} does not accept connections in time") from error
    except urllib3.exceptions.TimeoutError as error:
        raise ClusterUnreachable(f"{what}: {server} did not answer within {within_seconds:.0f} s") from error
    except (urllib3.exceptions.SSLError, ssl.SSLError) as error:
        raise ClusterUnreachable(f"{what}: no trusted connection to {server} ({cut(str(error))})") from error
    except urllib3.exceptions.LocationValueError as error:
        raise FileError(f"{what}: {server!r} is not an address; look at the kubeconfig") from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise ClusterUnreachable(f"{what}: no answer from {server} ({cut(str(error))})") from error


def refusal_of(status: int, content: bytes, what: str, method: str = "GET") -> ClusterError:
    """The error of ours for an answer that is not a success.

    Args:
        status: HTTP status.
        content: Body of the answer; a `Status` object in most cases.
        what: What was asked, for the sentence.
        method: HTTP verb: a 404 to a write means another thing than one to a read.

    Returns:
        An error that says by its type whether trying again helps.
    """
    says = _sentence(content)
    text = f"{what}: {status}" + (f", {says}" if says else "")
    if status == 403 and method != "GET" and any(word in says for word in WRITES_REFUSED_BY):
        return ClusterRejected(text)
    if status in (401, 403):
        return ClusterForbidden(text)
    if status == 404:
        return ClusterMissing(text)
    if status in (409, 410):
        return ClusterConflict(text)
    if status == 429:
        return ClusterThrottled(text)
    if status == 500 and "failed calling webhook" in says:
        return ClusterRejected(text)
    return ClusterUnreachable(text) if status >= 500 else ClusterRejected(text)


def _sentence(content: bytes) -> str:
    """What a Status object says. Bodies of any other form are dropped: they may hold whole manifests."""
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        return ""
    if not isinstance(body, dict) or body.get("kind") != "Status":
        return ""
    return cut(str(body.get("message", "")))
