"""The report, the plan and the diagnosis as people get them."""

import pytest

from outage.incidents.incident import Ending
from outage.incidents.severity import Impact, Severity, assess_severity
from outage.plans.outcome import Resolved
from outage.reports.markdown import DIFF_LINES, diagnosis_in_markdown, plan_in_markdown
from outage.reports.plan_fates import summary_sentences
from outage.reports.record_json import account_in_json, incidents_in_json
from outage.reports.report import report
from outage.verification.plan_effect import PlanEffect, PlanVerdict
from tests.outage.reports.account_specimen import ACCOUNT, DIAGNOSIS, INCIDENT, PLAN

WHOLE_REPORT = """\
# P2 · ServiceDown: auth

**Recovered**: Undo deployment/auth to revision 2

`inc-1` · opened 2030-01-01 12:00:00 UTC · 1 min 15 s

This was a drill: `bad-image`.

Users saw a limited impact: 1 of 4 services down. It was over 1 min 15 s after the incident was opened. \
What mended it: Undo deployment/auth to revision 2.

## Times
| until | took |
|---|---|
| detected | 12 s |
| plan ready | 8 s |
| approved | 20 s |
| mended | 25 s |
| verified | 1 min 10 s |

## Diagnosis

### P2: limited impact: 1 of 4 services down

#### 1. auth runs an image that is not there

Almost certain (0.90): `bad-image` on deployment/auth, since 2030-01-01 12:00:00 UTC (0 s before this look)

`spec.template.spec.containers.0.image`: `auth:9` → `auth:2`

**For**
- ErrImagePull: auth:9 not found

**Against**
- one old pod still runs

**Next**
- to settle it: pull auth:9 by hand
- repair: Undo deployment/auth to revision 2

#### What was seen (1)
- deployment/auth: auth:9 | not found (`pod-image-pull`)

#### What could not be seen (1)
- node usage: no metrics API

Objects are in namespace shop where no other is named.

## Plan 1: Undo deployment/auth to revision 2

**applied, effective, stays**: recovered: 3 checks are well

auth runs an image that is not there

- ana: approve (cli) fits

### 1-undo-deployment-auth

```diff
-image: auth:9
+image: auth:2
```

## Timeline (UTC)

```mermaid
gantt
dateFormat X
axisFormat %H:%M:%S
title inc-1 (UTC)
section Phases
received :p1, 1893499200, 75s
section Writes
undid deployment/auth :milestone, write1, 1893499225, 0s
```

| at | what | says | by |
|---|---|---|---|
| 12:00:00 | alert | ServiceDown: auth | alertmanager |
| 12:00:25 | write | undid deployment/auth | outage |

## Follow-ups
- [ ] by 2030-01-02: update the ticket with this timeline; notify stakeholders
- [ ] by 2030-01-08: document the root cause; create action items for prevention
- [ ] by 2030-01-31: implement preventive measures; update the runbook
- the timeline up to its end has the head \
`5555555555555555555555555555555555555555555555555555555555555555`: `outage timeline inc-1 --verify \
--head 555555555555`

## Prevention checklist
- [ ] Are monitoring alerts adequate? ServiceDown fired 18 s after users failed
- [ ] Should we add more health checks? 1 of 4 services (mail) have no readiness probe; 1 look could not \
be made
- [x] Do we need better error handling? 0 services failed beside auth
- [ ] Should we improve our deployment process? nothing stopped the change of \
`spec.template.spec.containers.0.image`; bad-image came 0 times before in 90 days
- [ ] Do we need more redundancy? 2 of 4 services (auth, mail) run one replica, 3 of 4 services (auth, \
mail, user) have no disruption budget; 1 went down whole: auth
- [x] Should we update our capacity planning? 0 of 4 services have a container without a memory limit
- [x] Do we need better documentation? the cause is a known class, bad-image: bad-image came 0 times \
before in 90 days
- [x] Should we conduct additional training? the runbook healed it with 1 plan; a person answered after 12 s

## Links
- [Grafana](https://grafana.example)

## What was not looked at
- node usage: no metrics API
"""


def test_the_whole_report_reads_like_this() -> None:
    """What the person who comes in the morning gets."""
    assert report(ACCOUNT) == WHOLE_REPORT


def test_a_plan_shows_reason_diff_risk_and_way_back_before_anybody_is_asked() -> None:
    """An approver decides on what stands here, and on nothing else."""
    text = plan_in_markdown(PLAN)

    assert "**Why:** auth runs an image that is not there" in text
    assert "```diff\n-image: auth:9\n+image: auth:2\n```" in text
    assert "- risk: low" in text
    assert "- way back: put the template back as it was" in text
    assert PLAN.hash in text


