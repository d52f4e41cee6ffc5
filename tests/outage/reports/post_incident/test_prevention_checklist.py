"""The runbook's eight questions: each has its number, or the name of the person who has to answer it."""

from datetime import timedelta
from typing import Any

import pytest

from outage.diagnosis.findings.finding import Finding
from outage.incidents.alert import WATCH, Alert
from outage.incidents.incident import Ending
from outage.incidents.severity import Impact, assess_severity
from outage.reports.post_incident.detection import detection_of
from outage.reports.post_incident.prevention_checklist import Question, checklist
from outage.reports.post_incident.repair_history import PastOutage, RepairHistory
from tests.outage.reports.account_specimen import (
    AUTH,
    CAUSE,
    DETECTION,
    DIAGNOSIS,
    INCIDENT,
    NOON,
    PREVENTION,
    WEAK,
)

WELL = WEAK.model_copy(
    update={"without_probe": (), "one_replica": (), "without_limit": (), "without_budget": ()}
)
SECOND = timedelta(seconds=1)
CLEAR = DIAGNOSIS.model_copy(update={"unknowns": (), "assessment": assess_severity(Impact(services=4))})
HURT = DIAGNOSIS.model_copy(
    update={
        "assessment": assess_severity(
            Impact(services=4, services_down=("auth",), services_degraded=("user", "web"))
        )
    }
)


def past(days: int, *, drill: bool = False, minutes: int = 10, repaired: bool = True) -> PastOutage:
    """An outage so many days before noon."""
    opened = NOON - timedelta(days=days)
    return PastOutage(
        incident=f"inc-{days}",
        drill=drill,
        opened_at=opened,
        closed_at=opened + timedelta(minutes=minutes),
        repaired=repaired,
    )


def seen(**changed: Any) -> dict[str, Any]:
    """The facts with other moments."""
    return {"detection": DETECTION.model_copy(update=changed)}


