"""Whether the platform is well: what its objects say, and what its users get."""

import http.client
import json
import socket
import ssl
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from blocks.retry import wait_until
from practice.host.narration import Say
from practice.platform.kubectl import Kubectl
from practice.platform.platform_manifests import NAMESPACE
from practice.practice_errors import PracticeError

NAMESPACES = (NAMESPACE, "monitoring", "ingress-nginx", "practice-users")
ENDPOINTS = (
    ("api.adaptivelearning.com", "/health"),
    ("app.adaptivelearning.com", "/health"),
    ("api.adaptivelearning.com", "/auth/health"),
    ("api.adaptivelearning.com", "/users/health"),
    ("api.adaptivelearning.com", "/scheduler/health"),
    ("api.adaptivelearning.com", "/content/health"),
)
PATIENCE_SECONDS = 180
TOLD_EVERY_SECONDS = 15


def platform_waiting_for(kubectl: Kubectl, namespaces: tuple[str, ...]) -> list[str]:
    """Return the workloads that are not whole, each with its count of ready pods."""
    found = kubectl.read("deployments,daemonsets", "--all-namespaces")
    missing = []
    for item in found.get("items", []):
        if item["metadata"]["namespace"] in namespaces and (wrong := lacking_health(item)):
            missing.append(f"{item['kind'].lower()}/{item['metadata']['name']} {wrong}")
    present = {item["metadata"]["namespace"] for item in found.get("items", [])}
    return missing + [f"namespace {name}: nothing in it yet" for name in namespaces if name not in present]


def lacking_health(item: dict[str, Any]) -> str:
    """Return "1 of 2 ready" for a workload that is not whole; nothing for one that is."""
    spec, status = item["spec"], item.get("status", {})
    if item["kind"] == "DaemonSet":
        wanted, ready = status.get("desiredNumberScheduled", 0), status.get("numberAvailable", 0)
        enough = wanted > 0 and ready >= wanted
    else:
        wanted, ready = spec.get("replicas", 1), status.get("availableReplicas", 0)
        settled = status.get("observedGeneration", 0) >= item["metadata"]["generation"]
        enough = settled and ready >= wanted and status.get("updatedReplicas", 0) >= wanted
    return "" if enough else f"{ready} of {wanted} ready"


def failing_endpoints(address: str, authority: Path) -> list[str]:
    """Ask every public health route over TLS, and return those that do not answer 200."""
    failing = []
    for host, path in ENDPOINTS:
        try:
            status = ask_users_url(address, host, path, authority)
        except (OSError, http.client.HTTPException) as error:
            failing.append(f"https://{host}{path}: {error}")
        else:
            if status != http.client.OK:
                failing.append(f"https://{host}{path}: {status}")
    return failing


def ask_users_url(address: str, host: str, path: str, authority: Path, seconds: float = 3.0) -> int:
    """Send one request to a public name at an address, as `curl --resolve` would; return the status."""
    context = ssl.create_default_context(cafile=str(authority))
    with (
        socket.create_connection((address, 443), timeout=seconds) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        connection = http.client.HTTPConnection(host)
        connection.sock = secured
        connection.request("GET", path, headers={"Connection": "close"})
        return connection.getresponse().status


def wait_healthy_platform(problems: Callable[[], list[str]], say: Say) -> None:
    """Look every second until there are no problems.

    Raises:
        PracticeError: There still are some after a while; which.
    """
    found: list[str] = []
    told = time.monotonic()

    def healthy() -> bool:
        nonlocal told
        found[:] = problems()
        if found and time.monotonic() - told > TOLD_EVERY_SECONDS:
            told = time.monotonic()
            say(f"waiting for {len(found)}: {'; '.join(found[:4])}")
        return not found

    if not wait_until(healthy, PATIENCE_SECONDS, 1):
        raise PracticeError(
            f"the practice platform is not healthy after {PATIENCE_SECONDS} s: {'; '.join(found[:6])}"
        )


def firing_alerts(kubectl: Kubectl) -> list[str]:
    """Return the names of the alerts that fire, but for the one that always does."""
    path = "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/api/v1/alerts"
    alerts = json.loads(kubectl.run("get", "--raw", path))["data"]["alerts"]
    names = {
        f"{alert['labels']['alertname']}({alert['labels'].get('service', '')})"
        for alert in alerts
        if alert["state"] == "firing" and alert["labels"]["alertname"] != "Watchdog"
    }
    return sorted(names)


def started_at(item: dict[str, Any]) -> datetime:
    """Return when an object was made."""
    return datetime.fromisoformat(item["metadata"]["creationTimestamp"])
