"""The report and the timeline, written when an incident closes.

Source: runbook "Post-Incident Actions".
"""

from pathlib import Path

from blocks.clients import clients
from blocks.record.incident_account import account_of
from outage.errors import cut
from outage.incidents.incident import Incident
from outage.incidents.timeline import EntryKind
from outage.policies.policy import follow_up_owner
from outage.reports.post_incident.follow_ups import owes_post_mortem
from outage.reports.post_incident.phase_picture import phases_in_picture
from outage.reports.post_incident.post_mortem import post_mortem
from outage.reports.record_json import account_in_json
from outage.reports.report import Account, report, timeline_in_markdown
from tasks.record import note_entry
from tasks.tell.run_artifacts import dashboard_links, show_artifact

ACCOUNT = "account"
"""Name of the archived document: the JSON of `outage show`, timeline included, as it was at the close."""


def report_of(incident_id: str) -> Path:
    """Where the report of an incident is, or will be."""
    return Path(clients().settings.home) / "reports" / f"{incident_id}.md"


def post_mortem_of(incident_id: str) -> Path:
    """Where the post-mortem of an incident is, or will be."""
    return report_of(incident_id).with_name(f"{incident_id}-post-mortem.md")


def write_report(incident: Incident) -> str:
    """Write the report beside the record, and archive in the record what the incident was; again changes nothing.

    Of P0 and P1 the post-mortem is written beside it. A file that people may have filled in since is left alone.

    Returns:
        Path of the markdown report; empty when no file could be written, which the timeline then says: a full
        disk must not change how the outage ended, and the record can render the report at any time.
    """
    path, account = report_of(incident.id), people_told(incident)
    clients().record.keep_archive(
        incident.id, ACCOUNT, account_in_json(account), incident.closed_at or incident.opened_at
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(report(account), encoding="utf-8")
        _begin_post_mortem(account)
    except OSError as error:
        note_entry(
            incident.id, EntryKind.NOTE, f"the report could not be written to {path}: {cut(str(error))}"
        )
        return ""
    return str(path)


def _begin_post_mortem(account: Account) -> None:
    file = post_mortem_of(account.incident.id)
    if owes_post_mortem(account.incident) and not file.exists():
        file.write_text(post_mortem(account), encoding="utf-8")
        note_entry(account.incident.id, EntryKind.NOTE, f"the post-mortem is prefilled in {file}")


async def publish_report(incident_id: str) -> None:
    """Show the timeline and the report in the UI, on the incident's own run; called from the top-level flow."""
    account = people_told(clients().record.incident(incident_id))
    timeline = timeline_in_markdown(account.entries, account.incident, phases_in_picture)
    await show_artifact(incident_id, "timeline", timeline, "Timeline")
    await show_artifact(incident_id, "report", report(account, phases_in_picture), "Report")


def people_told(incident: Incident) -> Account:
    """Everything that the report tells."""
    owner = follow_up_owner(clients().policy_for(incident))
    told = account_of(clients().record, incident, dashboard_links(), owner)
    return told.model_copy(update={"links": {**told.links, **runbook_links(told)}})


def runbook_links(account: Account) -> dict[str, str]:
    """The runbook pages of the causes that were mended, else of the likeliest one."""
    likeliest = account.diagnosis.hypotheses[:1] if account.diagnosis else ()
    causes = dict.fromkeys(one.cause for one in account.mended or likeliest)
    return {f"Runbook: {one}": clients().settings.cause_page(one) for one in causes}
