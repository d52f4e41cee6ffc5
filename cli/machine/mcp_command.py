"""`outage mcp`: what we see and know, for other programs over the Model Context Protocol, on standard input and output.

Read-only by construction: four tools, and no module that writes to a cluster, starts a run or gives an answer is
imported here. What a person must decide stays with the doors that ask for a name.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

import click
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from blocks.installation.platform_files import PlatformFiles
from blocks.kubernetes import Cluster
from blocks.record.incident_account import account_of
from blocks.settings import Settings
from cli.alert_commands import alerts_of, routes_in_json
from cli.incident_commands import find_incident, opened_record
from cli.investigate_command import look_around
from outage.diagnosis import diagnose
from outage.errors import OutageError
from outage.reports.investigation_report import investigation_in_json
from outage.reports.record_json import account_in_json, incidents_in_json
from outage.text.redaction import printable, redact

INSTRUCTIONS = """What the outage-response program sees and knows. Nothing here writes, approves or declines: a person
does that with `outage approve`, in Prefect's UI or in the terminal. Secrets are left out of every answer."""

MOST_INCIDENTS = 200
LONGEST_LOOK_SECONDS = 120.0
LOOKS_ONLY = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True)
Json = dict[str, Any]
Answering = Callable[..., Json]


@click.command("mcp")
@click.option(
    "--context", help="Context of the kubeconfig that `investigate` looks at; the current one by default."
)
@click.option("--kubeconfig", type=click.Path(), help="kubectl's own by default.")
@click.option("--enter", is_flag=True, help="Let `investigate` run programs in pods and ask the database.")
def mcp_command(context: str | None, kubeconfig: str | None, enter: bool) -> None:
    """Serve the Model Context Protocol on standard input and output: investigate, incidents, show, route.

    Read-only: no tool approves, declines or writes, and every answer is redacted as the `--json` of the command of
    the same name. Which cluster is looked at is decided here, not by the caller.
    """
    settings = Settings()
    where = lambda: Cluster.from_kubeconfig(kubeconfig or settings.reader_kubeconfig, context)  # noqa: E731
    mcp_server(where, entering=enter).run("stdio")


def mcp_server(cluster: Callable[[], Cluster], *, entering: bool) -> MCPServer:
    """A server with the four tools.

    Args:
        cluster: Opens the reading door when `investigate` is called.
        entering: Whether programs may be run in pods, and the database logged in to.
    """
    server = MCPServer("outage", instructions=INSTRUCTIONS, log_level="WARNING")

    def investigate(namespaces: list[str] | None = None, seconds: float = 45.0) -> Json:
        """Look at the cluster and say what is wrong, how badly, and why, causes ranked. Nothing is changed.

        Args:
            namespaces: Where to look closely; without any, where something is ill.
            seconds: How long looking may take, at most 120.
        """
        time = timedelta(seconds=min(max(seconds, 1.0), LONGEST_LOOK_SECONDS))
        case = look_around(cluster(), tuple(namespaces or ()), None, time, entering=entering)
        return investigation_in_json(diagnose(case), case.snapshot)

    tools: dict[str, Answering] = {
        "investigate": investigate,
        "incidents": list_incidents,
        "show": show_incident,
        "route": route_delivery,
    }
    for name, tool in tools.items():
        server.tool(name, annotations=LOOKS_ONLY)(answered_safely(tool))
    return server


def list_incidents(limit: int = 20) -> Json:
    """List incidents, newest first: id, title, severity, phase, ending, times.

    Args:
        limit: How many, at most 200.
    """
    with opened_record() as record:
        return incidents_in_json(record.incidents(limit=min(max(limit, 1), MOST_INCIDENTS)))


def show_incident(incident_id: str) -> Json:
    """Show one incident whole: causes, plans with their diffs, approvals, steps, times, timeline.

    Args:
        incident_id: Its id, the unambiguous beginning or end of one, or `last`.
    """
    with opened_record() as record:
        return account_in_json(account_of(record, find_incident(record, incident_id)))


def route_delivery(delivery: Json, cluster: str = "") -> Json:
    """Say which rule would send each alert of a delivery to which platform, and why. Nothing is sent or recorded.

    Args:
        delivery: The body that Alertmanager, Grafana or anybody would post.
        cluster: As if the sender knew this cluster's own token.
    """
    return routes_in_json(alerts_of(delivery), PlatformFiles(Settings()), cluster)


def answered_safely(tool: Answering) -> Answering:
    """The tool with our errors as one sentence for the caller, and nothing secret in either."""

    @wraps(tool)
    def answer(*given: Any, **named: Any) -> Json:
        try:
            safe: Json = printable(tool(*given, **named))
        except (OutageError, click.ClickException) as error:
            said = error.message if isinstance(error, click.ClickException) else str(error)
            raise ToolError(redact(said)) from error
        return safe

    return answer
