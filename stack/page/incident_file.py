"""One incident's page as a single HTML file: no network, no script, for a ticket, a post-mortem or an archive."""

from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from markupsafe import Markup

from blocks.record import Record
from blocks.settings import Settings
from outage.incidents.incident import Incident
from outage.plans.approval import DOORS
from stack.page.incident_view import IncidentView, incident_view
from stack.page.page_templates import STYLE, page_file, render_page


def incident_file(record: Record, settings: Settings, incident: Incident) -> str:
    """The page of one incident as it stands now, whole in one document.

    Args:
        record: Where it stands.
        settings: Where policy and Prefect are.
        incident: Its head.

    Returns:
        HTML that loads nothing and may do nothing.
    """
    return file_of(incident_view(record, settings, incident, datetime.now(UTC)))


def file_of(view: IncidentView) -> str:
    """The document of one view."""
    title = f"{view.incident.title} · {view.incident.id}"
    return one_file("incident_body.html.j2", title, {"view": view, "doors": DOORS, "causes": ()})


def one_file(body: str, title: str, fields: dict[str, Any]) -> str:
    """A page as one document that loads nothing and may do nothing.

    Args:
        body: The template of what stands in it.
        title: Of the document.
        fields: What the template names; `view.now` says of which moment it is.
    """
    style = page_file(STYLE)
    around = {
        "body": body,
        "title": title,
        "in_file": True,
        "style": Markup(style),  # noqa: S704 - our own file, which holds nothing of anybody's
        "style_hash": Markup("sha256-{}").format(b64encode(sha256(style.encode()).digest()).decode()),
    }
    return render_page("file.html.j2", {**fields, **around})
