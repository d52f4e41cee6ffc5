"""Templates that were changed and whose pods run and are ready, while calls fail or are slow."""

import re
from collections.abc import Iterator
from datetime import datetime

from outage.diagnosis.calls.call_graph import CallGraph
from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.caller_complaints import lost_calls
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.facts.sign_facts import (
    ErrorRatioFacts,
    LatencyFacts,
    LogErrorFacts,
    ProbeFacts,
)
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.findings.symptoms_near import EXPECTED, REFUSED, first_failure, hurt_near
from outage.diagnosis.known_good.template_revisions import Fix, template_changed
from outage.diagnosis.known_good.troubled_workloads import POD_TROUBLE, Troubled
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.changes.regressions import (
    blamed_changes,
    changed_since_known,
    goes_on,
    own_lines,
    still_said,
    suspects_of,
)
from outage.diagnosis.rules.pod_start.container_crashes import SECRET_KEY
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.thresholds import PROVEN_REVISION, RECENT_CHANGE, SAID_LATELY
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Support
from outage.kubernetes.field_differences import FieldDifference, shown_value
from outage.kubernetes.object_times import created_at, earliest_of
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

SERVER_ERROR = 500
"""HTTP status from which the server itself says that it failed."""
Hurt = list[Finding]
"""What fails near a workload."""


