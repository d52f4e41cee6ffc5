"""Network policies that keep the platform's own callers out, or its pods from getting out."""

import re
from collections.abc import Iterator
from datetime import datetime

from outage.diagnosis.calls.call_graph import CallGraph, ingress_routes_of
from outage.diagnosis.calls.dns_admission import dns_admitted
from outage.diagnosis.calls.network_admission import DNS, is_admitted, policy_applies, policy_calls
from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.caller_complaints import caller_complaints, lost_calls
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.hypothesis import Risk
from outage.diagnosis.known_good.known_objects import KnownDifference, known_difference
from outage.diagnosis.remedies.finished_repairs import (
    ABSENT,
    Words,
    put_fields_back,
    retarget,
    take_away,
)
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.network.missing_policies import EXPECTED
from outage.diagnosis.rules.network.narrow_allow import least_edit, protects_others
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.thresholds import ARRIVED_BEFORE, BEING_MADE, SEEN_LATE, SET_UP_TOGETHER
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Support, Trust
from outage.kubernetes.field_differences import field_differences
from outage.kubernetes.object_times import created_at, earliest_of, respecified_at
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

NAMES = re.compile(r"no such host|not resolve|name resolution|ENOTFOUND|EAI_AGAIN|:53\b|lookup ", re.I)


