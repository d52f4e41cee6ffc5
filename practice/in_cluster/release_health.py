"""Whether what is installed in the cluster is whole, and would answer an alert."""

import time
from collections.abc import Callable
from typing import Any

from blocks.retry import wait_until
from practice.host.narration import Narrate, Say
from practice.platform import platform_access, platform_health
from practice.platform.kubectl import Kubectl
from practice.practice_errors import PracticeError

RELEASE_NAMESPACE = platform_access.SYSTEM_NAMESPACE
SERVICES_NAMESPACE = "outage-services"
WITHIN_SECONDS = 420.0
"""On two cores that are busy: a dozen Python processes begin at once."""
HEALTH = """\
import sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen("http://127.0.0.1:4210/health", timeout=20).read().decode())
except urllib.error.HTTPError as error:
    sys.exit(error.read().decode())
"""


def await_whole(kubectl: Kubectl, namespace: str, say: Say) -> None:
    """Wait until every Deployment of a namespace is whole, and of the newest revision.

    Raises:
        PracticeError: One is not, in time; which, and what its pods say.
    """
    _await(
        lambda: [f"{one.what}: {one.wrong}" for one in parts_of(kubectl, namespace) if one.wrong],
        lambda missing: say(f"waiting for {'; '.join(missing)}"),
        lambda: words_of_unready_pods(kubectl, namespace),
    )


def await_health(kubectl: Kubectl) -> None:
    """Wait until the intake says that alerts would be answered.

    Raises:
        PracticeError: It does not, in time; what it says.
    """

    def wrong() -> list[str]:
        words = ("exec", "deployment/outage-intake", "-n", RELEASE_NAMESPACE, "--", "python3", "-c", HEALTH)
        answer = kubectl.attempt(*words)
        return [answer.stderr.strip()[-400:]] if answer.returncode else []

    _await(wrong, lambda missing: None, lambda: "")


def _await(
    missing: Callable[[], list[str]], tell: Callable[[list[str]], None], why: Callable[[], str]
) -> None:
    said = time.monotonic()
    found: list[str] = []

    def whole() -> bool:
        nonlocal said
        found[:] = missing()
        if found and time.monotonic() - said > platform_health.TOLD_EVERY_SECONDS:
            said = time.monotonic()
            tell(found)
        return not found

    if not wait_until(whole, WITHIN_SECONDS, 1.0):
        raise PracticeError(f"the installation did not become ready: {'; '.join(found)}. {why()}")


def parts_of(kubectl: Kubectl, namespace: str) -> list[Narrate]:
    """Return one line for each Deployment of a namespace, with what it lacks."""
    found: list[dict[str, Any]] = kubectl.read("deployments", "-n", namespace).get("items", [])
    return [
        Narrate(
            one["metadata"]["name"],
            namespace,
            platform_health.started_at(one),
            platform_health.lacking_health(one),
        )
        for one in found
    ]


def installed_parts(kubectl: Kubectl) -> list[Narrate]:
    """Return one line for each part that is installed; none when nothing is."""
    return [*parts_of(kubectl, SERVICES_NAMESPACE), *parts_of(kubectl, RELEASE_NAMESPACE)]


def words_of_unready_pods(kubectl: Kubectl, namespace: str) -> str:
    """Return what pods that are not ready say of themselves, cut to what a sentence holds."""
    found = []
    for pod in kubectl.read("pods", "-n", namespace).get("items", []):
        for container in pod.get("status", {}).get("containerStatuses", []):
            if not container["ready"]:
                name = pod["metadata"]["name"]
                log = kubectl.attempt("logs", name, "-n", namespace, "--tail=3")
                found.append(f"{name}: {next(iter(container['state']))}: {log.stdout.strip()[-200:]}")
    return " | ".join(found)[:1200]
