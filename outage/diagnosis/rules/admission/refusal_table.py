"""What the API server says when it refuses pods, declared: the first row whose words are said is the one."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.known_good.troubled_workloads import Troubled, troubled_workloads
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.admission.quotas import MUST_SPECIFY, QUOTA, unstated, used_up
from outage.diagnosis.rules.admission.refusal_readers import (
    LIMITS,
    NO_CLASS,
    SPREAD,
    absent_class,
    limit_ranges,
    newer_template,
    security_level,
)
from outage.diagnosis.rules.admission.webhooks import DENIED, refusing_webhook
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.weighing.doubts import Doubt
from outage.snapshots.case_index import CaseIndex


@dataclass(frozen=True)
class Refusal:
    """One kind of refusal, by the words of the API server."""

    said: re.Pattern[str]
    """Its words; their groups are what they name."""
    suspects: Callable[[Troubled, re.Match[str], str], Iterator[SuspectDraft]]
    """What lies behind it, for one workload, the words found and all that was said."""
    of_jobs: bool = False
    """Whether it is read of a Job without pods too: it has no template to go back to, which other rows need."""


def asked_elsewhere(_: Troubled, __: re.Match[str], ___: str) -> Iterator[SuspectDraft]:
    """Nothing: another rule reads this refusal."""
    yield from ()


REFUSALS = (
    Refusal(QUOTA, used_up, of_jobs=True),
    Refusal(MUST_SPECIFY, unstated),
    Refusal(LIMITS, limit_ranges),
    Refusal(SPREAD, limit_ranges),
    Refusal(re.compile(r'violates PodSecurity "([^":]+)'), security_level),
    Refusal(re.compile(r'failed calling webhook "([^"]+)"'), refusing_webhook),
    Refusal(DENIED, refusing_webhook),
    Refusal(NO_CLASS, absent_class),
    Refusal(
        re.compile(r'calling webhook|admission webhook|serviceaccount "|service account'), asked_elsewhere
    ),
    Refusal(re.compile(r""), newer_template),
)
"""In this order."""


def suspect_refusals(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """What the API server names, of workloads and of Jobs."""
    for one in troubled_workloads(index, signs):
        for finding in one.trouble(Sign.PODS_REFUSED):
            yield from _behind(one, finding.quoted, REFUSALS)
    for finding in signs.of(Sign.PODS_REFUSED):
        job = index.get(finding.about) if finding.about.kind == "Job" else None
        if job is not None:
            rows = [one for one in REFUSALS if one.of_jobs]
            yield from _behind(Troubled(index, signs, {"kind": "Job", **job}), finding.quoted, rows)


def _behind(one: Troubled, text: str, rows: Iterable[Refusal]) -> Iterator[SuspectDraft]:
    said = ((row, row.said.search(text)) for row in rows)
    row, found = next(((row, found) for row, found in said if found), (None, None))
    if row is not None and found is not None:
        yield from row.suspects(one, found, text)


RULES = (
    CauseRule(
        suspect_refusals,
        entries=(
            CauseEntry(
                Cause.QUOTA_EXCEEDED,
                says="A resource quota refuses new pods.",
                shows="the API server refuses the pods: a quota is used up, or asks for what they do not state",
                evidence="events FailedCreate; status.hard and status.used",
                remedies=(Remedy.PUT_BACK, Remedy.TAKE_AWAY, Remedy.RAISE, Remedy.RETRIGGER, Remedy.PERSON),
                doubts=(Doubt.STUCK_ROLLOUT, Doubt.LONG_UNCHANGED),
            ),
            CauseEntry(
                Cause.LIMIT_RANGE,
                says="A limit range refuses new pods.",
                shows="the API server refuses the pods by the name of a limit",
                evidence="events FailedCreate; spec.limits against the template",
                remedies=(Remedy.PUT_BACK, Remedy.TAKE_AWAY, Remedy.RETRIGGER, Remedy.PERSON),
                doubts=(Doubt.TEMPLATE_CHANGED, Doubt.LONG_UNCHANGED),
            ),
            CauseEntry(
                Cause.POD_SECURITY,
                says="The namespace's Pod Security level refuses the pods.",
                shows="the API server says that the pods violate the Pod Security level",
                evidence="events FailedCreate; labels of the namespace against the baseline",
                remedies=(Remedy.PUT_BACK, Remedy.RETARGET, Remedy.RETRIGGER, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
            CauseEntry(
                Cause.WEBHOOK_UNAVAILABLE,
                says="An admission webhook that must be asked does not answer.",
                shows="the API server says that it could not call an admission webhook",
                evidence="events FailedCreate; the webhook's backend and its pods",
                remedies=(
                    Remedy.SCALE,
                    Remedy.PUT_BACK,
                    Remedy.TAKE_AWAY,
                    Remedy.LET_PASS,
                    Remedy.RETRIGGER,
                    Remedy.PERSON,
                ),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
        ),
    ),
)
