"""Which cause gets a plan, which plan stands, and what is said when there is none: on the real record."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from blocks.clients import Clients, clients
from outage.diagnosis.hypothesis import Action, Change, Diagnosis, Hypothesis, Repair
from outage.errors import (
    ClusterForbidden,
    ClusterRejected,
    ClusterUnreachable,
    DatabaseRefused,
    DatabaseUnreachable,
    OutageError,
    RecordError,
)
from outage.incidents.incident import Ending, Incident
from outage.incidents.severity import Impact, assess_severity
from outage.kubernetes.access_right import MissingRight, Right
from outage.kubernetes.objects import ObjectRef
from outage.plans.objection import Objection
from outage.plans.plan import Mode, Plan, Precondition
from outage.plans.planned import Planned
from outage.value import Manifest
from outage.verification.recovery import VerifiedRecovery
from tasks.act import writing_doors
from tasks.decide import next_plan
from tasks.decide.fold_or_answer import without_others
from tasks.tell import send_joined_message
from tests.flows.scripted_response import POLICY, opened
from tests.tasks.act.fake_cluster import NOON, Cluster, Died
from tests.tasks.act.shop_plans import at, change, deployment, image, plan_of, view

NUMBERS = count(1)
DOWN = assess_severity(Impact(services=4, services_down=("auth",)))
HEALTHY = assess_severity(Impact(services=4))
OPEN_POLICY = POLICY + "limits: {disturbed_share: 1.0}\n"


def cause(name: str = "bad-image", score: float = 0.9, mendable: bool = True) -> Hypothesis:
    """A cause whose repair puts another image in."""
    about = ObjectRef(kind="Deployment", name="auth", namespace="shop")
    repair = Repair(summary=f"Mend {name}", changes=(change(Action.PATCH, about, image()),))
    says = f"it is {name}"
    return Hypothesis(cause=name, about=about, says=says, score=score, repair=repair if mendable else None)


def found(*causes: Hypothesis) -> Diagnosis:
    """A diagnosis with these causes, likeliest first."""
    return Diagnosis(at=NOON, assessment=DOWN, hypotheses=causes)


@pytest.fixture
def house(record_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    """Doors to a cluster in memory and to the real record; guards look at that cluster, now."""
    cluster = Cluster(deployment())
    with opened(record_dsn, tmp_path, monkeypatch, OPEN_POLICY) as there:
        monkeypatch.setattr(writing_doors, "cluster_target", lambda: cluster)
        monkeypatch.setattr(next_plan, "guard_view_of", lambda *_: view(cluster, taken_at=datetime.now(UTC)))
        monkeypatch.setattr(next_plan, "BREATHS_SECONDS", ())
        yield there


@pytest.fixture
def incident(house: Clients) -> Incident:
    """An incident with one investigation."""
    opened_one, _ = house.record.open_incident(f"planning-{next(NUMBERS)}", "auth is down", NOON)
    house.record.keep_phase(
        opened_one.id, "investigate-1", found(cause("bad-image"), cause("bad-env", 0.8)), NOON
    )
    return opened_one


def make(incident: Incident, attempt: int = 1) -> Planned:
    """The verb without Prefect around it."""
    known = clients().record.diagnosis(incident.id, attempt) or found()
    return next_plan.make_plan.fn(incident.id, attempt, known)


@pytest.mark.parametrize(
    ("diagnosis", "ending", "says"),
    [
        pytest.param(found(cause()), None, "", id="a believed cause with a repair gets a plan"),
        pytest.param(
            found(cause(score=next_plan.BELIEVED_FROM)), None, "", id="the score that is needed is enough"
        ),
        pytest.param(
            Diagnosis(at=NOON, assessment=HEALTHY),
            Ending.NOTHING_TO_DO,
            "every look was healthy",
            id="nothing is wrong any more",
        ),
        pytest.param(
            found(), Ending.ADVISED, "no cause is left", id="something is wrong and nobody knows why"
        ),
        pytest.param(
            found(cause(mendable=False)), Ending.ADVISED, "only a person can mend this", id="no repair"
        ),
        pytest.param(
            found(cause(score=0.49)), Ending.ADVISED, "not sure enough to act (0.49, 0.50 needed)", id="doubt"
        ),
    ],
)
def test_without_a_plan_there_is_an_ending_and_a_sentence(
    diagnosis: Diagnosis, ending: Ending | None, says: str
) -> None:
    """Whoever takes over reads why nothing was written."""
    stop = next_plan.without_plan(diagnosis, next_plan.next_cause(diagnosis, (), 1))

    assert (stop.ending if stop else None) is ending
    assert says in (stop.says if stop else "")


def test_a_cause_that_an_earlier_attempt_was_made_for_is_not_tried_again(incident: Incident) -> None:
    """It did not help; the next likely one is meant."""
    plan = make(incident).plan
    assert plan
    second = next_plan.next_cause(found(cause("bad-image"), cause("bad-env")), [plan], 2)

    assert plan.hypothesis == cause("bad-image").key
    assert second
    assert second.cause == "bad-env"


def test_a_cause_may_be_tried_again_when_another_one_was_mended_since(
    house: Clients, incident: Incident
) -> None:
    """The first time it stood on top of the other; only what helped and what came later is used up."""
    first, healed = (make(incident).plan for _ in range(2))
    assert first
    assert healed
    healed = healed.model_copy(update={"attempt": 2, "hypothesis": cause("bad-env").key})
    house.record.keep_phase(
        incident.id, "verify-2", VerifiedRecovery(recovered=False, says="", helped="it stays"), NOON
    )

    helped = next_plan.last_that_helped(incident.id, 3)
    third = next_plan.next_cause(found(cause("bad-env"), cause("bad-image")), [first, healed], 3, helped)

    assert helped == 2
    assert third
    assert third.cause == "bad-image"


def test_a_plan_is_asked_about_with_its_diff_and_kept(house: Clients, incident: Incident) -> None:
    """What is shown is what stands on record."""
    planned = make(incident)

    assert (planned.mode, planned.ending) == (Mode.ASK, None)
    assert planned.plan == house.record.plan(incident.id, 1)
    assert planned.plan
    assert "auth:8" in planned.plan.steps[0].diff


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_process_that_dies_around_keeping_a_plan_is_followed_by_one_with_the_same_plan(
    house: Clients, incident: Incident, when: str
) -> None:
    """A plan of this attempt was not tried, only kept; somebody may have said yes to it."""
    house.record.dies = (when, "plan 1")  # type: ignore[attr-defined]
    with pytest.raises(Died):
        make(incident)
    kept = house.record.plan(incident.id, 1)
    planned = make(incident)

    assert planned.plan
    assert (planned.plan.hypothesis, planned.says) == (cause("bad-image").key, "Mend bad-image")
    assert house.record.plans(incident.id) == [planned.plan]
    assert kept in (None, planned.plan)
    assert len([one for one in house.record.entries(incident.id) if one.kind == "plan"]) == 1


def test_the_only_cause_is_planned_for_again_when_a_process_died_over_it(house: Clients) -> None:
    """It was never tried: that it has a plan must not read as "no cause is left"."""
    alone, _ = house.record.open_incident(f"planning-{next(NUMBERS)}", "auth is down", NOON)
    house.record.keep_phase(alone.id, "investigate-1", found(cause()), NOON)
    first, again = make(alone), make(alone)

    assert first == again
    assert again.ending is None


def test_a_kept_plan_is_weighed_by_the_policy_of_now(house: Clients, incident: Incident) -> None:
    """Who turned the policy down while the process was dead meant it."""
    plan = make(incident).plan
    (Path(house.settings.home) / "policy.yaml").write_text(
        OPEN_POLICY.replace("mode: ask\nname", "mode: advise\nname")
    )
    planned = make(incident)

    assert (planned.plan, planned.ending, planned.mode) == (plan, Ending.ADVISED, Mode.ADVISE)


@pytest.mark.parametrize(
    ("policy", "ending", "says"),
    [
        pytest.param(OPEN_POLICY, None, "Mend it", id="policy asks"),
        pytest.param(OPEN_POLICY.replace("[shop]", "[other]"), Ending.REFUSED, "shop", id="a guard objects"),
        pytest.param(
            "version: 7", Ending.ADVISED, "cannot be used, so nothing is written", id="policy is broken"
        ),
        pytest.param(
            OPEN_POLICY.replace("mode: ask, approvers: on-call", "mode: advise"),
            Ending.ADVISED,
            "policy says to advise only",
            id="policy only advises",
        ),
    ],
)
def test_a_plan_goes_as_far_as_policy_and_guards_let_it(
    house: Clients, incident: Incident, policy: str, ending: Ending | None, says: str
) -> None:
    """The plan is shown in any case: a person may carry it out."""
    (Path(house.settings.home) / "policy.yaml").write_text(policy)
    plan: Plan = plan_of(
        writing_doors.cluster_target(), change(Action.PATCH, at("Deployment", "auth"), image())
    )  # type: ignore[arg-type]
    weighed = next_plan.weigh_objections(incident, plan)

    assert (weighed.plan, weighed.ending) == (plan, ending)
    assert says in weighed.says


def failing(*errors: OutageError) -> Callable[[], Planned]:
    """Planning that meets these errors, one after the other, before it works."""
    left = iter(errors)

    def planning() -> Planned:
        for error in left:
            raise error
        return Planned(says="made")

    return planning


@pytest.mark.parametrize(
    ("errors", "says", "rests"),
    [
        pytest.param([], "made", 0, id="it works"),
        pytest.param([ClusterUnreachable("read: 503")] * 2, "made", 2, id="weather of the cluster passes"),
        pytest.param(
            [DatabaseUnreachable("read: no answer")], "made", 1, id="weather of the database passes"
        ),
        pytest.param(
            [ClusterUnreachable("read: 503")] * 9, "read: 503; meant was: it broke", 4, id="it stays"
        ),
        pytest.param(
            [ClusterRejected("patch: 422")], "patch: 422; meant was: it broke", 0, id="422 stays 422"
        ),
        pytest.param(
            [DatabaseRefused("read: no right")],
            "read: no right; meant was: it broke",
            0,
            id="no right to ask",
        ),
    ],
)
def test_a_plan_that_cannot_be_made_is_advice_with_its_reason(
    errors: list[OutageError], says: str, rests: int
) -> None:
    """The database's no is as good as the cluster's: neither crashes the response."""
    rested: list[float] = []
    planned = next_plan.plans_asked("it broke", failing(*errors), rested.append)

    assert says in planned.says
    assert planned.ending is (None if says == "made" else Ending.ADVISED)
    assert len(rested) == rests


def test_a_record_that_is_away_is_not_the_plans_fault() -> None:
    """`once` waits for it; advice would be kept for good."""
    with pytest.raises(RecordError):
        next_plan.plans_asked("it broke", failing(RecordError("keep: no connection")), lambda _: None)


class ReadOnly(Cluster):
    """A cluster whose API server lets the writer try nothing."""

    def dry_run(self, change: Change, precondition: Precondition) -> tuple[Manifest | None, Manifest | None]:
        """As the API server answers an identity without the right."""
        raise ClusterForbidden(f"try to {change.action} {change.target}: 403: cannot patch")


def forbidden(monkeypatch: pytest.MonkeyPatch, **known: Any) -> None:
    """The writer may try nothing; `known` is what the guards know of that."""
    cluster = ReadOnly(deployment())
    monkeypatch.setattr(writing_doors, "cluster_target", lambda: cluster)
    monkeypatch.setattr(
        next_plan, "guard_view_of", lambda *_: view(cluster, taken_at=datetime.now(UTC), **known)
    )


def test_a_plan_that_the_writer_may_not_write_is_refused_before_a_person_is_asked(
    incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The missing right stands in the answer, and what to do about it."""
    about = at("Deployment", "auth", "shop")
    right = Right(
        identity="writer", verb="patch", kind=about.kind, namespace="shop", name="auth", purpose="it fails"
    )
    forbidden(monkeypatch, missing_rights=(MissingRight(right=right),))

    planned = make(incident)

    assert planned.ending is Ending.REFUSED
    assert [one.reason for one in planned.objections] == [Objection.MISSING_RIGHT]
    assert "the writer may not patch Deployment auth in shop" in planned.says
    assert "deploy/rbac/" in planned.says


