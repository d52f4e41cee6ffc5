"""A diagnosis as a tired person reads it in a minute: whole documents."""

from datetime import timedelta

import pytest

from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.hypothesis import Diagnosis, Mitigation
from outage.incidents.severity import Impact, assess_severity
from outage.kubernetes.objects import ObjectRef
from outage.logs.log_templates import LogTemplate
from outage.reports.markdown import LINE_CHARACTERS, diagnosis_in_markdown, sureness
from tests.outage.reports.account_specimen import AUTH, CAUSE, DIAGNOSIS, NOON

POD = ObjectRef(kind="Pod", namespace="shop", name="auth-1")
OTHER = CAUSE.model_copy(
    update={
        "cause": "database-down",
        "says": "postgres answers nobody",
        "score": 0.55,
        "field": None,
        "onset": None,
        "evidence_for": ("connection refused", "no pod is ready"),
        "evidence_against": (),
        "repair": None,
        "settle": "",
    }
)
CROWD = Diagnosis(
    at=NOON + timedelta(minutes=2),
    assessment=assess_severity(
        Impact(services=4, services_down=("auth", "user"), probes=4, probes_failing=("a",))
    ),
    findings=(
        Finding(sign="log-errors", about=POD, says=f"{POD}: 3 log lines with errors, the last: map[<nil> *]"),
        *(Finding(sign="workload-down", about=AUTH, says=f"{AUTH}: look {n}") for n in range(12)),
    ),
    hypotheses=(
        CAUSE.model_copy(update={"evidence_for": tuple(f"reason {n}" for n in range(6))}),
        OTHER,
        OTHER.model_copy(update={"score": 0.2, "says": "a node is ill in shop-two"}),
        OTHER.model_copy(update={"score": 0.1}),
    ),
    unknowns=tuple(f"look {n}: 403" for n in range(7)),
)
WHOLE_CROWD = """\
## P1: partial outage: 2 of 4 services down, 1 of 4 user-facing probes failing

### 1. auth runs an image that is not there

Almost certain (0.90): `bad-image` on deployment/auth, since 2030-01-01 12:00:00 UTC (2 min before this look)

`spec.template.spec.containers.0.image`: `auth:9` → `auth:2`

**For**
- reason 0
- reason 1
- reason 2
- reason 3
- … and 2 more

**Against**
- one old pod still runs

**Next**
- to settle it: pull auth:9 by hand
- repair: Undo deployment/auth to revision 2

### 2. postgres answers nobody

Possible (0.55): `database-down` on deployment/auth

**For**
- connection refused
- … and 1 more

**Next**
- repair: a person is needed

### 3. a node is ill in shop-two

A guess, too weak to act on (0.20): `database-down` on deployment/auth

**For**
- connection refused
- … and 1 more

**Next**
- repair: a person is needed

… and 1 less likely: `outage show`

### What was seen (13)
- deployment/auth: look 0 (`workload-down`)
- deployment/auth: look 1 (`workload-down`)
- deployment/auth: look 2 (`workload-down`)
- deployment/auth: look 3 (`workload-down`)
- deployment/auth: look 4 (`workload-down`)
- deployment/auth: look 5 (`workload-down`)
- deployment/auth: look 6 (`workload-down`)
- deployment/auth: look 7 (`workload-down`)
- deployment/auth: look 8 (`workload-down`)
- deployment/auth: look 9 (`workload-down`)
- … and 3 more

### What could not be seen (7)
- look 0: 403
- look 1: 403
- look 2: 403
- look 3: 403
- look 4: 403
- … and 2 more

### Dashboards
- [Grafana](https://grafana.example)

Objects are in namespace shop where no other is named."""
WHOLE_QUIET = """\
## none: nothing is failing: 0 of 4 services down

No cause stands: nothing that was looked at explains an outage."""


def test_a_whole_diagnosis_reads_like_this() -> None:
    """The answer stands first; what hurts stands before what only hints; every list has an end."""
    assert diagnosis_in_markdown(CROWD, {"Grafana": "https://grafana.example"}) == WHOLE_CROWD


SAID = (
    LogTemplate(
        text="connect <*> refused", count=31, pods=("auth-1",), first="2030-01-01T11:58:00Z", new=True
    ).model_copy(update={"last": "2030-01-01T12:01:59.5Z"}),
    LogTemplate(text="late " * 100, count=400, pods=("a", "b", "c", "d"), new=False),
)
WHOLE_SAID = """\
### What the logs complain of (2 kinds, 1 new since the baseline)
- new since the baseline: ×31  connect \\<\\*> refused  (2030-01-01 11:58:00 to 12:01:59, auth-1)
"""


