"""Baseline: keep the known-good picture of the platform, while it is verified healthy."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.observe.tasks import look_for_baseline
from tasks.record.incident_place import take_platform
from tasks.record.keep_baseline import keep_if_healthy


@flow(name="baseline", persist_result=False, timeout_seconds=300)
async def record_baseline(platform: str = "") -> State[Any]:
    """Record normalised manifests of a platform, unless something is wrong or an incident of it is open.

    Args:
        platform: Its name; empty for the settings' own.

    Returns:
        Completed, named `Recorded` or `Refused` with the reason.
    """
    take_platform(platform)
    kept = keep_if_healthy(look_for_baseline())
    return Completed(name="Refused" if kept.refused else "Recorded", message=kept.says)
