"""The platform file: reviewed YAML in, a Platform out; and the way back for a first draft."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from outage.errors import FileError
from outage.platform import Platform
from outage.yaml_file import Place, line_of, load, parse

HEAD = """\
# What the platform is: names, places and dependencies. No secret belongs in here.
# Reviewed in git; `outage platform check` compares it with the cluster.
"""


def load_platform(path: Path) -> Platform:
    """Read the platform file; paths in it are relative to the file.

    Raises:
        FileError: It is missing or wrong; with file, line and key. Permanent.
    """
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"read {path}: {getattr(error, 'strerror', None) or 'not a text file'}") from error
    platform = read_platform(text, str(path))
    changed: dict[str, Any] = {}
    if platform.ca_file:
        changed["ca_file"] = str((path.parent / platform.ca_file).resolve())
    if platform.smoke:
        manifest = str((path.parent / platform.smoke.manifest).resolve())
        changed["smoke"] = platform.smoke.model_copy(update={"manifest": manifest})
    return platform.model_copy(update=changed)


def read_platform(text: str, name: str) -> Platform:
    """Read a platform file's text.

    Raises:
        FileError: Unknown key, wrong value, wrong unit, or a name that nothing carries. Permanent.
    """
    platform = load(text, name, Platform)
    _, lines = parse(text, name)
    for place, sentence in dangling(platform):
        raise FileError(f"read {name} line {line_of(place, lines)}: {sentence}")
    return platform


def dangling(platform: Platform) -> Iterator[tuple[Place, str]]:
    """Each service that stands twice and each name that no service of the file carries, with its place."""
    names = [one.name for one in platform.services]
    there = ", ".join(sorted(set(names))) or "none"
    for at, name in enumerate(names):
        if name in names[:at]:
            yield ("services", at, "name"), f"service {name!r} stands twice"
    for place, name in _named(platform):
        if name not in names:
            key = next(str(part) for part in reversed(place) if isinstance(part, str))
            yield place, f"`{key}` names {name!r}, which is no service of this file; it has {there}"


def _named(platform: Platform) -> Iterator[tuple[Place, str]]:
    """Every place of the file that names a service."""
    for at, service in enumerate(platform.services):
        for number, name in enumerate(service.depends_on):
            yield ("services", at, "depends_on", number), name
    for at, endpoint in enumerate(platform.endpoints):
        if endpoint.service:
            yield ("endpoints", at, "service"), endpoint.service
    if platform.database:
        yield ("database", "service"), platform.database.service
    if platform.cache:
        yield ("cache",), platform.cache


def dump_platform(platform: Platform) -> str:
    """The platform as the text of a file, without what is default anyway."""
    body = platform.model_dump(mode="python", exclude_defaults=True)
    return HEAD + yaml.safe_dump(
        {"version": platform.version, **_plain(body)}, sort_keys=False, width=110, allow_unicode=True
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return f"{value.total_seconds():.0f}s" if isinstance(value, timedelta) else value
