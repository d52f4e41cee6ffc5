"""Keep what a phase found, so that a response which is run again from its first line repeats nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import BaseModel

from blocks.clients import clients
from outage.errors import FenceLost
from outage.incidents.alert import alert_digest
from outage.incidents.incident import Phase
from outage.incidents.phase_key import PhaseKey
from outage.incidents.timeline import Entry, EntryKind
from outage.plans.fence import Fence
from outage.text.redaction import redact
from tasks.record.transient_errors import Rest, retry_in_flow

T = TypeVar("T", bound=BaseModel)

HELD_PLACE: ContextVar[Fence | None] = ContextVar("held_place", default=None)
"""The place of this process as the responder of an incident: whoever loses it writes to no target, either."""

TURN_SECONDS = 2.0
"""Between two tries for the incident's lock: an orphan that still works holds it for seconds, not minutes."""


async def phase_once(
    incident_id: str,
    key: PhaseKey,
    kind: type[T],
    phase: Callable[..., Awaitable[T]],
    *more: object,
    rest: Rest = asyncio.sleep,
) -> T:
    """Run a phase, or read back what it found before this process was born.

    Weather does not end it: reading, the phase and keeping are each repeated for about two minutes while what
    stands against them passes by itself.

    Args:
        incident_id: Id of the incident.
        key: Name of the phase, unique within the incident.
        kind: What the phase gives.
        phase: Called with the incident and `more`, only when nothing stands under the key. May be called again.
        more: Whatever else the phase wants to know.
        rest: Waits so many seconds.

    Returns:
        What stands in the record. When two processes finish the same phase, the first result wins for both.

    Raises:
        RecordError: The record could not be read or written, for two minutes. Permanent by then.
        OutageError: What the phase met, when it is permanent or did not pass in two minutes.
    """
    standing = await retry_in_flow(lambda: clients().record.phase(incident_id, key), rest=rest)
    if standing is None:
        found: T = await retry_in_flow(phase, incident_id, *more, rest=rest)
        standing = await retry_in_flow(
            lambda: clients().record.keep_phase(incident_id, key, found, datetime.now(UTC)), rest=rest
        )
    return kind.model_validate(standing)


def note_entry(
    incident_id: str, kind: EntryKind, says: str, by: str = "outage", key: str | None = None
) -> None:
    """Write one line on the incident's timeline; the same line is written once, however often it is said.

    Args:
        incident_id: Of the incident.
        kind: What sort of line: `phase`, `verify`, `approval`, `message`, …
        says: The line, without secrets.
        by: Who says it.
        key: Which lines are the same one; None compares the words.
    """
    says = redact(says)
    clients().record.add(
        incident_id,
        Entry(key=key or alert_digest(kind, says), at=datetime.now(UTC), kind=kind, says=says, by=by),
    )


def set_phase(incident_id: str, phase: Phase, **fields: Any) -> None:
    """Say where the incident stands now, for everybody who looks."""
    clients().record.update(incident_id, phase=phase, **fields)


async def as_only_responder(
    incident_id: str, answer: Callable[[str], Awaitable[T]], rest: Rest = asyncio.sleep
) -> T:
    """Answer an incident as nobody else does meanwhile.

    Who slept through the loss of its place has written nothing since; it queues up again, and reads back what the other
    one found.

    Args:
        incident_id: Id of the incident.
        answer: Called with it; may be called again, from its first line.
        rest: Waits so many seconds.

    Raises:
        RecordError: The record could not be asked for the lock, for two minutes. Permanent by then.
    """
    while True:
        try:
            async with only_responder(incident_id, rest):
                return await answer(incident_id)
        except FenceLost as error:
            says = f"a process that slept lost its place, and begins anew: {error}"
            await retry_in_flow(note_entry, incident_id, EntryKind.NOTE, says, rest=rest)


@asynccontextmanager
async def only_responder(incident_id: str, rest: Rest = asyncio.sleep) -> AsyncIterator[None]:
    """Hold the incident's lock while answering it; wait for a process that is not dead yet.

    The lock is a PostgreSQL session's: it goes with the process, however that ends.

    Args:
        incident_id: Id of the incident.
        rest: Waits so many seconds.

    Raises:
        RecordError: The record could not be asked for the lock, for two minutes. Permanent by then.
    """
    with ExitStack() as held:

        def ask() -> Fence | None:
            return held.enter_context(clients().record.only_writer(f"incident/{incident_id}"))

        while (place := await retry_in_flow(ask, rest=rest)) is None:
            held.close()
            await rest(TURN_SECONDS)
        HELD_PLACE.set(place)
        try:
            yield
        finally:
            HELD_PLACE.set(None)
