"""The report and the timeline, written when an incident closes.

Source: runbook "Post-Incident Actions".
"""

from pathlib import Path

from blocks.doors import doors
from blocks.record.account import account_of
from outage.incident import Incident
from outage.report import Account, report, timeline_in_markdown
from tasks.tell.artifacts import show


def write_report(incident: Incident) -> Path:
    """Write the report beside the record.

    Returns:
        Path of the markdown report.
    """
    folder = Path(doors().settings.home) / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{incident.id}.md"
    path.write_text(report(told(incident)), encoding="utf-8")
    return path


async def publish(incident_id: str) -> None:
    """Show the timeline and the report in the UI, on the incident's own run; called from the top-level flow."""
    account = told(doors().record.incident(incident_id))
    await show(incident_id, "timeline", timeline_in_markdown(account.entries), "Timeline")
    await show(incident_id, "report", report(account), "Report")


def told(incident: Incident) -> Account:
    """Everything that the report tells."""
    return account_of(doors().record, incident, doors().platform.dashboards)
