"""`outage lead | handover | close`: who has an incident, and how a person ends it."""

import click

from cli.incident_commands import find_incident, opened_record

DOOR = "cli"


@click.command("lead")
@click.argument("incident_id")
@click.option("--by", required=True, help="Your handle; it stands on the timeline.")
def lead_command(incident_id: str, by: str) -> None:
    """Take the lead: the response goes on looking and proposing, and writes nothing without your yes."""
    from tasks.lead.take_lead import take_lead

    click.echo(take_lead(whole_id(incident_id), by, DOOR))


@click.command("handover")
@click.argument("incident_id")
@click.option("--to", required=True, help="Who has it from now on.")
@click.option("--by", default="", help="Your handle; not needed when you lead.")
def handover_command(incident_id: str, to: str, by: str) -> None:
    """Give an incident to another person, the lead with it."""
    from tasks.lead.take_lead import hand_incident_over

    click.echo(hand_incident_over(whole_id(incident_id), to, by, DOOR))


@click.command("close")
@click.argument("incident_id")
@click.option("--by", required=True, help="Your handle; it stands on the timeline.")
@click.option("--because", required=True, help="What mended it, or why it is left as it is.")
@click.option("--although-failing", is_flag=True, help="Also when the look says that it still fails.")
def close_command(incident_id: str, by: str, because: str, although_failing: bool) -> None:
    """End what you mended, after one look that says whether it is so."""
    from tasks.lead.close_by_hand import close_by_hand

    click.echo(close_by_hand(whole_id(incident_id), by, because, DOOR, although_failing))


def whole_id(incident_id: str) -> str:
    """The id of the incident that a person means.

    Raises:
        click.UsageError: None or several fit.
    """
    with opened_record() as record:
        return find_incident(record, incident_id).id
