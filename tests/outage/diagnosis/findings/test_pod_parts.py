"""Parts of a pod that are easily overlooked: init containers and what a projected volume names; innocent first."""

from collections.abc import Callable

import pytest

from tests.outage.diagnosis.worlds.otel_demo import Bazaar
from tests.outage.diagnosis.worlds.otel_demo_faults import first, told
from tests.outage.diagnosis.worlds.otel_demo_objects import named
from tests.outage.diagnosis.worlds.shop_objects import ago

Change = Callable[[Bazaar], None]
NO_KEY = 'MountVolume.SetUp failed for volume "p" : references non-existent secret key: ca.crt'


def _killed_at(limit: str | None) -> Change:
    """An init container of a new template is killed for memory; no older template is there."""

    def change(bazaar: Bazaar) -> None:
        resources = {"limits": {"memory": limit}} if limit else {}
        bazaar.spec("cart")["initContainers"] = [{"name": "migrate", "image": "x", "resources": resources}]
        last = {"terminated": {"reason": "OOMKilled", "exitCode": 137, "finishedAt": ago(seconds=25)}}
        state = {"waiting": {"reason": "CrashLoopBackOff"}}
        status = {"name": "migrate", "ready": False, "restartCount": 4, "state": state, "lastState": last}
        for pod in bazaar.recreated("cart", phase="Pending", waiting=("PodInitializing", "")):
            pod["status"]["initContainerStatuses"] = [status]

    return change


def _projects(optional: bool, *keys: str) -> Change:
    """A projected volume names one key of a Secret; the Secret has these."""

    def change(bazaar: Bazaar) -> None:
        bazaar.put("Secret", {"metadata": named("tls"), "data": dict.fromkeys(keys, "sha256:1")})
        asked = {"name": "tls", "optional": optional, "items": [{"key": "ca.crt", "path": "ca.crt"}]}
        bazaar.spec("cart")["volumes"] = [{"name": "p", "projected": {"sources": [{"secret": asked}]}}]
        for pod in bazaar.recreated("cart", waiting=("ContainerCreating", "")):
            bazaar.event(pod, "FailedMount", NO_KEY)

    return change


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_projects(False, "ca.crt"), id="the Secret has the key by now"),
        pytest.param(_projects(True, "tls.key"), id="the key is optional"),
    ],
)
def test_a_projected_secret_that_serves_is_not_accused(change: Change) -> None:
    """What it lacks was not needed, or is there."""
    assert not [one for one in told(change).hypotheses if one.cause == "config-key-missing"]


def test_a_key_that_a_projected_secret_lacks_is_named() -> None:
    """Its value is not invented."""
    one = first(_projects(False, "tls.key"))

    assert (one.cause, one.about.name, one.field) == ("config-key-missing", "tls", "data.ca.crt")
    assert one.repair is None


def test_the_limit_of_an_init_container_is_read() -> None:
    """Four mebibytes are far below what its siblings have."""
    one = first(_killed_at("4Mi"))

    assert (one.cause, one.live) == ("memory-limit-too-small", "4Mi")


def test_a_container_without_a_limit_is_not_said_to_have_one() -> None:
    """Then its node had no more."""
    one = first(_killed_at(None))

    assert one.cause == "out-of-memory"
    assert "no limit" in one.says
