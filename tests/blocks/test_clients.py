"""Whose doors a process opens: the platform's that its incident belongs to."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from blocks.clients import Clients
from blocks.settings import Settings
from outage.errors import ClusterForbidden, FileError
from outage.incidents.incident import Incident
from outage.plans.plan import Mode

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def doors(tmp_path: Path, record_dsn: str) -> Iterator[Clients]:
    """Two platforms, one with a policy of its own."""
    folder = tmp_path / "platforms"
    folder.mkdir()
    (folder / "shop.yaml").write_text("version: 1\nname: shop\nnamespace: shop\n")
    (folder / "bank.yaml").write_text("version: 1\nname: bank\nnamespace: bank\npolicy: bank-policy.yml\n")
    (folder / "bank-policy.yml").write_text("version: 1\nmode: act\n")
    (tmp_path / "policy.yaml").write_text("version: 1\nmode: ask\n")
    opened = Clients(Settings(home=tmp_path, record_dsn=record_dsn))
    yield opened
    opened.record.close()


def incident(platform: str, rule: str = "namespace", namespace: str = "x") -> Incident:
    """An incident of a platform, or of nobody's."""
    return Incident(
        id="inc", key="k", title="t", opened_at=NOON, platform=platform, rule=rule, namespace=namespace
    )


@pytest.mark.parametrize(("platform", "mode"), [("shop", Mode.ASK), ("bank", Mode.ACT)])
def test_an_incident_is_answered_by_its_platforms_own_policy(
    doors: Clients, platform: str, mode: Mode
) -> None:
    """Clients, baselines, policy: each platform's are its own."""
    doors.answer_for(incident(platform))

    assert doors.platform.name == platform
    assert doors.policy.mode is mode
    assert doors.record.platform == platform


def test_what_is_nobodys_is_looked_at_and_never_written(doors: Clients) -> None:
    """Its own namespace, no baseline, advice at most, and no writing door at all."""
    doors.answer_for(incident("", "no-platform", "strange"))

    assert (doors.platform.namespace, doors.policy.mode) == ("strange", Mode.ADVISE)
    assert doors.record.baseline() is None
    with pytest.raises(ClusterForbidden, match="no platform answers it"):
        _ = doors.writer_cluster


def test_a_platform_whose_file_is_gone_is_said(doors: Clients) -> None:
    """And never replaced by another one."""
    doors.answer_for(incident("mint"))

    with pytest.raises(FileError, match="find platform mint"):
        _ = doors.platform
