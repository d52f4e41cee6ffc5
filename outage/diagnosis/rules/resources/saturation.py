"""Work that does not get done: autoscalers that cannot measure, CPU used up, a strategy that takes all away."""

import re
from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.edges.pod_complaints import is_lasting, pod_complaints
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.parked_workloads import autoscalers_of
from outage.diagnosis.known_good.template_revisions import template_fix
from outage.diagnosis.known_good.troubled_workloads import Troubled, troubled_workloads
from outage.diagnosis.remedies.finished_repairs import Words, retarget
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.thresholds import CPU_SATURATED_FROM
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Support
from outage.kubernetes.field_differences import FieldDifference
from outage.kubernetes.object_times import changed_at, condition_of, earliest_of
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.kubernetes.quantity import parsed_quantity
from outage.snapshots.case_index import CaseIndex
from outage.text.logs.trouble_kinds import TroubleKind
from outage.value import Manifest

REQUESTS = re.compile(r"/resources(?:/requests(?:/cpu)?)?$")


def suspect_saturation(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Autoscalers, CPU limits and rollout strategies."""
    for scaler in index.all("HorizontalPodAutoscaler"):
        yield from _blind(index, signs, {"kind": "HorizontalPodAutoscaler", **scaler})
    yield from _saturated(index, signs)
    for one in troubled_workloads(index, signs):
        yield from _strategy(one)


def _blind(index: CaseIndex, signs: Signs, scaler: Manifest) -> Iterator[SuspectDraft]:
    state = condition_of(scaler, "ScalingActive")
    if state.get("status") != "False" or "missing request for" not in state.get("message", ""):
        return
    home, target = object_ref(scaler).namespace, dig(scaler, "spec.scaleTargetRef", {})
    about = ObjectRef(kind=target.get("kind", "?"), name=target.get("name", "?"), namespace=home)
    workload = next((one for one in index.workloads if object_ref(one) == about), None)
    if workload is None:
        return
    says = f"{object_ref(scaler)} cannot scale {about}: {state.get('message', '')[:160]}"
    found = SuspectDraft(
        cause=Cause.AUTOSCALER_BLIND, about=about, says=says, explains=names_of(about, object_ref(scaler))
    )
    found.alone = True
    found.add(Strength.CONTRADICTED, "the autoscaler says which request is missing")
    found.time(changed_at(workload), earliest_of(one.since for one in signs.of(Sign.AUTOSCALER_BLIND)))
    fix = template_fix(index, workload, None, lambda d: bool(REQUESTS.search(d.pointer)))
    if fix is not None:
        found.field, found.wanted = fix.chosen[0].field, str(fix.chosen[0].wanted)
        found.add(fix.known.trust, f"{fix.known.source} has the request")
        found.repair = Troubled(index, signs, workload).repair(fix, "The autoscaler measures again.")
    else:
        found.settle = "What CPU request the containers should have."
    yield found


def _saturated(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Pods whose CPU use is at their limit while somebody waits."""
    measured = signs.of(Sign.LATENCY_HIGH, Sign.ERROR_RATIO_HIGH, Sign.PROBE_FAILING, Sign.POD_NOT_READY)
    if not measured and not signs.of(Sign.POD_COMPLAINS):
        return
    hot: dict[str, list[str]] = {}
    for usage in index.snapshot.usage:
        pod = index.get(ObjectRef(kind="Pod", name=usage.name, namespace=usage.namespace))
        limits = (
            [parsed_quantity(dig(c, "resources.limits.cpu")) for c in dig(pod, "spec.containers", [])]
            if pod
            else []
        )
        total = sum(limit for limit in limits if limit)
        if pod and limits and all(limits) and usage.cpu_cores >= CPU_SATURATED_FROM * total:
            hot.setdefault(str(index.workload_of(pod)), []).append(
                f"{usage.name} uses {usage.cpu_cores:.2f} of {total:g}"
            )
    for workload in index.workloads:
        if not measured and not _waited_for(index, object_ref(workload)):
            continue
        if said := hot.get(str(object_ref(workload))):
            yield _hot(index, signs, workload, said)


def _waited_for(index: CaseIndex, about: ObjectRef) -> bool:
    """Whether callers say again and again that they wait in vain, and name a Service before this workload."""
    names = {object_ref(one).name for one in index.fronts(about)}
    late = [one for one in pod_complaints(index) if one.kind is TroubleKind.TIMED_OUT]
    return any(is_lasting(index, one) and one.trouble.host.split(".")[0] in names for one in late)


def _hot(index: CaseIndex, signs: Signs, workload: Manifest, said: list[str]) -> SuspectDraft:
    about = object_ref(workload)
    one = Troubled(index, signs, workload)
    fix = one.fix(r"/resources/limits")
    found = one.suspect(Cause.CPU_SATURATED, f"{about} uses all of its CPU limit", fix, "Its latency falls.")
    found.evidence_for = said
    found.alone = True
    found.add(Strength.CONTRADICTED, said[0]).add(Support.SYMPTOM, "requests are slow or fail")
    if fix is None:
        full = any(_at_its_most(scaler) for scaler in autoscalers_of(index, about))
        found.settle = (
            "Whether traffic grew, or a new neighbour takes the CPU; more pods do not help a slow database."
        )
        found.add(Support.TRACE if full else None, "its autoscaler is at its most")
    return found


def _at_its_most(scaler: Manifest) -> bool:
    return bool(dig(scaler, "status.currentReplicas", 0) >= dig(scaler, "spec.maxReplicas", 1))


def _strategy(one: Troubled) -> Iterator[SuspectDraft]:
    """MaxUnavailable takes every pod and maxSurge makes none before: a rollout is an outage."""
    rolling = dig(one.workload, "spec.strategy.rollingUpdate", {})
    replicas = dig(one.workload, "spec.replicas", 1) or 1
    taken, surge = str(rolling.get("maxUnavailable", "25%")), str(rolling.get("maxSurge", "25%"))
    all_taken = taken == "100%" or (taken.isdigit() and int(taken) >= replicas)
    if not all_taken or surge not in ("0", "0%") or replicas < 2:
        return
    says = f"{one.about}: its rollout may take all {replicas} pods away before it makes new ones"
    found = SuspectDraft(
        cause=Cause.ROLLOUT_STRATEGY, about=one.about, says=says, explains=names_of(one.about)
    )
    found.add(Strength.FITS, f"maxUnavailable {taken}, maxSurge {surge}").add(
        Support.SYMPTOM, "no pod is left"
    )
    fields = [
        FieldDifference(pointer=f"/spec/strategy/rollingUpdate/{field}", live=live, wanted="25%")
        for field, live in (("maxUnavailable", taken), ("maxSurge", surge))
    ]
    words = f"Let rollouts of {one.about} keep three quarters of its pods"
    yield retarget(found, one.about, fields, Words(words, "The next rollout keeps pods."))


RULES = (
    CauseRule(
        suspect_saturation,
        entries=(
            CauseEntry(
                Cause.ROLLOUT_STRATEGY,
                says="The rollout strategy lets every pod be taken away at once.",
                shows="maxUnavailable lets every pod go and maxSurge makes no new one, and none is left",
                evidence="spec.strategy during a rollout",
                remedies=(Remedy.RETARGET, Remedy.PERSON),
            ),
            CauseEntry(
                Cause.CPU_SATURATED,
                says="The CPU limit is used up.",
                shows="usage at the limit while requests are slow or fail",
                evidence="metrics, throttling, autoscalers at their most; the limit against the known good one",
                remedies=(Remedy.PUT_BACK, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
            CauseEntry(
                Cause.AUTOSCALER_BLIND,
                says="The autoscaler cannot measure its target.",
                shows="the autoscaler says that a request is missing, so that it cannot measure",
                evidence="condition ScalingActive, FailedGetResourceMetric",
                remedies=(Remedy.PUT_BACK, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
        ),
    ),
)
