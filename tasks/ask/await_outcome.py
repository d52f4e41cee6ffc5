"""Wait for the outcome of the incident that answers the same cause, without holding a process; and wake who waits."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

from prefect.flow_runs import asuspend_flow_run

from blocks.clients import clients
from blocks.prefect_api import PrefectUnreachable
from blocks.prefect_runs import wake_run
from outage.incidents.folding import Fold, Inherited, outcome_for
from outage.incidents.incident import Phase
from outage.incidents.timeline import EntryKind
from tasks.ask.await_answer import FORGOTTEN_AFTER_SECONDS
from tasks.record import close_incident, note_entry, set_phase

NOT_TAKEN_UP_AFTER = timedelta(minutes=10)
"""From the outcome: a run that did not take it over by then has nobody who carries it."""


async def inherited_outcome(incident_id: str) -> Inherited:
    """Suspend until the incident that answers the same cause has ended, or policy's time is over.

    Args:
        incident_id: An incident that folded into another one.

    Raises:
        RecordError: The record could not be asked. Transient.
    """
    fold = clients().record.fold_of(incident_id)
    if fold is None:
        raise ValueError(f"wait for the outcome of another incident: {incident_id} waits for none")
    for turn in count(1):
        if found := outcome_now(fold, datetime.now(UTC)):
            return found
        set_phase(incident_id, Phase.AWAITING_OUTCOME)
        await asuspend_flow_run(key=f"outcome-{fold.into}-{turn}", timeout=FORGOTTEN_AFTER_SECONDS)
    raise AssertionError("count() does not end")


def outcome_now(fold: Fold, now: datetime) -> Inherited | None:
    """How an incident that waits would end now, or None while it has to wait."""
    return outcome_for(fold, clients().record.incident(fold.into), now)


def wake_waiting(into: str = "") -> int:
    """Wake the runs whose outcome is there: of those that wait for this incident, or for any.

    Returns:
        How many.
    """
    woken = 0
    for fold, _ in _due(into, datetime.now(UTC)):
        incident = clients().record.incident(fold.incident)
        try:
            wake_run(clients().settings.prefect_api_url, incident.flow_run_id)
            woken += 1
        except PrefectUnreachable as away:
            says = f"its run could not be woken: {away}"
            note_entry(incident.id, EntryKind.NOTE, says, key=f"asleep/{fold.into}")
    return woken


def close_unwoken(now: datetime) -> int:
    """Close, with the outcome that is theirs, the incidents whose run does not take it over."""
    late = list(_due("", now - NOT_TAKEN_UP_AFTER))
    for fold, found in late:
        close_incident(fold.incident, found.ending, f"{found.says}; its own run did not go on")
    return len(late)


def _due(into: str, at: datetime) -> Iterator[tuple[Fold, Inherited]]:
    """Who waits although the outcome was there at that time."""
    for fold in clients().record.open_folds(into):
        first = clients().record.incident(fold.into)
        found = outcome_for(fold, first, at)
        if found and (first.closed_at is None or first.closed_at <= at):
            yield fold, found
