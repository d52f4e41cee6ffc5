"""What the UI offers to a drill: the faults with their titles and the services, as choices and not as free text."""

from pathlib import Path
from typing import Any

from blocks.installation.fault_files import read_faults
from blocks.installation.platform_files import PlatformFiles
from blocks.prefect_api import Json
from outage.errors import FileError
from outage.platforms.platform import Platform
from outage.value import Value
from outage.verification.drills.fault_templates import TEMPLATES

WHOLE_CATALOGUE = "of what the fault itself names"
"""The title of no service: an entry of the practice ground's catalogue knows what it strikes."""


class DrillParameters(Value):
    """The choices of one deployment of a drill."""

    faults: dict[str, str]
    """Name → title."""
    services: tuple[str, ...]
    catalogue: bool
    """Whether faults of the ground's own catalogue are among them, which need no service."""


def drill_parameters(platform: Platform | None, faults_folder: Path | None = None) -> DrillParameters:
    """The choices for a platform.

    Args:
        platform: Whose services are offered; None while its file cannot be used.
        faults_folder: The ground's own catalogue, when the platform is the settings' own.
    """
    own = _catalogue_titles(faults_folder) if faults_folder else {}
    templates = {one.name: f"{one.name}: {one.title}" for one in TEMPLATES}
    return DrillParameters(
        faults=own | templates,
        services=tuple(one.name for one in platform.services) if platform else (),
        catalogue=bool(own),
    )


def drills_of_platforms(files: PlatformFiles, faults_folder: Path) -> dict[str, DrillParameters]:
    """The choices of every platform by its name; the settings' own has none, and the ground's catalogue with it."""
    registry, own = files.registry(), files.own()
    found = {one.name: drill_parameters(one) for one in registry.platforms if one.name != own}
    return {"": drill_parameters(registry.named(own), faults_folder)} | found


def _catalogue_titles(folder: Path) -> dict[str, str]:
    try:
        return {one.name: f"{one.name}: {one.title}" for one in read_faults(folder)}
    except FileError:
        return {}  # a broken entry is told of when it is chosen; the templates are offered all the same


def with_choices(schema: Json, offered: DrillParameters) -> Json:
    """The flow's parameter schema with choices in the place of free text.

    `oneOf` carries the titles; `enum` says the same to the older of Prefect's two UIs, which knows no titles.
    """
    properties = dict(schema.get("properties", {}))
    if offered.faults:
        properties["fault"] = _chosen(properties.get("fault", {}), offered.faults)
    services = {"": WHOLE_CATALOGUE} if offered.catalogue else {}
    if services := services | {name: name for name in offered.services}:
        properties["service"] = _chosen(properties.get("service", {}), services)
    return {**schema, "properties": properties}


def _chosen(standing: Json, titles: dict[str, str]) -> dict[str, Any]:
    offered = [{"const": name, "title": title, "type": "string"} for name, title in titles.items()]
    kept = {key: word for key, word in standing.items() if key not in ("anyOf", "allOf")}
    return {**kept, "type": "string", "enum": list(titles), "oneOf": offered, "default": next(iter(titles))}