TABLE: list[tuple[str, Question, dict[str, Any], bool | None, str]] = [
    (
        "an alert in time",
        Question.ALERTS,
        seen(alert_at=NOON - 40 * SECOND),
        True,
        "ServiceDown fired 10 s before users failed",
    ),
    ("an alert too late", Question.ALERTS, {}, False, "ServiceDown fired 18 s after users failed"),
    (
        "no alert",
        Question.ALERTS,
        seen(alert_at=None),
        False,
        "0 alerts fired: our own watch saw it 42 s after the first sign. Write one",
    ),
    (
        "a person told of it",
        Question.ALERTS,
        seen(alert_at=None, told_by_person=True, first_sign_at=None),
        False,
        "0 alerts fired: a person told of it. Write one",
    ),
    (
        "users never felt it",
        Question.ALERTS,
        seen(felt_at=None, seen_felt_at=None),
        True,
        "ServiceDown fired, and 0 signs that users feel were seen",
    ),
    (
        "nobody dates when users began to fail",
        Question.ALERTS,
        seen(felt_at=None),
        None,
        "left to ana: ServiceDown fired 12 s before a look saw users fail; since when they did nothing tells",
    ),
    (
        "every service has a probe",
        Question.HEALTH_CHECKS,
        {"weak": WELL, "first": CLEAR},
        True,
        "0 of 4 services have no readiness probe",
    ),
    (
        "a service that was not looked at is not well",
        Question.HEALTH_CHECKS,
        {"weak": WELL.model_copy(update={"unseen": ("mail",)}), "first": CLEAR},
        False,
        "0 of 4 services have no readiness probe; not looked at: mail",
    ),
    ("no picture", Question.HEALTH_CHECKS, {"weak": None, "first": CLEAR}, None,
     "left to ana: no picture of the services is kept"),
    ("only what broke failed", Question.ERROR_HANDLING, {}, True, "0 services failed beside auth"),
    (
        "callers fell with it",
        Question.ERROR_HANDLING,
        {"first": HURT},
        False,
        "2 services did not bear the failure of auth: user, web",
    ),
    (
        "the same change came before",
        Question.DEPLOYMENT,
        {"history": RepairHistory(cause="bad-image", past=(past(3), past(9), past(1, drill=True)))},
        False,
        "nothing stopped the change of `spec.template.spec.containers.0.image`;"
        " bad-image came 2 times before in 90 days and in 1 drill",
    ),
    (
        "no field is known",
        Question.DEPLOYMENT,
        {"cause": CAUSE.model_copy(update={"field": None})},
        None,
        "left to ana: bad-image came 0 times before in 90 days",
    ),
    (
        "two of everything",
        Question.REDUNDANCY,
        {"weak": WELL, "first": CLEAR},
        True,
        "0 of 4 services run one replica, 0 of 4 services have no disruption budget",
    ),
    (
        "budgets that nobody could list are not well",
        Question.REDUNDANCY,
        {"weak": WELL.model_copy(update={"without_budget": None}), "first": CLEAR},
        False,
        "0 of 4 services run one replica, disruption budgets could not be listed",
    ),
    (
        "limits everywhere",
        Question.CAPACITY,
        {},
        True,
        "0 of 4 services have a container without a memory limit",
    ),
    (
        "a quota is a matter of capacity",
        Question.CAPACITY,
        {
            "cause": CAUSE.model_copy(update={"cause": "quota-exceeded"}),
            "history": RepairHistory(cause="quota-exceeded"),
        },
        False,
        "there was too little of something (quota-exceeded came 0 times before in 90 days);"
        " 0 of 4 services have a container without a memory limit",
    ),
    (
        "unknown is no class",
        Question.DOCUMENTATION,
        {"cause": CAUSE.model_copy(update={"cause": "unknown"})},
        False,
        "0 known classes fit the cause: add it to the runbook",
    ),
    (
        "the runbook did it",
        Question.TRAINING,
        {},
        True,
        "the runbook healed it with 1 plan; a person answered after 12 s",
    ),
    (
        "people did it",
        Question.TRAINING,
        {"incident": INCIDENT.model_copy(update={"ending": Ending.NOT_RECOVERED}), "plans": 3},
        False,
        "people had to finish it after 3 plans; a person answered after 12 s: practise this fault as a drill",
    ),
    (
        "the policy names nobody",
        Question.ERROR_HANDLING,
        {"first": None, "owner": ""},
        None,
        "left to a person (the policy names nobody): which cause hurt whom is not known",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("question", "changed", "well", "says"), [one[1:] for one in TABLE],
                         ids=[one[0] for one in TABLE])  # fmt: skip
def test_each_question_is_answered_from_data_or_left_to_a_person(
    question: Question, changed: dict[str, Any], well: bool | None, says: str
) -> None:
    """Healthy answers first."""
    facts = PREVENTION.model_copy(update={"first": CLEAR, **changed})
    answer = next(one for one in checklist(facts) if one.question is question)

    assert (answer.well, answer.says) == (well, says)


def test_all_eight_are_asked_in_the_runbooks_order() -> None:
    """Word for word."""
    assert [one.question for one in checklist(PREVENTION)] == list(Question)


def test_every_answer_has_a_number_or_a_name() -> None:
    """An answer that counts nothing cannot be checked."""
    answers = checklist(PREVENTION)

    assert [
        one for one in answers if not any(sign.isdigit() for sign in one.says) and "ana" not in one.says
    ] == []


def fired(seconds: int, source: str = "alertmanager", name: str = "Down") -> Alert:
    """An alert that began so many seconds after noon."""
    return Alert(name=name, labels={"alertname": name}, starts_at=NOON + seconds * SECOND, source=source)


def test_the_first_alert_is_the_monitorings_and_the_first_sign_the_clusters() -> None:
    """Neither our own watch nor a person's report is an alert; soft signs hurt nobody."""
    findings = (
        Finding(sign="log-errors", about=AUTH, says="soft", since=NOON - 90 * SECOND),
        Finding(sign="pod-image-pull", about=AUTH, says="pull", since=NOON - 20 * SECOND),
        Finding(sign="service-without-endpoints", about=AUTH, says="none", since=NOON - 10 * SECOND),
    )
    first = DIAGNOSIS.model_copy(update={"findings": findings})
    alerts = [fired(-60, WATCH), fired(-50, "person"), fired(5), fired(3, name="Earlier")]
    found = detection_of(INCIDENT, alerts, first)

    assert (found.alert, found.alert_at) == ("Earlier", NOON + 3 * SECOND)
    assert (found.first_sign, found.first_sign_at) == ("pull", NOON - 20 * SECOND)
    assert (found.felt_at, found.seen_felt_at) == (NOON - 10 * SECOND, NOON)
    assert found.told_by_person


def test_what_nothing_dates_is_none() -> None:
    """And no gap is made up of it."""
    found = detection_of(INCIDENT, [], None)

    assert (found.first_sign_at, found.felt_at, found.alert_at) == (None, None, None)
    assert found.seconds(found.alert_at, found.opened_at) is None
