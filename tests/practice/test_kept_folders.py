"""What was built once is kept under its hash, and what nobody used lately goes."""

import os
from pathlib import Path

import pytest

from practice.images.kept_folders import forget_but_newest, made_once


def test_the_folder_in_use_and_the_one_before_it_stay(tmp_path: Path) -> None:
    """Others of its kind go; one that is being made has no name yet and is left alone."""
    for age, name in enumerate(("newest", "used", "older", "oldest")):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    (tmp_path / "next.partial-7").mkdir()

    forget_but_newest(tmp_path / "used")

    assert {one.name for one in tmp_path.iterdir()} == {"used", "newest", "next.partial-7"}


def test_what_failed_half_way_is_not_taken_for_whole(tmp_path: Path) -> None:
    """It is made anew the next time."""

    def broken(folder: Path) -> None:
        (folder / "half").touch()
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        made_once(tmp_path / "thing", broken)

    assert not (tmp_path / "thing").exists()
    assert made_once(tmp_path / "thing", lambda folder: (folder / "whole").touch()) == tmp_path / "thing"
    assert [one.name for one in (tmp_path / "thing").iterdir()] == ["whole"]
