"""The chart's values for the practice cluster: the file for two cores, and what only this ground knows."""

from pathlib import Path
from typing import Any

import yaml

from blocks.settings import HERE
from practice import places

FOLDER = Path(__file__).parent
POLICY = HERE / "practice" / "policy.yaml"
ATTACHED = "../attached"
"""From a platform file in the pods, the folder of the chart's `attachedFiles`."""


def written_values(image: str) -> Path:
    """Write the values into the state folder and return the file.

    Args:
        image: With its tag.
    """
    target = places.installed_home() / "values.yaml"
    target.parent.mkdir(parents=True, exist_ok=True)
    platform = (places.practice_home() / "platform.yaml").read_text(encoding="utf-8")
    values = practice_values(image, platform, places.public_authority().read_text(encoding="utf-8"))
    target.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    return target


def practice_values(image: str, platform: str, authority: str) -> dict[str, Any]:
    """Return the values.

    Args:
        image: With its tag.
        platform: The platform file's text, as the ground wrote it for programs of this machine.
        authority: Certificate of whoever signed the ingress' own, PEM.
    """
    repository, _, tag = image.rpartition(":")
    values: dict[str, Any] = yaml.safe_load((FOLDER / "values.yaml").read_text(encoding="utf-8"))
    file = yaml.safe_load(platform)
    attached = {"public-authority.crt": authority}
    file["ca_file"] = f"{ATTACHED}/public-authority.crt"
    if smoke := file.get("smoke"):
        manifest = Path(smoke["manifest"])
        attached[manifest.name] = manifest.read_text(encoding="utf-8")
        smoke["manifest"] = f"{ATTACHED}/{manifest.name}"
    return {
        **values,
        "image": {"repository": repository, "tag": tag},
        "policy": POLICY.read_text(encoding="utf-8"),
        "platformFiles": {"platform.yaml": yaml.safe_dump(file, sort_keys=False)},
        "attachedFiles": attached,
    }
