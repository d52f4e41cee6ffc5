"""Memory against its limit while it is watched: healthy cases first."""

from typing import Any

import pytest

from outage.snapshots.snapshot import Usage
from outage.verification.resource_use import memory_shares, resources_steady


@pytest.mark.parametrize(
    ("first", "now", "ok"),
    [
        pytest.param({"a": 0.4}, {"a": 0.5}, True, id="far from it"),
        pytest.param({"a": 0.96}, {"a": 0.97}, True, id="it lives near its limit, as ever"),
        pytest.param({}, {}, None, id="nobody gives numbers"),
        pytest.param({"a": 0.5}, {"a": 0.97}, False, id="it fills up"),
    ],
)
def test_what_fills_up_while_it_is_watched_has_not_recovered(
    first: dict[str, float], now: dict[str, float], ok: bool | None
) -> None:
    """It will be killed in a minute."""
    assert resources_steady(first, now).ok is ok


def pod(name: str, *limits: str | None) -> dict[str, Any]:
    """A pod with containers of these limits."""
    made = [{"resources": {"limits": {"memory": one}} if one else {}} for one in limits]
    return {"metadata": {"name": name}, "spec": {"containers": made}}


def test_only_pods_whose_containers_all_have_limits_are_compared() -> None:
    """The limit of one container is none for the pod."""
    usage = [Usage(kind="Pod", name=name, cpu_cores=0.1, memory_bytes=64 * 1024**2) for name in "abc"]

    assert memory_shares(usage, [pod("a", "64Mi", "64Mi"), pod("b", "64Mi", None), pod("d", "1Gi")]) == {
        "a": 0.5
    }
