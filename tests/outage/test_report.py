"""The report, the plan and the diagnosis as people get them."""

from outage.listing import account_in_json, incidents_in_json
from outage.reading import DIFF_LINES, diagnosis_in_markdown, plan_in_markdown
from outage.report import report
from tests.outage.specimens import ACCOUNT, DIAGNOSIS, INCIDENT, PLAN

WHOLE_REPORT = """\
# P2 · ServiceDown: auth

**Recovered**: Undo deployment/auth to revision 2

`inc-1` · opened 2030-01-01 12:00:00 UTC · 1 min 15 s

This was a drill: `bad-image`.

# Times
| until | took |
|---|---|
| detected | 12 s |
| plan ready | 8 s |
| approved | 20 s |
| mended | 25 s |
| verified | 1 min 10 s |

# Diagnosis

## P2: one service: 1 of 4 services down

### 1. auth runs an image that is not there
`bad-image` on deployment/auth in shop, score 0.90
- `spec.template.spec.containers.0.image` is `auth:9`, should be `auth:2`
- since 12:00:00 UTC
- for: ErrImagePull: auth:9 not found
- against: one old pod still runs
- would settle it: pull auth:9 by hand
- repair: Undo deployment/auth to revision 2

### What was seen
| sign | about | says |
|---|---|---|
| pod-image-pull | deployment/auth in shop | auth:9 \\| not found |

### What could not be seen
- node usage: no metrics API

# Plan 1: Undo deployment/auth to revision 2

auth runs an image that is not there

- ana: approve (cli) fits

## 1-undo-deployment-auth

```diff
-image: auth:9
+image: auth:2
```

# Timeline (UTC)
| at | what | says | by |
|---|---|---|---|
| 12:00:00 | alert | ServiceDown: auth | alertmanager |
| 12:00:25 | write | undid deployment/auth | outage |

# Follow-ups
- [ ] by 2030-01-02: update the ticket with this timeline; notify stakeholders
- [ ] by 2030-01-08: document the root cause; create action items for prevention
- [ ] by 2030-01-31: implement preventive measures; update the runbook

# Prevention checklist
- [x] Are monitoring alerts adequate? an alert opened this incident
- [ ] Should we add more health checks? 1 looks could not be made
- [x] Do we need better documentation? the cause is a known class: bad-image
- [x] Should we conduct additional training? the runbook healed it
- [ ] Do we need better error handling, a better deployment process, more redundancy, other capacity?

# Links
- [Grafana](https://grafana.example)
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