def test_a_long_diff_is_cut_in_the_form_and_says_so() -> None:
    """A form of 2,000 lines is not read; the whole diff is one command away."""
    long = "\n".join(f"+line {number}" for number in range(DIFF_LINES + 5))
    step = PLAN.steps[0].model_copy(update={"diff": long})

    text = plan_in_markdown(PLAN.model_copy(update={"steps": (step,)}))

    assert "… 5 more lines: `outage show`" in text
    assert f"+line {DIFF_LINES}" not in text


def test_the_hash_changes_with_anything_that_would_be_written_and_not_with_the_clock() -> None:
    """An approval must not cover what the approver did not see."""
    step = PLAN.steps[0]
    other = step.model_copy(update={"change": step.change.model_copy(update={"patch": ()})})

    assert PLAN.model_copy(update={"steps": (other,)}).hash != PLAN.hash
    assert PLAN.model_copy(update={"made_at": INCIDENT.opened_at}).hash == PLAN.hash


def test_nothing_found_is_said_in_a_sentence() -> None:
    """An empty page would look like a broken one."""
    assert "No cause stands" in diagnosis_in_markdown(DIAGNOSIS.model_copy(update={"hypotheses": ()}))


def test_the_json_of_an_incident_has_its_documented_fields() -> None:
    """Other programs read it; the shape has a version."""
    shape = account_in_json(ACCOUNT)

    assert shape["version"] == 1
    assert shape["plans"][0]["hash"] == PLAN.hash
    assert shape["steps"] == [
        {"phase": "resolve-1", "step": "1-undo-deployment-auth", "outcome": "Applied", "says": "done"}
    ]
    assert shape["times"]["verified_seconds"] == 70
    assert incidents_in_json([INCIDENT])["incidents"][0]["ending"] == "Recovered"


@pytest.mark.parametrize(
    ("changed", "fate"),
    [
        pytest.param({}, "**applied, effective, stays**", id="it mended its cause"),
        pytest.param({"resolved": {}}, "**approved, not applied**", id="nothing was written"),
        pytest.param(
            {"resolved": {}, "approvals": ()}, "**not answered, not applied**", id="nobody was heard"
        ),
        pytest.param(
            {
                "verdicts": {1: PlanVerdict(effect=PlanEffect.NOT_EFFECTIVE, says="its signs stand")},
                "resolved": ACCOUNT.resolved | {"take-back-1": Resolved(says="taken back", applied=True)},
            },
            "**applied, not effective, taken back**: its signs stand",
            id="it did not help",
        ),
    ],
)
def test_each_plan_says_what_became_of_it(changed: dict[str, object], fate: str) -> None:
    """A diff alone looks as if it stood."""
    assert fate in report(ACCOUNT.model_copy(update=changed))


def test_an_incident_that_never_mended_does_not_say_that_it_did() -> None:
    """The summary names what is left."""
    ended = INCIDENT.model_copy(update={"ending": Ending.NOT_RECOVERED})
    text = report(ACCOUNT.model_copy(update={"incident": ended, "verdicts": {}}))

    assert "It was not seen to be over when the response ended after 1 min 15 s." in text
    assert "Nothing that was written mended it." in text


def test_where_nothing_was_written_the_summary_says_just_that() -> None:
    """A plan that waits, or that was refused before its first write, wrote nothing that could have mended anything."""
    ended = INCIDENT.model_copy(update={"ending": Ending.DECLINED})
    bare = ACCOUNT.model_copy(update={"incident": ended, "verdicts": {}, "resolved": {}})
    refused = {key: one.model_copy(update={"refused": True}) for key, one in ACCOUNT.resolved.items()}

    assert refused
    for account in (bare, bare.model_copy(update={"resolved": refused})):
        assert "ended after 1 min 15 s. Nothing was written." in report(account)


@pytest.mark.parametrize(
    ("down", "floor", "says"),
    [
        pytest.param(("auth",), Severity.NONE, "Users saw a limited impact: 1 of 4", id="measured"),
        pytest.param(("auth",), Severity.P1, "Users saw a limited impact: 1 of 4", id="and asked for more"),
        pytest.param((), Severity.NONE, "Nothing was seen to fail at first.", id="nothing"),
        pytest.param(
            (),
            Severity.P2,
            "Nothing was seen to fail at first, P2 is what the alert asks for.",
            id="an alert alone",
        ),
    ],
)
def test_the_summary_begins_with_what_users_saw(down: tuple[str, ...], floor: Severity, says: str) -> None:
    """Measured, not what an alert's label asks for."""
    impact = Impact(services=4, services_down=down)
    first = DIAGNOSIS.model_copy(update={"assessment": assess_severity(impact, floor)})

    assert summary_sentences(INCIDENT, first, [], []).startswith(says)
