"""What the Prefect UI shows beside the run: the diagnosis, the plan, the timeline."""

from prefect.artifacts import acreate_markdown_artifact

from blocks.clients import clients
from outage.diagnosis.hypothesis import Diagnosis
from outage.errors import FileError
from outage.plans.plan import Plan
from outage.plans.planned import Planned
from outage.reports.cause_pages.cause_runbook import cause_named
from outage.reports.markdown import diagnosis_in_markdown, plan_in_markdown
from outage.text.redaction import redact


async def show_artifact(incident_id: str, what: str, markdown: str, title: str) -> None:
    """Publish one page; the same key again is a newer version of it.

    Args:
        incident_id: Begins the key.
        what: Ends the key, as `plan-2`; only letters, digits and dashes are taken.
        markdown: The page; secrets are taken out here.
        title: What the UI's list says.
    """
    await acreate_markdown_artifact(
        markdown=redact(markdown), key=f"{incident_id}-{what}".lower(), description=title
    )


async def show_diagnosis(incident_id: str, attempt: int, diagnosis: Diagnosis) -> None:
    """Publish what was found and which causes fit.

    Args:
        incident_id: Whose diagnosis it is.
        attempt: The plan that it is made for.
        diagnosis: What was found.
    """
    title = f"What is wrong, attempt {attempt}"
    await show_artifact(incident_id, "diagnosis", diagnosis_in_markdown(diagnosis, dashboard_links()), title)


def dashboard_links() -> dict[str, str]:
    """The platform's dashboards; none while its file cannot be read, since links are no reason to stop.

    Returns:
        Address by what the link is called.
    """
    try:
        return dict(clients().platform.dashboards)
    except FileError:
        return {}


def runbook_of(plan: Plan) -> str:
    """Address of the page of a plan's cause; empty for what only eases an outage."""
    return clients().settings.cause_page(cause_named(plan.hypothesis) or "")


async def show_plan(incident_id: str, planned: Planned) -> None:
    """Publish the plan with its diff, and what the guards object to."""
    objections = "\n".join(f"- **{one.reason}**: {one.says}" for one in planned.objections)
    told = plan_in_markdown(planned.plan, runbook=runbook_of(planned.plan)) if planned.plan else ""
    parts = [planned.says, told, objections]
    await show_artifact(incident_id, "plan", "\n\n".join(part for part in parts if part), "Plan")