def suspect_releases(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Pods that run and are ready with a changed environment, while calls fail."""
    for workload in index.workloads:
        about = object_ref(workload)
        hurt = hurt_near(index, signs, [about])
        if about.namespace in index.home and (hurt or signs.failing):
            yield from _suspects(Troubled(index, signs, workload), hurt)


def _suspects(one: Troubled, hurt: Hurt) -> Iterator[SuspectDraft]:
    index, workload, onset = one.index, one.workload, first_failure(one.signs, hurt)
    said = blamed_changes(one)
    yield from suspects_of(one, said)
    fix = changed_since_known(index, workload, onset, lambda d: "/env" in d.pointer or "/args" in d.pointer)
    release = changed_since_known(index, workload, onset, lambda d: d.pointer.endswith("/image"))
    if fix is None and release is not None and (found := _release(index, one, release, hurt)) is not None:
        yield found
    at = one.changed_at
    if (
        fix is None
        or at is None
        or index.now - at > RECENT_CHANGE
        or one.trouble(Sign.POD_CRASH_LOOP, Sign.POD_IMAGE_PULL)
    ):
        return
    one.onset = one.onset or earliest_of(since for _, since in said)
    found = _environment(one, fix, hurt)
    found.alone = found.alone or bool(said and release is None)
    yield found


def _environment(one: Troubled, fix: Fix, hurt: Hurt) -> SuspectDraft:
    """A changed environment: an address, a credential or something else."""
    index, about = one.index, one.about
    words = " ".join(
        f"{_env_name(one.workload, d)} {shown_value(d.live)} {shown_value(d.wanted)}" for d in fix.chosen
    )
    cause = _kind(index, about, fix, words)
    says = f"{about}: {fix.chosen[0].field} differs from {fix.known.source}"
    found = one.suspect(cause, says, fix, EXPECTED)
    if not one.pods:
        found.without(Support.FAILING_PODS)
    found.evidence_for = [each.says for each in hurt[:6]]
    what = "arguments were" if cause is Cause.BAD_COMMAND else "environment was"
    found.add(Strength.FITS, f"its {what} changed")
    found.add(Support.SYMPTOM if hurt else None, "it, or what depends on it, fails")
    if cause is Cause.WRONG_CREDENTIAL and _login_refused(one):
        found.add(Support.TRACE, "its login is refused")
        found.alone = True
    found.alone = found.alone or (cause is Cause.WRONG_ADDRESS and _speaks_of(one, words))
    return found


def _kind(index: CaseIndex, about: ObjectRef, fix: Fix, words: str) -> Cause:
    mentions = [one for one in CallGraph.of(index).mentions if one.holder == about]
    if any(one.pointer.startswith(d.pointer) for one in mentions for d in fix.chosen):
        return Cause.WRONG_ADDRESS
    if SECRET_KEY.search(words):
        return Cause.WRONG_CREDENTIAL
    return Cause.BAD_COMMAND if all("/args" in d.pointer for d in fix.chosen) else Cause.BAD_ENV


def _release(index: CaseIndex, one: Troubled, fix: Fix, hurt: Hurt) -> SuspectDraft | None:
    """A new release that runs and is ready, and whose service fails or is slow since."""
    at = template_changed(index, one.workload)
    if (
        at is None
        or index.now - at > RECENT_CHANGE
        or one.trouble(*POD_TROUBLE)
        or _came_with_it(one, fix, at)
    ):
        return None
    told = _told(one, hurt)
    if not told:
        return None
    if first_failure(one.signs, hurt) is None or one.onset is None:
        one.onset = at
    says = f"{one.about} fails or is slow since its release {shown_value(fix.chosen[0].live)}"
    found = one.suspect(Cause.BAD_IMAGE, says, fix, "Errors and latency are as they were before the release.")
    found.without(Support.FAILING_PODS)
    found.evidence_for = told[:6]
    found.alone = True
    found.add(Strength.FITS, "its image was changed").add(Support.SYMPTOM, "users see errors or wait")
    found.settle = "Whether errors and latency fall after the release is taken back."
    return found


def _came_with_it(one: Troubled, fix: Fix, at: datetime) -> bool:
    """Whether the release is as old as the workload itself: its older revision never had time to be any better."""
    born = created_at(one.workload)
    return fix.known.revision is not None and born is not None and at - born < PROVEN_REVISION


def _told(one: Troubled, hurt: Hurt) -> list[str]:
    """What users measure, or what logs say since the release is ready and did not say before.

    Every application complains of something now and then, and every rollout makes callers lose a call or two: errors
    in logs alone blame a release only when they are new and go on.
    """
    measured = [each for each in hurt if _measured(each)]
    news = first_failure(one.signs, hurt) is not None or any(_newly_logged(each) for each in hurt)
    if not (measured or blamed_changes(one) or (news and goes_on(one))):
        return []
    return [each.says for each in hurt if each in measured or each.sign is Sign.LOG_ERRORS]


def _measured(finding: Finding) -> bool:
    """Whether somebody measured that requests fail or wait: the monitoring, or a probe that got a server's error."""
    facts = finding.facts
    answered = facts.status if isinstance(facts, ProbeFacts) else None
    return isinstance(facts, ErrorRatioFacts | LatencyFacts) or (answered or 0) >= SERVER_ERROR


def _newly_logged(finding: Finding) -> bool:
    return isinstance(finding.facts, LogErrorFacts) and finding.facts.new


def _login_refused(one: Troubled) -> bool:
    return bool(still_said(one, [said for said in own_lines(one, SAID_LATELY) if REFUSED.search(said[0])]))


def _speaks_of(one: Troubled, words: str) -> bool:
    """Whether its log complains of a host that the changed values name, and not only while it started."""
    hosts = set(re.findall(r"[a-z0-9][-a-z0-9.]{2,}", words))
    said = still_said(one, lost_calls(one.index, one.about))
    return any(hosts & set(re.findall(r"[a-z0-9][-a-z0-9.]{2,}", line)) for line, _ in said)


def _env_name(workload: Manifest, one: FieldDifference) -> str:
    """The variable whose value it is, or the option that stands before the argument."""
    for value in (one.live, one.wanted):
        if isinstance(value, dict) and "name" in value:
            return str(value["name"])
    if (argument := re.search(r"/containers/(\d+)/args/(\d+)", one.pointer)) is not None:
        said = dig(workload, f"spec.template.spec.containers.{argument.group(1)}.args", [])
        return str(said[int(argument.group(2)) - 1]) if int(argument.group(2)) in range(1, len(said)) else ""
    found = re.search(r"/containers/(\d+)/env/(\d+)", one.pointer)
    path = f"spec.template.spec.containers.{found.group(1)}.env.{found.group(2)}.name" if found else "?"
    return str(dig(workload, path, ""))


RULES = (
    CauseRule(
        suspect_releases,
        entries=(
            CauseEntry(
                Cause.BAD_ENV,
                says="An environment variable was changed or removed and the process fails since.",
                shows="a variable was changed or removed, and it or what depends on it fails since",
                evidence="env against the known good template; signs near it",
                remedies=(Remedy.UNDO, Remedy.PUT_BACK, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED, Doubt.EXPLAINED),
            ),
            CauseEntry(
                Cause.WRONG_CREDENTIAL,
                says="The credential for a dependency is wrong in the caller's configuration.",
                shows="a variable that holds a credential was changed, and its login is refused",
                evidence="env against the known good template; the log (authentication failed, access denied)",
                remedies=(Remedy.UNDO, Remedy.PUT_BACK, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
        ),
    ),
)
