"""Report: a person tells of an outage that no alert tells of, from the UI."""

from enum import Enum
from typing import Any, Literal

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from blocks.installation.platform_files import PlatformFiles
from blocks.settings import Settings
from tasks.watch.report_by_hand import pass_on_report

PLATFORMS = [one.name for one in PlatformFiles(Settings()).registry().platforms]
"""As they stand when the runner makes the deployments known: a new file is a choice after the next `outage up`."""

ReportedPlatform = Enum("ReportedPlatform", {name: name for name in PLATFORMS or ["none"]}, type=str)  # type: ignore[misc]


@flow(name="report", flow_run_name="report: {title}", persist_result=False, timeout_seconds=60)
async def report_by_hand(
    title: str,
    platform: ReportedPlatform,
    by: str,
    service: str = "",
    severity: Literal["P0", "P1", "P2", "warning", "info"] = "P1",
    address: str = "",
) -> State[Any]:
    """Tell of an outage that no alert tells of; starts a response, or says which open incident it joins.

    Args:
        title: What users see, in a few words.
        platform: Where.
        by: Your handle; policy may want somebody else's yes.
        service: The service that fails, if you know it.
        severity: How bad it is for users; it is measured all the same.
        address: A URL that fails, if there is one.

    Returns:
        Completed, with the incident and why in its message.
    """
    told = {"title": title, "platform": str(platform.value), "service": service, "severity": severity}
    return Completed(name="Reported", message=pass_on_report({**told, "by": by, "address": address}))
