"""The platform file: reviewed YAML in, a Platform out; and the way back for a first draft."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter

from outage.errors import FileError
from outage.platforms.platform import Platform
from outage.text.reviewed_yaml import Place, line_of_path, load_reviewed, parse_reviewed

HEAD = """\
# What the platform is: names, places and dependencies. No secret belongs in here.
# Reviewed in git; `outage platform check` compares it with the cluster.
"""
NO_SMOKE = """\
# No smoke Job is made up: recovery is proven by endpoints and traffic alone until you name one, which walks
# a user's way. Its path is relative to this file:
#   smoke: {manifest: smoke-tests.yaml, timeout_seconds: 300}
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
    if platform.policy:
        changed["policy"] = str((path.parent / platform.policy).resolve())
    return platform.model_copy(update=changed)


def read_platform(text: str, name: str) -> Platform:
    """Read a platform file's text.

    Args:
        text: The file's.
        name: What the file is called in errors.

    Raises:
        FileError: Unknown key, wrong value, wrong unit, or a name that nothing carries. Permanent.
    """
    platform = load_reviewed(text, name, Platform)
    _, lines = parse_reviewed(text, name)
    for place, sentence in dangling_names(platform):
        raise FileError(f"read {name} line {line_of_path(place, lines)}: {sentence}")
    return platform


def dangling_names(platform: Platform) -> Iterator[tuple[Place, str]]:
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
    for at, service in enumerate(platform.services):
        if service.name in service.depends_on:
            place = ("services", at, "depends_on", service.depends_on.index(service.name))
            yield place, f"service {service.name!r} depends on itself"
    yield from _lost_slots(platform)


def _lost_slots(platform: Platform) -> Iterator[tuple[Place, str]]:
    """Each pair whose Service nothing of the file stands behind, or of whose workloads none is in use by it."""
    fronts = ", ".join(sorted({one.service for one in platform.services if one.service})) or "none"
    for at, pair in enumerate(platform.slots):
        users = [one for one in platform.services if one.service == pair.service]
        if not users:
            says = f"`service` names Service {pair.service!r}, which no service of this file has; they have {fronts}"
            yield ("slots", at, "service"), says
        elif not any(one.workload in pair.slots.values() for one in users):
            says = f"none of these slots is {users[0].workload!r}, which service {users[0].name!r} runs as"
            yield ("slots", at, "slots"), says


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


def dump_platform(platform: Platform, reasons: Mapping[Place, str] | None = None) -> str:
    """The platform as the text of a file, without what is default anyway.

    Args:
        platform: What to write.
        reasons: Place → why it stands there, for a first draft; each becomes a comment above its line.
    """
    body = platform.model_dump(mode="python", exclude_defaults=True)
    text = yaml.safe_dump(
        {"version": platform.version, **_plain(body)}, sort_keys=False, width=110, allow_unicode=True
    )
    if reasons is None:
        return HEAD + text
    return HEAD + _reasoned(text, reasons) + ("" if platform.smoke else NO_SMOKE)


def _reasoned(text: str, reasons: Mapping[Place, str]) -> str:
    """The text with a comment above each line that has a reason, as far in as the line itself."""
    _, places = parse_reviewed(text, "the draft")
    lines = text.splitlines()
    above: dict[int, list[str]] = {}
    for place, why in reasons.items():
        if place not in places:  # a default, which is not written
            continue
        number = places[place]
        margin = lines[number - 1][: len(lines[number - 1]) - len(lines[number - 1].lstrip())]
        above.setdefault(number, []).append(f"{margin}# {' '.join(why.split())}")
    return "".join(
        f"{line}\n" for number, one in enumerate(lines, 1) for line in (*above.get(number, ()), one)
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return _spelled(value) if isinstance(value, timedelta) else value


def _spelled(length: timedelta) -> str:
    """A duration as the file reads it: seconds, or ISO 8601 when there is less than one."""
    whole = length.total_seconds().is_integer() and length >= timedelta()
    return (
        f"{length.total_seconds():.0f}s" if whole else TypeAdapter(timedelta).dump_json(length).decode()[1:-1]
    )
