"""An incident that is answered in this process."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.flows.scripted_response import Story, begun, opened

NUMBERS = count(1)


@pytest.fixture
def story(record_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Story]:
    """An incident of its own, which recovers at the first plan unless told otherwise."""
    with opened(record_dsn, tmp_path, monkeypatch) as there:
        yield begun(there.record, monkeypatch, f"respond-{next(NUMBERS)}")  # type: ignore[arg-type]