def test_what_the_logs_complain_of_says_what_is_new() -> None:
    """The runbook reads the logs of all services; a person reads what they did not say yesterday."""
    told = diagnosis_in_markdown(CROWD.model_copy(update={"log_templates": SAID}))

    assert WHOLE_SAID in told
    assert "…  (a, b…)" in told.splitlines()[told.splitlines().index(WHOLE_SAID.splitlines()[1]) + 1]


@pytest.mark.parametrize(
    ("new", "heading"),
    [
        pytest.param((False, None), "(2 kinds, none new since the baseline)", id="all of it was known"),
        pytest.param((None, None), "(2 kinds)", id="nobody knows what was said before"),
        pytest.param((None,), "(1 kind)", id="a single one"),
    ],
)
def test_the_logs_heading_claims_only_what_is_known(new: tuple[bool | None, ...], heading: str) -> None:
    """An old baseline knows nothing of logs."""
    some = tuple(SAID[1].model_copy(update={"new": one}) for one in new)

    assert f"### What the logs complain of {heading}\n" in diagnosis_in_markdown(
        CROWD.model_copy(update={"log_templates": some})
    )


def test_a_quiet_diagnosis_is_two_sentences() -> None:
    """Nothing is wrong, and no heading stands over nothing."""
    quiet = Diagnosis(at=NOON, assessment=assess_severity(Impact(services=4)))

    assert diagnosis_in_markdown(quiet) == WHOLE_QUIET


@pytest.mark.parametrize(
    ("score", "words"),
    [
        pytest.param(1.0, "Almost certain", id="the most there is"),
        pytest.param(0.9, "Almost certain", id="the least that is almost certain"),
        pytest.param(0.89, "Likely", id="just below"),
        pytest.param(0.5, "Possible", id="the least that a response acts upon"),
        pytest.param(0.49, "A guess, too weak to act on", id="a response asks a person"),
        pytest.param(0.0, "A guess, too weak to act on", id="nothing speaks for it"),
    ],
)
def test_a_score_is_said_in_words(score: float, words: str) -> None:
    """Nobody knows at three in the morning whether 0.55 is much."""
    assert sureness(score) == words


def test_what_a_program_wrote_is_never_taken_for_markup() -> None:
    """`<nil>` would vanish from the page, and a backtick would end the value too early."""
    cause = CAUSE.model_copy(update={"live": "a`b\nc", "wanted": None, "says": "got <nil> for *auth"})
    text = diagnosis_in_markdown(DIAGNOSIS.model_copy(update={"hypotheses": (cause,)}))

    assert "### 1. got \\<nil> for \\*auth\n" in text
    assert "`a'b c` → not known" in text


def test_a_sentence_without_end_is_cut() -> None:
    """The whole log line is in the record."""
    cause = CAUSE.model_copy(update={"evidence_for": ("x" * 1_000,)})
    text = diagnosis_in_markdown(DIAGNOSIS.model_copy(update={"hypotheses": (cause,)}))

    assert max(len(line) for line in text.splitlines()) == LINE_CHARACTERS + len("- ")


def test_a_cause_that_began_after_the_look_has_no_age() -> None:
    """Clocks differ: `-3 s before this look` helps nobody."""
    cause = CAUSE.model_copy(update={"onset": NOON + timedelta(seconds=3)})
    text = diagnosis_in_markdown(DIAGNOSIS.model_copy(update={"hypotheses": (cause,)}))

    assert "since 2030-01-01 12:00:03 UTC\n" in text


def test_a_relief_is_not_called_a_guess_but_what_it_is() -> None:
    """It is acted upon, and whoever approves it reads both what speaks for it and what against."""
    more = {
        "score": 0.2,
        "evidence_for": ("blue fails", "green is ready"),
        "evidence_against": ("green is small", "it runs the same image"),
    }
    ways = (Mitigation.model_validate(CAUSE.model_dump(exclude={"strength", "doubts"}) | more),)
    told = {"hypotheses": (OTHER,), "mitigations": ways}
    text = diagnosis_in_markdown(CROWD.model_copy(update=told))

    assert "A way to ease it, which heals no cause" in text
    assert "too weak" not in text
    assert "green is ready" in text
    assert "it runs the same image" in text