def suspect_network_policies(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Policies that are new or were changed and that cut a known call."""
    for policy in index.all("NetworkPolicy"):
        if dig(policy, "metadata.namespace") in index.home:
            one = NetworkPolicyRule(index, signs, {"kind": "NetworkPolicy", **policy})
            if (found := one.suspect()) is not None:
                yield found


class NetworkPolicyRule:
    """One policy, seen against the platform's known calls."""

    def __init__(self, index: CaseIndex, signs: Signs, policy: Manifest) -> None:
        """Look at one policy."""
        self.index, self.signs, self.policy = index, signs, policy
        self.about = object_ref(policy, "NetworkPolicy")

    def suspect(self) -> SuspectDraft | None:
        """A suspect when the policy cuts known calls and somebody is hurt by it."""
        cut = self.cut()
        hurt = self._hurt(cut)
        was = self.index.baseline.get(self.about) if self.index.baseline else None
        fresh = self.index.baseline is not None and was is None
        changed_fields = self._changed()
        said = self._complaints(cut)
        if was is not None and not field_differences(self.policy.get("spec", {}), was.get("spec", {})):
            return None  # it cuts what it cut while all was well
        if not cut or not (hurt or said or fresh or changed_fields or self._very_new(cut)):
            return None
        hurt = hurt or said
        if not fresh and not changed_fields and not self._new_in_window(hurt):
            return None
        targets = {str(target) for _, target in cut} | {str(caller) for caller, _ in cut}
        says = f"{self.about} blocks {', '.join(f'{c.name} → {t.name}' for c, t in cut[:4])}"
        found = SuspectDraft(cause=Cause.NETWORK_POLICY, about=self.about, says=says, explains=targets)
        found.evidence_for = [text for text, _ in hurt][:6]
        found.add(Strength.CONTRADICTED, f"it admits none of {len(cut)} known calls")
        found.add(Support.SYMPTOM if hurt else None, "those callers or their targets fail")
        found.alone = bool(said) or self._very_new(cut)
        found.time(
            respecified_at(self.policy),
            earliest_of(since for _, since in hurt),
            certain=changed_fields is not None,
        )
        self._repair(found, fresh, changed_fields, cut)
        return found

    def _hurt(self, cut: list[tuple[ObjectRef, ObjectRef]]) -> list[tuple[str, datetime | None]]:
        near = {str(one) for pair in cut for one in pair}
        reach = CallGraph.of(self.index).dependents(near)
        found = [
            (one.says, one.since)
            for one in self.signs.failing
            if ingress_routes_of(self.index, one.about) & reach
        ]
        users = self.signs.of(
            Sign.PROBE_FAILING, Sign.HEALTH_FAILING, Sign.UNREACHABLE, Sign.ERROR_RATIO_HIGH
        )
        return found or [(one.says, one.since) for one in users]

    def _complaints(self, cut: list[tuple[ObjectRef, ObjectRef]]) -> list[tuple[str, datetime | None]]:
        """What the logs of the callers say: of the Service in front of the target, or of names at all."""
        found = []
        for caller, target in cut:
            if target == DNS:
                found += [one for one in lost_calls(self.index, caller) if NAMES.search(one[0])]
            for service in self.index.fronts(target):
                lines = {line for line, _ in lost_calls(self.index, caller)}
                about = object_ref(service, "Service")
                found += [one for one in caller_complaints(self.index, about) if one[0] in lines]
        return list(dict.fromkeys(found))

    def _very_new(self, cut: list[tuple[ObjectRef, ObjectRef]]) -> bool:
        """Whether it came just now and no look from inside contradicts that it cuts what was there before."""
        at = respecified_at(self.policy)
        callers = {f"{caller.kind.lower()}/{caller.name}" for caller, _ in cut}
        passed = any(one.reached and one.source in callers for one in self.index.snapshot.reach)
        return at is not None and self.index.now - at < ARRIVED_BEFORE and not passed

    def _changed(self) -> KnownDifference | None:
        return known_difference(self.index, self.about, None)

    def _new_in_window(self, hurt: list[tuple[str, datetime | None]]) -> bool:
        """Whether it came shortly before the first failure; older ones are intended."""
        at, onset = respecified_at(self.policy), earliest_of(since for _, since in hurt)
        if at is None:
            return False
        close = onset is None or -SEEN_LATE <= onset - at <= ARRIVED_BEFORE
        return close and self._younger_than_platform(at)

    def _younger_than_platform(self, at: datetime) -> bool:
        born = earliest_of(
            created_at(one)
            for one in self.index.workloads
            if object_ref(one).namespace == self.about.namespace
        )
        return born is not None and at - born > SET_UP_TOGETHER

    def _repair(
        self,
        found: SuspectDraft,
        fresh: bool,
        fields: KnownDifference | None,
        cut: list[tuple[ObjectRef, ObjectRef]],
    ) -> None:
        if fields is not None:
            because = f"{fields.known.source} has other rules"
            put_fields_back(found, fields.known, fields.fields, EXPECTED, because=because, risk=Risk.MEDIUM)
            return
        if fresh:
            found.add(Trust.BASELINE, "the baseline has no such policy")
        else:
            found.add(Support.DETAIL, "it is younger than the platform, or was edited since")
        if not self._sure(cut):
            found.settle = "Whether one of its rules leads to the cluster DNS, which was not seen."
            return
        if protects_others(self.index, self.policy, cut):
            self._let_through(found, cut)
            return
        found.field, found.live, found.wanted = "spec", "(the whole policy)", ABSENT
        take_away(found, Words(f"Delete {self.about}, which is new", EXPECTED))
        found.settle = "Whether somebody put it there to keep an attacker out."

    def _let_through(self, found: SuspectDraft, cut: list[tuple[ObjectRef, ObjectRef]]) -> None:
        """One edit in place of a deletion: what else the policy keeps out stays out."""
        calls = ", ".join(f"{caller.name} → {target.name}" for caller, target in cut)
        found.settle = (
            f"Whether it is meant to keep these calls out: {calls}. "
            "It also protects others: it is not deleted."
        )
        fields = least_edit(self.index, self.policy, cut)
        if fields:
            words = f"Let {calls} through {self.about}, whose other rules stay as they are"
            retarget(found, self.about, fields, Words(words, EXPECTED))

    def cut(self) -> list[tuple[ObjectRef, ObjectRef]]:
        """Known calls (caller, target) that this policy's pods need and that no policy admits."""
        found = []
        for caller, target in policy_calls(self.index):
            for direction, subject, other in (("Ingress", target, caller), ("Egress", caller, target)):
                if (
                    self._selects(subject, direction)
                    and is_admitted(self.index, direction, subject, other) is False
                    and self._alone_blocks(direction, subject, other)
                ):
                    found.append((object_ref(caller), object_ref(target)))
        found += [(object_ref(one), DNS) for one in self._without_dns()]
        return list(dict.fromkeys(found))

    def _selects(self, workload: Manifest, direction: str) -> bool:
        return policy_applies(self.policy, workload, direction)

    def _alone_blocks(self, direction: str, subject: Manifest, other: Manifest) -> bool:
        """Whether without this policy the call would be let through: else another one is to be asked.

        One that was edited may have let it through before, whatever the others do.
        """
        at, born = respecified_at(self.policy), created_at(self.policy)
        if self._changed() or (at and born and at - born > BEING_MADE):
            return True
        return is_admitted(self.index, direction, subject, other, without=self.about.name) is True

    def _without_dns(self) -> list[Manifest]:
        """Workloads that may not ask the cluster DNS; where it cannot be told, those that say so in their logs."""
        return [
            one
            for one in self.index.workloads
            if self._selects(one, "Egress")
            and (
                (answer := dns_admitted(self.index, one)) is False
                or (answer is None and self._lost_names(one))
            )
        ]

    def _lost_names(self, workload: Manifest) -> bool:
        return any(NAMES.search(line) for line, _ in lost_calls(self.index, object_ref(workload)))

    def _sure(self, cut: list[tuple[ObjectRef, ObjectRef]]) -> bool:
        """Whether the rules themselves say that some of these calls are cut, and not logs alone."""
        return any(
            target != DNS or dns_admitted(self.index, self.index.get(caller) or {}) is False
            for caller, target in cut
        )


RULES = (
    CauseRule(
        suspect_network_policies,
        entries=(
            CauseEntry(
                Cause.NETWORK_POLICY,
                says="A network policy blocks traffic that the platform needs.",
                shows="a policy that is new or was changed admits none of the known calls, or an allow is gone",
                evidence="policies against the known calls, the baseline and what callers complain of",
                remedies=(
                    *(Remedy.PUT_BACK, Remedy.CREATE_AGAIN, Remedy.RETARGET),
                    *(Remedy.TAKE_AWAY, Remedy.PERSON),
                ),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
        ),
    ),
)
