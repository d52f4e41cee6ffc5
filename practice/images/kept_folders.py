"""Folders made once and kept under the hash of what they were made from."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from practice import places


def kept_key(*inputs: str | Path) -> str:
    """Return the hash of words and files; a folder counts with every file in it."""
    total = hashlib.sha256()
    for given in inputs:
        if isinstance(given, str):
            total.update(f"\0{given}\0".encode())
            continue
        for path in kept_files(given):
            total.update(f"\0{path.relative_to(given)}\0".encode() + path.read_bytes())
    return total.hexdigest()[:16]


def kept_files(root: Path) -> Iterable[Path]:
    """Return a file itself, or every file of a folder that is source."""
    if root.is_file():
        return [root]
    return sorted(path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def kept_folder(kind: str, hashed: str) -> Path:
    """Return where a thing of this kind and hash is kept."""
    return places.practice_cache() / kind / hashed


def made_once(target: Path, make: Callable[[Path], None]) -> Path:
    """Make a folder unless it is there; it only gets its name when all of it is made."""
    if target.is_dir():
        return target
    partial = target.with_name(f"{target.name}.partial-{os.getpid()}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        make(partial)
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def forget_but_newest(used: Path, kept: int = 2) -> None:
    """Remove the folders of a kind that were not used lately; one is kept for the way back to another branch."""
    os.utime(used)
    folders = [path for path in used.parent.iterdir() if path.is_dir() and "." not in path.name]
    for path in sorted(folders, key=lambda each: each.stat().st_mtime, reverse=True)[kept:]:
        shutil.rmtree(path, ignore_errors=True)
