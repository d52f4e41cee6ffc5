"""The platform files: what did not change is not parsed again, and what did is in force with the next look."""

from collections import Counter
from pathlib import Path

import pytest

from blocks.clients import Clients
from blocks.installation import platform_files
from blocks.installation.platform_files import PlatformFiles
from blocks.settings import Settings
from outage.errors import FileError
from outage.platforms.platform_file import load_platform


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each file was parsed."""
    counted: Counter[str] = Counter()

    def counting(path: Path) -> object:
        counted[path.name] += 1
        return load_platform(path)

    monkeypatch.setattr(platform_files, "load_platform", counting)
    return counted


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home with a platform file, and two more in the folder."""
    (tmp_path / "platforms").mkdir()
    for path in ("platform.yaml", "platforms/mail.yaml", "platforms/bank.yaml"):
        write(tmp_path / path)
    return Settings(home=tmp_path)


def write(path: Path, more: str = "") -> None:
    """A platform that is called as its file."""
    path.write_text(f"version: 1\nname: {path.stem}\nnamespace: {path.stem}\n{more}", encoding="utf-8")


def test_a_file_that_did_not_change_is_parsed_once(settings: Settings, parsed: Counter[str]) -> None:
    """The timers ask for every open incident each second."""
    files = PlatformFiles(settings)
    for _ in range(50):
        assert (files.own(), files.single().name) == ("platform", "platform")
        assert files.pools().keys() == {"", "bank", "mail"}

    assert set(parsed.values()) == {1}


def test_an_edit_is_in_force_at_once_and_parses_that_file_alone(
    settings: Settings, parsed: Counter[str]
) -> None:
    """As somebody corrects it in the middle of an outage."""
    doors, home = Clients(settings), Path(settings.home)
    assert doors.platform.dashboards == {}
    write(home / "platform.yaml", "dashboards: {Grafana: 'https://grafana.example'}\n")

    assert doors.platform.dashboards == {"Grafana": "https://grafana.example"}
    assert parsed == {"platform.yaml": 2, "mail.yaml": 1, "bank.yaml": 1}


def test_a_file_that_is_broken_or_gone_is_said_each_time_and_mended_at_once(
    settings: Settings, parsed: Counter[str]
) -> None:
    """It is not forgotten because it was once well, and is parsed no oftener than a good one."""
    files, path = PlatformFiles(settings), Path(settings.platform_file)
    assert files.single().name == "platform"
    path.write_text("name: [\n", encoding="utf-8")
    for _ in range(3):
        with pytest.raises(FileError, match=r"platform\.yaml"):
            files.single()
    assert (files.own(), parsed["platform.yaml"]) == ("", 2)
    assert [one.name for one in files.registry().platforms] == ["bank", "mail"]

    path.unlink()
    with pytest.raises(FileError, match=r"platform\.yaml"):
        files.single()
    write(path)
    assert files.single().name == "platform"
