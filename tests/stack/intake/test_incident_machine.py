"""Whatever comes in whatever order: no alert is lost, no incident stays open, nothing is written without a yes."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from blocks.record.record_pool import Connection
from blocks.record.writer_locks import WriterLocks
from outage.errors import RecordError
from outage.incidents.folding import FoldDecision
from outage.incidents.joining import JoinDecision, JoinReason
from outage.incidents.routing import Route, RouteRule
from outage.plans.fence import Fence
from outage.plans.plan import Precondition
from stack.embedded_postgres import make_databases, with_database
from tests.stack.intake.incident_machine import IncidentMachine
from tests.stack.intake.losable_record import LosableRecord

STEPS = 50


@pytest.fixture(scope="module")
def machine(postgres: str) -> Iterator[type[IncidentMachine]]:
    """The machine on a record of its own."""
    make_databases(postgres, "machine")
    with LosableRecord.open(with_database(postgres, "machine")) as record:
        IncidentMachine.record = record
        yield IncidentMachine


ALL = (Phase.explicit, Phase.generate)


def run(
    machine: type[IncidentMachine], steps: int, *, derandomize: bool, phases: tuple[Phase, ...] = ALL
) -> None:
    """So many steps, fifty at a time."""
    given = settings(
        phases=phases,
        database=None,
        max_examples=steps // STEPS,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize=derandomize,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    run_state_machine_as_test(machine, settings=given)  # type: ignore[no-untyped-call]


def test_two_thousand_steps_lose_nothing(machine: type[IncidentMachine]) -> None:
    """The same ones each time: what fails here fails for everybody."""
    run(machine, 2_000, derandomize=True)


@pytest.mark.endurance
@pytest.mark.timeout(4 * 3600)
def test_a_hundred_thousand_steps_lose_nothing(machine: type[IncidentMachine]) -> None:
    """Other ones each time."""
    run(machine, 100_000, derandomize=False)


def joins_whatever_was_last(arrival: Any, candidates: Any) -> JoinDecision:
    """The mistake that lost alerts: everything joins the incident that was there last, closed or not."""
    last = max(candidates, key=lambda one: one.incident.opened_at, default=None)
    if last is None:
        return JoinDecision(reason=JoinReason.OPENED, says="")
    return JoinDecision(incident=last.incident.id, reason=JoinReason.TAIL, says="")


def always_the_first_platform(*_: Any) -> Route:
    """The mistake that gave a stranger the platform's plan."""
    return Route(rule=RouteRule.ONLY_PLATFORM, because="", platform="shop", namespace="shop")


def forgetful_fence(self: WriterLocks, connection: Connection, target: str) -> Fence:
    """The mistake that made every holder the same: the number does not grow."""
    connection.execute("insert into outage.fence values (%s, 1) on conflict do nothing", (target,))
    return Fence(target=target, token=1, ask=self.confirm_fence)


MUTANTS: dict[str, tuple[str, Any]] = {
    "a yes overrules a no": ("blocks.record.plan_rows.with_answer", lambda given, new, *_: new),
    "a no at the last moment is not heard": ("blocks.record.step_intents._refuse_declined", lambda *_: None),
    "deadlines do not act": ("tasks.watch.tasks.expire", lambda *_: 0),
    "a run that is gone is not noticed": ("blocks.prefect_runs.RunState.over", False),
    "the run is not started": ("stack.intake.deliveries.Intake.start", lambda self, incident: ""),
    "every alert is the platform's": ("stack.intake.deliveries.route_alert", always_the_first_platform),
    "everything joins the last incident": (
        "blocks.record.incident_rows.decide_joining",
        joins_whatever_was_last,
    ),
    "an intake that died is not finished": (
        "blocks.record.received_alerts.ReceivedAlerts.homeless_alerts",
        lambda *_, **__: [],
    ),
    "the requester's yes counts": (
        "tasks.ask.give_answer.may_answer outage.policies.permission.may_answer",
        lambda *_: "",
    ),
    "another cluster's outage is answered": (
        "stack.intake.deliveries.Intake._turned_away",
        lambda self, incident, because, now: incident,
    ),
    "a lock is left out": ("blocks.record.incident_rows.advisory_lock", lambda *_: None),
    "a connection that was cut is used again": ("blocks.record.record_pool._answers", lambda _: True),
    "two plans for one cause": (
        "blocks.record.writer_locks.decide_folding",
        lambda found, claims: FoldDecision(mine=found.causes),
    ),
    "who waits for an outcome waits for ever": (
        "tests.stack.intake.modelled_response.outcome_for",
        lambda *_: None,
    ),
    "no token is compared": (
        "blocks.record.writer_locks.refuse_old_fence blocks.record.step_intents.refuse_old_fence",
        lambda *_: None,
    ),
    "the token is compared with the intent alone": (
        "blocks.record.writer_locks.WriterLocks.confirm_fence",
        lambda *_: None,
    ),
    "the token is compared before the call alone": (
        "blocks.record.step_intents.refuse_old_fence",
        lambda *_: None,
    ),
    "the token does not grow": ("blocks.record.writer_locks.WriterLocks._newest_fence", forgetful_fence),
    "a write relies on nothing": ("tasks.act.step_executor.Precondition", lambda **_: Precondition()),
    "a heartbeat opens an incident": ("outage.incidents.routing.HEARTBEATS", frozenset()),
}
"""Mistakes that were made, or could be: each one must be found."""


@pytest.mark.endurance
@pytest.mark.timeout(
    2 * 3600
)  # one that runs out would be told as flaky, and taken for a mistake that was found
@pytest.mark.parametrize("mutant", MUTANTS)
def test_each_seeded_mistake_is_found(
    machine: type[IncidentMachine], mutant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that finds nothing proves nothing."""
    places, mistake = MUTANTS[mutant]
    for place in places.split():
        monkeypatch.setattr(place, mistake)
    # Flaky: a cut connection that is used again spoils the next example too, which then ends otherwise.
    with pytest.raises((AssertionError, KeyError, RecordError, ExceptionGroup, Flaky)):
        run(machine, 36_000, derandomize=False, phases=(Phase.generate,))
