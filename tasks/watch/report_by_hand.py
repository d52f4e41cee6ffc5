"""A person's report, handed to the intake: the one door through which outages become incidents."""

from collections.abc import Mapping

from prefect import task

from blocks.clients import clients
from blocks.installation.intake_client import report_outage


@task(name="pass on the report", persist_result=False)
def pass_on_report(told: Mapping[str, str]) -> str:
    """Hand a report to the intake.

    Returns:
        The incident, and whether it is new or which open one was joined and why.

    Raises:
        StackError: The intake did not take it, and why.
    """
    answer = report_outage(clients().settings, told)
    return f"{answer['incident']}: {answer['says']}"