def test_a_try_that_is_forbidden_for_a_reason_that_no_guard_knows_makes_no_plan(
    incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All rights are there and the API server says no all the same: nobody is asked for a yes to that."""
    forbidden(monkeypatch)

    planned = make(incident)

    assert (planned.ending, planned.plan) == (Ending.ADVISED, None)
    assert "cannot patch" in planned.says


def test_a_cause_that_another_incident_answers_gets_no_second_plan(
    house: Clients, incident: Incident
) -> None:
    """It folds, whoever was told of it is told so; once the first is over and it is there again, it has its plan."""
    later, _ = house.record.open_incident(f"planning-{next(NUMBERS)}", "web is down", NOON)
    for one in (later.id, incident.id):
        house.record.keep_phase(one, "investigate-1", found(cause("bad-image")), NOON)
    first = make(incident)
    planned = make(later)

    assert first.plan
    assert (planned.plan, planned.ending, planned.folds_into) == (None, None, incident.id)
    assert make(later).folds_into == incident.id
    assert house.record.plans(later.id) == []

    send_joined_message(later.id, planned, found())
    [message] = [one.says for one in house.record.entries(later.id) if one.kind == "message"]
    assert f"{incident.id} answers the same cause, bad-image of deployment/auth in shop" in message

    house.record.update(incident.id, closed_at=NOON - timedelta(seconds=1), ending=Ending.RECOVERED)
    third, _ = house.record.open_incident(f"planning-{next(NUMBERS)}", "auth is down again", NOON)
    house.record.keep_phase(third.id, "investigate-1", found(cause("bad-image")), NOON)
    assert make(third).plan


def test_what_another_incident_answers_is_left_out_of_a_plan_for_the_same_cause() -> None:
    """One wrong value on several objects is one plan, without the objects of which another one has a plan."""
    other = cause("bad-env")
    seen = found(cause("bad-image"), other)

    assert without_others(seen, ()) == seen
    assert [one.cause for one in without_others(seen, (other.key,)).hypotheses] == ["bad-image"]
