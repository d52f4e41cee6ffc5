"""prefect.yaml is the one list of what can be run."""

from inspect import signature
from pathlib import Path

import pytest

from blocks.settings import HERE
from outage.errors import FileError
from stack.runs import deployments


def test_every_entry_point_is_a_dotted_module() -> None:
    """A file path would put flows/ on sys.path and load types twice."""
    found = deployments.deployment_definitions(HERE / "prefect.yaml")

    assert {one["name"] for one in found} == {
        *("respond", "report", "drill", "take-back-drill", "baseline", "watch"),
        *("act", "lead", "handover", "close"),
        *("scheduled-drill", "drill-off"),
    }
    assert all("/" not in one["entrypoint"] and ":" not in one["entrypoint"] for one in found)


def test_practice_is_not_scheduled_until_somebody_wants_it() -> None:
    """Nothing breaks anything by default."""
    found = {
        one["name"]: one.get("schedules", [])
        for one in deployments.deployment_definitions(HERE / "prefect.yaml")
    }

    assert [one.get("active", True) for one in found["scheduled-drill"]] == [False]
    assert found["drill"] == []


def test_the_schedule_of_drills_works_with_its_default_parameters() -> None:
    """Whoever switches it on in the UI is asked for nothing."""
    flow = deployments.load_deployments("flows.drills.scheduled_drill.scheduled_drill")

    assert all(one.default is not one.empty for one in signature(flow.fn).parameters.values())


def test_every_further_platform_has_its_own_drill_baseline_and_watch() -> None:
    """The plain ones work for the settings' own; an answer is given by the one response for all."""
    found = deployments.deployment_definitions(HERE / "prefect.yaml")
    more = {one["name"]: one for one in deployments.with_platforms(found, {"Bank EU": ""})}

    added = set(more) - {one["name"] for one in found}
    assert added == {"drill-bank-eu", "scheduled-drill-bank-eu", "baseline-bank-eu", "watch-bank-eu"}
    assert all(more[one]["parameters"] == {"platform": "Bank EU"} for one in added)
    assert more["watch-bank-eu"]["schedules"] == more["watch"]["schedules"]
    assert deployments.with_platforms(found, {}) == found


def test_what_a_platform_of_a_pool_needs_is_carried_there() -> None:
    """One response for each pool, and each platform's own deployments; nothing else moves."""
    found = deployments.deployment_definitions(HERE / "prefect.yaml")
    pools = {"Bank EU": "frankfurt", "Shop EU": "frankfurt", "Shop US": ""}
    more = {one["name"]: one.get("pool", "") for one in deployments.with_platforms(found, pools)}

    assert {name for name, pool in more.items() if pool} == {
        "respond-frankfurt",
        *(
            f"{what}-{whose}-eu"
            for what in ("drill", "scheduled-drill", "baseline", "watch")
            for whose in ("bank", "shop")
        ),
    }
    assert set(more.values()) == {"", "frankfurt"}


def test_the_settings_own_platform_can_be_carried_in_a_pool_too() -> None:
    """Then the plain ones go there; the response of everybody else stays."""
    found = deployments.deployment_definitions(HERE / "prefect.yaml")
    more = {one["name"]: one.get("pool", "") for one in deployments.with_platforms(found, {}, "berlin")}

    assert {name for name, pool in more.items() if pool} == {
        *("respond-berlin", "drill", "scheduled-drill", "baseline", "watch")
    }
    assert more["respond"] == ""


@pytest.mark.parametrize("text", ["", "deployments", "{", "other: []"])
def test_a_file_without_deployments_is_told(tmp_path: Path, text: str) -> None:
    """One sentence with the file's name."""
    (tmp_path / "prefect.yaml").write_text(text)

    with pytest.raises(FileError, match=r"prefect\.yaml"):
        deployments.deployment_definitions(tmp_path / "prefect.yaml")
