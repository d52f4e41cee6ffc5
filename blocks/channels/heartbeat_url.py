"""The sign of life that we give: a URL of a service that calls somebody when nobody asks for it any more.

Such a URL is a secret: what went wrong is said with its host, and with nothing that a library says of it.
"""

from urllib.parse import urlsplit

import httpx

TIMEOUT_SECONDS = 10.0


def heartbeat_host(url: str) -> str:
    """The part of the URL that may be shown."""
    try:
        return urlsplit(url).hostname or "(no host)"
    except ValueError:
        return "(no host)"


def ask_heartbeat(url: str, method: str = "GET", within_seconds: float = TIMEOUT_SECONDS) -> str:
    """Ask for the URL once.

    Args:
        url: Of a service such as healthchecks.io or Dead Man's Snitch.
        method: `GET` or `POST`.
        within_seconds: For each step of the request.

    Returns:
        What went wrong, without the URL; empty when the service took it.
    """
    tried = f"give a sign of life to {heartbeat_host(url)}"
    try:
        answer = httpx.request(method, url, timeout=within_seconds, follow_redirects=True)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
        return f"{tried}: no answer ({type(error).__name__})"
    return "" if answer.is_success else f"{tried}: it answers {answer.status_code}"
