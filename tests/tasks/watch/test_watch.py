"""When what the watch sees is a new incident, and when somebody answers it already."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blocks import prefect_runs
from blocks.prefect_api import PrefectMissing
from outage.diagnosis.hypothesis import Diagnosis, Hypothesis
from outage.incidents.incident import Ending, Incident
from outage.incidents.severity import Assessment, Impact, Severity
from outage.kubernetes.objects import ObjectRef
from outage.plans.approval import Answer, Approval
from tasks.watch import tasks

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
CAUSE = Hypothesis(
    cause="bad-image", about=ObjectRef(kind="Deployment", name="auth", namespace="shop"), says="", score=0.9
)
SEEN = Diagnosis(
    at=NOON,
    assessment=Assessment(severity=Severity.P1, reason="", impact=Impact(services=2)),
    findings=(),
    hypotheses=(CAUSE,),
)


def incident(closed: timedelta | None, ending: Ending | None = None, **more: Any) -> Incident:
    """An incident that was closed so long before noon (after it, when negative)."""
    at = NOON - closed if closed is not None else None
    opened = NOON - timedelta(hours=3)
    return Incident(id="inc-1", key="k", title="t", opened_at=opened, closed_at=at, ending=ending, **more)


@pytest.mark.parametrize(
    ("standing", "says"),
    [
        pytest.param([], "", id="nobody knows of it"),
        pytest.param([incident(None)], "is being answered", id="an alert came while we looked"),
        pytest.param(
            [incident(timedelta(seconds=-9), Ending.REFUSED)], "was just answered", id="and ended meanwhile"
        ),
        pytest.param([incident(timedelta(minutes=9), Ending.RECOVERED)], "", id="it came back"),
        pytest.param(
            [incident(timedelta(minutes=9), Ending.DECLINED)], "handed to a person", id="a person has it"
        ),
        pytest.param([incident(timedelta(hours=2), Ending.DECLINED)], "", id="a person had it long ago"),
        pytest.param(
            [incident(timedelta(minutes=9), Ending.DECLINED, drill="bad-image")], "", id="that was a drill"
        ),
    ],
)
def test_what_is_seen_is_new_or_somebody_answers_it(
    standing: list[Incident], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is asked twice about one outage because two looked at it."""
    monkeypatch.setattr(tasks, "first_cause", lambda incident: CAUSE.key)

    said = tasks.answered_by(SEEN, standing, NOON)

    assert says in said
    assert bool(said) is bool(says)


class Server:
    """A Prefect server that knows no run any more."""

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(self, run_id: str) -> dict[str, Any]:
        """Deleted in the UI, or another database."""
        raise PrefectMissing(f"GET /flow_runs/{run_id}: 404")

    def resume(self, run_id: str, form: dict[str, Any]) -> str | None:
        """As `run`."""
        raise PrefectMissing(f"POST /flow_runs/{run_id}/resume: 404")


def test_a_run_that_was_deleted_is_over_and_keeps_nobody_else_from_being_woken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its incident is handed to a person; a red watch would hand over none."""
    monkeypatch.setattr(prefect_runs, "PrefectApi", lambda url: Server())
    yes = Approval(plan_hash="h", answer=Answer.APPROVE, by="ada", at=NOON)

    assert prefect_runs.state_of("http://prefect", "run-1")[0] in tasks.OVER
    assert "its run is gone" in prefect_runs.resume_run("http://prefect", "run-1", yes)
