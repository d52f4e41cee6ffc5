"""Watch: what no alert says and nobody answers. Runs on a schedule, beside the responses."""

from prefect import flow

from tasks.drill.scheduled.announced_drills import call_off_cancelled
from tasks.watch.led_incidents import look_after_led
from tasks.watch.tasks import (
    close_abandoned,
    open_what_no_alert_covers,
    silence_is_no,
    wake_answered,
    wake_folded,
)


@flow(name="watch", persist_result=False, timeout_seconds=110)
async def watch(platform: str = "") -> None:
    """Look after what waits: answers and outcomes that did not reach their run, silence, outages without an alert.

    Source: runbook "Escalation Triggers".

    Args:
        platform: Only look at this platform, by its name; empty: at the settings' own, after all that waits.
    """
    if not platform:
        wake_answered()
        wake_folded()
        silence_is_no()
        look_after_led()
        close_abandoned()
        call_off_cancelled()
    open_what_no_alert_covers(platform)
