"""Which program this is: the release, and a word that changes with any line of its rooms."""

from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version

from blocks.settings import HERE

ROOMS = ("outage", "blocks", "tasks", "flows")
"""What decides and writes; how it is shown makes no difference to a drill."""


@cache
def program_version() -> str:
    """`0.1.0+3f9a0c11`: what scores and rows of the bench are kept under. Read once a process."""
    return f"{_release()}+{_source_hash()}"


def _release() -> str:
    try:
        return version("outage")
    except PackageNotFoundError:  # a clone that was never installed
        return "0"


def _source_hash() -> str:
    found = sha256()
    for room in ROOMS:
        for file in sorted((HERE / room).rglob("*.py")):
            found.update(f"{file.relative_to(HERE)}\0".encode() + file.read_bytes())
    return found.hexdigest()[:8]
