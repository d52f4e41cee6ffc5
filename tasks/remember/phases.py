"""Keep what a phase found, so that a response which is run again from its first line repeats nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import BaseModel

from blocks.doors import doors
from outage.alert import digest
from outage.incident import Phase
from outage.timeline import Entry

T = TypeVar("T", bound=BaseModel)


TURN_SECONDS = 2.0
"""Between two tries for the incident's lock: an orphan that still works holds it for seconds, not minutes."""


async def once(
    incident: str, key: str, kind: type[T], phase: Callable[..., Awaitable[T]], *more: object
) -> T:
    """Run a phase, or read back what it found before this process was born.

    Args:
        incident: Id of the incident.
        key: Name of the phase, unique within the incident: `investigate-2`.
        kind: What the phase gives.
        phase: Called with the incident and `more`, only when nothing stands under the key.
        more: Whatever else the phase wants to know.

    Returns:
        What stands in the record. When two processes finish the same phase, the first result wins for both.

    Raises:
        RecordError: The record could not be read or written. Transient.
    """
    record = doors().record
    standing = record.phase(incident, key)
    if standing is None:
        standing = record.keep_phase(incident, key, await phase(incident, *more), datetime.now(UTC))
    return kind.model_validate(standing)


def note(incident: str, kind: str, says: str, by: str = "outage", key: str | None = None) -> None:
    """Write one line on the incident's timeline; the same line is written once, however often it is said."""
    doors().record.add(
        incident, Entry(key=key or digest(kind, says), at=datetime.now(UTC), kind=kind, says=says, by=by)
    )


def stand(incident: str, phase: Phase, **fields: Any) -> None:
    """Say where the incident stands now, for everybody who looks."""
    doors().record.update(incident, phase=phase, **fields)


@asynccontextmanager
async def only_responder(incident: str) -> AsyncIterator[None]:
    """Hold the incident's lock while answering it; wait for a process that is not dead yet.

    The lock is a PostgreSQL session's: it goes with the process, however that ends.
    """
    while True:
        with doors().record.only_writer(f"incident/{incident}") as mine:
            if mine:
                yield
                return
        await asyncio.sleep(TURN_SECONDS)
