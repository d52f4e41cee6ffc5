"""The address that a person reported as failing: asked like the platform file's own, if it is on one of its hosts.

Whoever may report must not be able to make this program call where they like: a request goes by GET, to a scheme, host
and port that a reviewed platform file names, follows no redirect, and carries nothing of ours.
"""

from urllib.parse import urlsplit

from blocks.clients import clients
from outage.incidents.alert import PERSON, Alert
from outage.incidents.timeline import EntryKind
from outage.platforms.platform import Endpoint, Platform
from tasks.record.keep_phase import note_entry

STANDARD_PORTS = {"http": 80, "https": 443}
MOST_ADDRESSES = 5
"""Of one incident; more of the same say the same."""


def platform_as_reported(incident_id: str) -> Platform:
    """The platform of an incident, with the addresses that people reported among its endpoints.

    What is not asked is on the timeline with the reason, once.

    Args:
        incident_id: Whose alerts are read.

    Raises:
        FileError: The platform file is gone or cannot be used. Permanent.
        RecordError: The record could not be asked. Transient.

    Source: runbook "Acknowledge and Assess".
    """
    platform = clients().platform
    told = [one for one in clients().record.alerts(incident_id) if reported_address(one)]
    asked: list[Endpoint] = []
    for alert in told[:MOST_ADDRESSES]:
        found, why = reported_endpoint(platform, alert)
        if found is None:
            note_entry(incident_id, EntryKind.EVIDENCE, f"not asked: {reported_address(alert)}: {why}")
        elif found.url not in [one.url for one in (*platform.endpoints, *asked)]:
            asked.append(found)
    return platform.model_copy(update={"endpoints": (*platform.endpoints, *asked)}) if asked else platform


def reported_address(alert: Alert) -> str:
    """The address that a person says fails; empty where there is none, or no person said it."""
    return alert.annotations.get("address", "").strip() if alert.source == PERSON else ""


def reported_endpoint(platform: Platform, alert: Alert) -> tuple[Endpoint | None, str]:
    """The reported address as an endpoint, or None and why it is not asked.

    Args:
        platform: Its endpoints are what may be asked.
        alert: A person's, with an address.
    """
    url = reported_address(alert)
    door = _door(url)
    if door is None:
        return None, "it is no http or https address, or carries a name and a password"
    known = next((one for one in platform.endpoints if _door(one.url) == door), None)
    if known is None:
        return None, "no endpoint of the platform file has its scheme, host and port"
    return Endpoint(url=url, service=known.service), ""


def _door(url: str) -> str | None:
    """Scheme, host and port, spelled out; None of what is no plain address of the web."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in STANDARD_PORTS or not parts.hostname or parts.username is not None:
        return None
    if any(letter.isspace() for letter in url):
        return None
    return f"{parts.scheme}://{parts.hostname.casefold()}:{port or STANDARD_PORTS[parts.scheme]}"
