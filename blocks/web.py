"""Requests as a user makes them: status, latency, certificate and name, one URL at a time."""

import socket
import ssl
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import SplitResult, urlsplit

import urllib3

from outage.errors import cut
from outage.snapshots.snapshot import Probe

READ_BYTES = 64 * 1024
SHORTEST_SECONDS = 0.05


def probe_url(
    url: str,
    *,
    service: str = "",
    resolve: Mapping[str, str] | None = None,
    ca_file: str | None = None,
    within_seconds: float = 5.0,
    trusting: bool = False,
) -> Probe:
    """GET a URL once; every failure is a value.

    Args:
        url: What a user would open.
        service: Name of the service it stands for.
        resolve: Host → address, as `curl --resolve`: the name stays in Host and SNI.
        ca_file: Authority that signed the certificate, when it is not a public one.
        within_seconds: For the whole request, the name's lookup included.
        trusting: Ask again without verifying when the certificate is not trusted, and say so in `problem`.
    """
    parts = urlsplit(url)
    began = time.perf_counter()
    try:
        address = (resolve or {}).get(parts.hostname or "") or _resolve(parts, within_seconds)
        left = _left(began, within_seconds)
        status, expires = _get(parts, address, ca_file, left, verify=True)
        return Probe(url=url, service=service, status=status, seconds=_since(began), tls_expires_at=expires)
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        problem = _problem(error, parts)
        if trusting and "certificate" in problem:
            return _unverified(url, service, parts, address, _left(began, within_seconds), problem)
        return _unanswered(url, service, began, error, problem)


def _unverified(
    url: str, service: str, parts: SplitResult, address: str, within_seconds: float, problem: str
) -> Probe:
    began = time.perf_counter()
    try:
        status, _ = _get(parts, address, None, within_seconds, verify=False)
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        return _unanswered(url, service, began, error, _problem(error, parts))
    return Probe(url=url, service=service, status=status, seconds=_since(began), problem=problem)


def _unanswered(url: str, service: str, began: float, error: Exception, problem: str) -> Probe:
    unresolved = isinstance(_root_of(error), socket.gaierror)
    return Probe(url=url, service=service, seconds=_since(began), problem=problem, unresolved=unresolved)


def _since(began: float) -> float:
    return round(time.perf_counter() - began, 4)


def _left(began: float, within_seconds: float) -> float:
    return max(within_seconds - (time.perf_counter() - began), SHORTEST_SECONDS)


def _resolve(parts: SplitResult, within_seconds: float) -> str:
    return resolved_addresses(parts.hostname or "", within_seconds)[0]


def resolved_addresses(host: str, within_seconds: float) -> list[str]:
    """The addresses of a name, in the resolver's order; the resolver itself knows no limit of time.

    Args:
        host: A name, or an address, which is given back.
        within_seconds: How long is waited; the thread that asks is left behind then.

    Raises:
        OSError: The name does not resolve, or nobody said so in time.
    """
    found: list[str] = []
    failed: list[OSError | UnicodeError] = []

    def ask() -> None:
        try:
            found.extend(str(one[4][0]) for one in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            failed.append(error)

    asking = threading.Thread(target=ask, name="resolve", daemon=True)
    asking.start()
    asking.join(within_seconds)
    if failed:
        raise failed[0]
    if not found:
        raise socket.gaierror(socket.EAI_AGAIN, f"no answer within {within_seconds:.0f} s")
    return found


def _get(
    parts: SplitResult, address: str, ca_file: str | None, within_seconds: float, verify: bool
) -> tuple[int, datetime | None]:
    host, _, port = address.rpartition(":") if address.count(":") == 1 else (address, "", "")
    timeout = urllib3.Timeout(total=within_seconds)
    pool: urllib3.HTTPConnectionPool
    if parts.scheme == "https":
        tls = ssl.create_default_context(cafile=ca_file)
        if not verify:
            tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        pool = urllib3.HTTPSConnectionPool(
            host,
            int(port or parts.port or 443),
            timeout=timeout,
            ssl_context=tls,
            server_hostname=parts.hostname,
            assert_hostname=parts.hostname if verify else False,
        )
    else:
        pool = urllib3.HTTPConnectionPool(host, int(port or parts.port or 80), timeout=timeout)
    with pool:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        answer = pool.urlopen(
            "GET",
            target,
            headers={"Host": parts.netloc, "User-Agent": "outage"},
            retries=False,
            redirect=False,
            assert_same_host=False,
            preload_content=False,
        )
        expires = _expiry(answer)
        answer.read(READ_BYTES)
        answer.close()
        return int(answer.status), expires


def _expiry(answer: urllib3.BaseHTTPResponse) -> datetime | None:
    """When the server's certificate ends; only a verified one tells."""
    peer = getattr(getattr(getattr(answer, "connection", None), "sock", None), "getpeercert", None)
    until = (peer() or {}).get("notAfter") if peer else None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC) if until else None


def _root_of(error: Exception) -> BaseException:
    root: BaseException = error
    while isinstance(root, urllib3.exceptions.MaxRetryError) and root.reason:
        root = root.reason
    return root


def _problem(error: Exception, parts: SplitResult) -> str:
    root = _root_of(error)
    text = str(root)
    if isinstance(root, socket.gaierror):
        return f"{parts.hostname} does not resolve ({root.strerror})"
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return f"the certificate is not trusted ({cut(text.rpartition('failed: ')[2].partition(' (_ssl')[0], 120)})"
    if "Connection refused" in text:
        return "connection refused"
    if isinstance(root, urllib3.exceptions.NewConnectionError):  # a timeout by inheritance only
        return cut(text.rpartition("] ")[2], 160)
    if isinstance(root, urllib3.exceptions.TimeoutError | TimeoutError):
        return "no answer in time"
    return cut(text, 160)


def host_names(url: str, within_seconds: float = 5.0) -> tuple[str, list[str]]:
    """The URL's host and the addresses that public DNS gives for it; an empty list when it gives none in time.

    Args:
        url: Whose host is looked up.
        within_seconds: How long is waited.
    """
    host = urlsplit(url).hostname or ""
    try:
        return host, sorted(set(resolved_addresses(host, within_seconds)))
    except (OSError, UnicodeError):
        return host, []
