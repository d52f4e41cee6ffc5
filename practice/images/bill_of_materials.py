"""What our image is made of, as CycloneDX: every locked package with its version and hashes, and Debian's below it.

Written from requirements.lock and from what dpkg left in the layer, and from nothing else: equal input, equal bytes.
"""

import json
import re
import sys
import uuid
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from blocks.settings import HERE
from outage.value import Value

NAMESPACE = uuid.UUID("5f0a3e5c-9a55-4d43-8f0c-1c1f0d1c7b10")
Json = dict[str, Any]


class LockedPackage(Value):
    """One package of the lock."""

    name: str
    """As the index spells it: small letters and dashes."""
    version: str
    marker: str = ""
    """Where it is installed; empty: everywhere."""
    sha256: tuple[str, ...]
    """Of each of its files."""


class DebianPackage(Value):
    """One package that dpkg installed."""

    name: str
    version: str
    architecture: str


def locked_packages(text: str) -> list[LockedPackage]:
    """The packages of a requirements.lock."""
    found = []
    for block in re.split(r"\n(?=[A-Za-z0-9])", text.strip()):
        head = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)(?: ; ([^\\\n]+?))?\s*(?:\\|$)", block)
        if head:
            hashes = tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", block))
            found.append(
                LockedPackage(name=spelled(head[1]), version=head[2], marker=head[3] or "", sha256=hashes)
            )
    return found


def debian_packages(status: str) -> list[DebianPackage]:
    """The installed packages of a dpkg status file."""
    found = []
    for block in status.strip().split("\n\n"):
        fields = dict(re.findall(r"^([A-Z][A-Za-z-]+): (.*)$", block, re.MULTILINE))
        if fields.get("Status", "").endswith(" installed"):
            found.append(
                DebianPackage(
                    name=fields["Package"], version=fields["Version"], architecture=fields["Architecture"]
                )
            )
    return found


def runtime_names(python: str = "") -> set[str]:
    """Every distribution that the wheel asks for, and theirs, by their own metadata in this environment.

    Args:
        python: The full version that they are for, as 3.11.2; empty: of this environment. An older one may need more.
    """
    versions = {"python_full_version": python, "python_version": python.rpartition(".")[0]} if python else {}
    found: set[str] = set()
    _gather("outage", frozenset(), versions, found)
    return found


def _gather(name: str, extras: frozenset[str], versions: dict[str, str], found: set[str]) -> None:
    try:
        written = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return  # only the other Python needs it: a backport, which stands on nothing
    for asked in map(Requirement, written):
        fits = asked.marker is None or any(
            asked.marker.evaluate({"extra": extra, **versions}) for extra in (extras or {""}) | {""}
        )
        key = spelled(asked.name)
        if fits and (key not in found or asked.extras):
            found.add(key)
            _gather(asked.name, frozenset(asked.extras), versions, found)


def debian_python(debian: Sequence[DebianPackage]) -> str:
    """The full version of the Python among Debian's packages, as 3.11.2; empty when there is none."""
    versions = [one.version for one in debian if re.fullmatch(r"python3\.\d+-minimal", one.name)]
    return versions[0].partition("-")[0] if versions else ""


def spelled(name: str) -> str:
    """A distribution's name as the index spells it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def bill_of_materials(
    version: str,
    locked: Sequence[LockedPackage],
    runtime: set[str],
    debian: Sequence[DebianPackage] = (),
) -> Json:
    """The bill as a CycloneDX document.

    Args:
        version: Of ours.
        locked: Every package of the lock; those that only developers need are marked as excluded.
        runtime: Names of those that are in the image.
        debian: What stands below them.
    """
    components = [*(_python(one, one.name in runtime) for one in locked), *(_debian(one) for one in debian)]
    ours = f"pkg:pypi/outage@{version}"
    body: Json = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": ours,
                "name": "outage",
                "version": version,
                "purl": ours,
            }
        },
        "components": components,
        "dependencies": [
            {"ref": ours, "dependsOn": [one["bom-ref"] for one in components if one["scope"] == "required"]}
        ],
    }
    return {**body, "serialNumber": f"urn:uuid:{uuid.uuid5(NAMESPACE, json.dumps(body, sort_keys=True))}"}


def _python(one: LockedPackage, required: bool) -> Json:
    address = f"pkg:pypi/{one.name}@{one.version}"
    marker = [{"name": "outage:marker", "value": one.marker}] if one.marker else []
    return {
        "type": "library",
        "bom-ref": address,
        "name": one.name,
        "version": one.version,
        "purl": address,
        "scope": "required" if required else "excluded",
        "hashes": [{"alg": "SHA-256", "content": digest} for digest in one.sha256],
        **({"properties": marker} if marker else {}),
    }


def _debian(one: DebianPackage) -> Json:
    address = f"pkg:deb/debian/{one.name}@{one.version}?arch={one.architecture}&distro=bookworm"
    return {
        "type": "library",
        "bom-ref": address,
        "name": one.name,
        "version": one.version,
        "purl": address.replace("+", "%2B").replace("~", "%7E"),
        "scope": "required",
    }


def bill_of_this_clone(debian: Sequence[DebianPackage] = ()) -> Json:
    """The bill of what the lock of this clone installs."""
    locked = locked_packages((HERE / "requirements.lock").read_text(encoding="utf-8"))
    runtime = runtime_names(debian_python(debian))
    return bill_of_materials(metadata.version("outage"), locked, runtime, debian)


def written_bill(bill: Json) -> str:
    """The document as it is kept."""
    return json.dumps(bill, indent=1, sort_keys=True) + "\n"


def main() -> None:
    """Write the bill of this clone to the file that is named."""
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(written_bill(bill_of_this_clone()), encoding="utf-8")


if __name__ == "__main__":
    main()
