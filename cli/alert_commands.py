"""`outage route | report`: say where an alert would go, and tell of an outage that no alert tells of."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from blocks.installation.intake_client import report_outage
from blocks.installation.platform_files import PlatformFiles
from blocks.settings import Settings
from outage.errors import MalformedAlert
from outage.incidents.alert import Alert
from outage.incidents.alert_subject import alert_subject
from outage.incidents.payloads import from_alertmanager, from_anybody, from_grafana
from outage.incidents.routing import Route, route_alert
from outage.incidents.severity_words import severity_floor
from outage.text.redaction import printable


@click.command("route")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--cluster", default="", help="As if the sender knew this cluster's own token.")
@click.option("--json", "as_json", is_flag=True, help="One object for each alert.")
def route_command(file: Path, cluster: str, as_json: bool) -> None:
    """Say for the alerts of a delivery (Alertmanager's, Grafana's or plain JSON) which rule sends each where, and why.

    Nothing is sent and nothing is recorded.
    """
    files = PlatformFiles(Settings())
    registry = files.registry()
    alerts = read_delivery(file)
    if as_json:
        click.echo(json.dumps(routes_in_json(alerts, files, cluster), indent=2))
        return
    routed = [(alert, route_alert(alert, registry, cluster)) for alert in alerts]
    for problem in registry.problems:
        click.echo(f"not readable: {problem}", err=True)
    for alert, route in routed:
        to = f"platform {route.platform}" if route.platform else "no platform"
        click.echo(f"{alert.name}: {to}, by rule {route.rule}: {route.because}")
        if said := severity_floor(
            alert.labels, files.policy_of(registry.named(route.platform)).severity_words
        ).says:
            click.echo(f"{alert.name}: {said}")


def routes_in_json(alerts: Sequence[Alert], files: PlatformFiles, cluster: str = "") -> dict[str, Any]:
    """Where each alert would go, and why; the versioned shape of docs/json.md, nothing secret in it.

    Args:
        alerts: Those of one delivery.
        files: The platforms and their policies.
        cluster: Whose own token the sender knows; empty for everybody's.
    """
    registry = files.registry()
    routed = [_in_json(alert, route_alert(alert, registry, cluster), files) for alert in alerts]
    answer: dict[str, Any] = printable({"version": 1, "alerts": routed})
    return answer


def _in_json(alert: Alert, route: Route, files: PlatformFiles) -> dict[str, Any]:
    platform = files.registry().named(route.platform)
    floor = severity_floor(alert.labels, files.policy_of(platform).severity_words)
    return {
        "alert": alert.name,
        "subject": alert_subject(alert, platform.services) if platform else "",
        "severity": str(floor.severity),
        "severity_says": floor.says,
        **route.model_dump(mode="json"),
    }


def read_delivery(file: Path) -> list[Alert]:
    """The alerts of a saved delivery, whoever sent it.

    Raises:
        click.ClickException: It cannot be read, or is no delivery; in one sentence.
    """
    try:
        return alerts_of(json.loads(file.read_text()))
    except MalformedAlert as error:
        raise click.ClickException(f"{file}: {error}") from error
    except (OSError, ValueError) as error:
        raise click.ClickException(f"read {file}: {error}") from error


def alerts_of(body: Any) -> list[Alert]:
    """The alerts of a delivery that was parsed already: Alertmanager's, Grafana's or plain JSON.

    Raises:
        MalformedAlert: It is no delivery. Permanent.
    """
    read = from_anybody if not (isinstance(body, dict) and "alerts" in body) else from_grafana
    if isinstance(body, dict) and body.get("version") == "4":
        read = from_alertmanager
    return read(body, datetime.now(UTC))


@click.command("report")
@click.option("--title", required=True, help="What users see, in a few words.")
@click.option("--platform", default="", help="Name of the platform; not needed when there is one.")
@click.option("--service", default="", help="The service that fails, if you know it.")
@click.option(
    "--severity", default="critical", show_default=True, help="As you would say it: P0, sev1, warning."
)
@click.option("--by", required=True, help="Your handle; policy may want somebody else's yes.")
@click.option("--address", default="", help="A URL that fails, if there is one.")
@click.option("--json", "as_json", is_flag=True, help="The intake's answer.")
def report_command(as_json: bool, **told: str) -> None:
    """Tell of an outage that no alert tells of: starts a response, or says which open incident it joins."""
    answer = report_outage(Settings(), told)
    click.echo(json.dumps(answer, indent=2) if as_json else f"{answer['incident']}: {answer['says']}")
