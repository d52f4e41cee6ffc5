"""A bundle read back is what was saved."""

from datetime import UTC, datetime

import pytest

from outage.bundle import HEAD, from_files, to_files
from outage.errors import FileError
from outage.snapshot import LogTail, Probe, Snapshot

SNAPSHOT = Snapshot(
    taken_at=datetime(2030, 1, 1, 12, tzinfo=UTC),
    namespaces=("shop",),
    objects={"Pod": ({"metadata": {"name": "auth-1", "namespace": "shop"}},), "Job": ()},
    logs=(
        LogTail(namespace="shop", pod="auth-1", container="app", text="one\ntwo ünd drei\n"),
        LogTail(namespace="shop", pod="auth-1", container="app", previous=True, text=""),
    ),
    probes=(Probe(url="https://shop.example/health", status=503, seconds=0.2),),
)


def test_what_is_read_back_is_what_was_saved() -> None:
    """Also the difference between a kind without objects and a kind that could not be listed."""
    again = from_files(to_files(SNAPSHOT))

    assert again == SNAPSHOT
    assert again.saw("Job")
    assert not again.saw("Service")


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        pytest.param({}, "snapshot.json is not there", id="an empty folder"),
        pytest.param({HEAD: b"{"}, "snapshot.json is not JSON", id="a torn head"),
        pytest.param({HEAD: b'{"version": 99}'}, "another version", id="a bundle from the future"),
        pytest.param(
            {HEAD: b'{"version": 1, "kinds": ["Pod"]}'}, "objects/Pod.json is not there", id="a lost file"
        ),
        pytest.param({HEAD: b'{"version": 1}'}, "taken_at", id="a head without its moment"),
    ],
)
def test_a_broken_bundle_says_which_file(broken: dict[str, bytes], says: str) -> None:
    """One sentence for whoever got it by mail."""
    with pytest.raises(FileError, match=says):
        from_files(broken)
