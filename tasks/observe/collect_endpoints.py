"""Ask the user-facing endpoints as a user would."""

from collections.abc import Callable
from functools import partial
from shlex import quote
from urllib.parse import urlsplit

from blocks.web import probe_url
from outage.errors import OutageError
from outage.platforms.platform import Endpoint, Platform
from outage.snapshots.snapshot import Probe
from tasks.observe.collector import Collector


class NotForUs(OutageError):
    """The endpoint cannot be judged from this machine."""


def collect_endpoints(
    looks: Collector, platform: Platform, kept: list[Probe], reviewed: bool = True
) -> list[Callable[[], None]]:
    """One request per endpoint.

    Args:
        looks: Where the evidence goes.
        platform: Names the endpoints, their addresses and their authority.
        kept: Takes the probes.
        reviewed: Whether a person wrote the endpoints down. Names that were only found on ingresses may well
            not resolve on this machine: then nothing is known, instead of an outage.
    """
    return [partial(_probe, looks, platform, one, kept, reviewed) for one in platform.endpoints]


def _probe(
    looks: Collector, platform: Platform, endpoint: Endpoint, kept: list[Probe], reviewed: bool
) -> None:
    host = urlsplit(endpoint.url).hostname or ""
    address = platform.resolve.get(host)

    def ask() -> Probe:
        seen = probe_url(
            endpoint.url,
            service=endpoint.service,
            resolve=platform.resolve,
            ca_file=platform.ca_file,
            within_seconds=looks.budget.seconds(5),
            trusting=not reviewed,
        )
        if not reviewed and seen.status is None and address is None:
            raise NotForUs(f"ask {endpoint.url}: {seen.problem}; it was only found on an ingress")
        kept.append(seen)
        return seen

    looks.see(
        f"probe/{endpoint.url}", typed_curl(endpoint.url, address, platform.ca_file), ask, describe_probe
    )


def typed_curl(url: str, address: str | None, ca_file: str | None) -> str:
    """What a person would type for the same request."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    option = "--connect-to" if ":" in (address or "") else "--resolve"  # only the former takes another port
    resolved = f" {option} {parts.hostname}:{port}:{address}" if address else ""
    trusted = f" --cacert {quote(ca_file)}" if ca_file and parts.scheme == "https" else ""
    return f"curl -f{resolved}{trusted} {quote(url)}"


def describe_probe(seen: Probe) -> str:
    """`200 in 12 ms, certificate until 2030-01-01`."""
    status = f"{seen.status}" if seen.status is not None else "no answer"
    after = f" in {seen.seconds * 1000:.0f} ms" if seen.seconds is not None else ""
    until = f", certificate until {seen.tls_expires_at:%Y-%m-%d}" if seen.tls_expires_at else ""
    return f"{status}{after}{until}" + (f": {seen.problem}" if seen.problem else "")
