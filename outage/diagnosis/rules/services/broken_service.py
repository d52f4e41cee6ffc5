"""A Service under suspicion: what is hurt on the way through it, and what it looked like before."""

from datetime import datetime, timedelta

from outage.diagnosis.calls.call_graph import CallGraph, ingress_routes_of
from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.caller_complaints import caller_complaints
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.facts.sign_facts import UnreachedFacts
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.hypothesis import Risk
from outage.diagnosis.known_good.known_objects import KnownDifference, known_difference
from outage.diagnosis.remedies.finished_repairs import Words, retarget
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.thresholds import BEING_MADE, CHANGE_OF_THE_DAY, SAID_BEFORE_CHANGE, STILL_SAID
from outage.diagnosis.weighing.strength import Support
from outage.kubernetes.field_differences import FieldDifference, shown_value
from outage.kubernetes.object_times import changed_at, created_at, earliest_of, edited_at
from outage.kubernetes.objects import dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

EXPECTED = "The Service has ready endpoints and answers."


def services_fronting(index: CaseIndex) -> list[Manifest]:
    """The Services that stand before pods."""
    return [
        one for one in index.services if dig(one, "spec.selector") and dig(one, "spec.type") != "ExternalName"
    ]


class BrokenService:
    """One Service under suspicion."""

    def __init__(self, index: CaseIndex, signs: Signs, service: Manifest) -> None:
        """Look at one Service."""
        self.index, self.signs, self.service = index, signs, service
        self.about = object_ref(service, "Service")
        self.selector_now: dict[str, str] = dig(service, "spec.selector", {})

    def onset(self) -> datetime | None:
        """When it, its callers or its routes first failed."""
        near = CallGraph.of(self.index).dependents({str(self.about)})
        hurt = [one.since for one in self.signs.failing if ingress_routes_of(self.index, one.about) & near]
        return earliest_of(hurt)

    def hurts(self) -> list[str]:
        """What fails along the way through this Service."""
        near = CallGraph.of(self.index).dependents({str(self.about)})
        found = [one.says for one in self.signs.all if ingress_routes_of(self.index, one.about) & near]
        found += [one.says for one in self.signs.of(Sign.UNREACHABLE, Sign.LOG_ERRORS) if self._named_in(one)]
        found += [line for line, _ in caller_complaints(self.index, self.about)]
        return list(dict.fromkeys(found))

    def complained(self) -> bool:
        """Whether callers still complain of it, and did not before it was changed already."""
        at = changed_at(self.service)
        before = caller_complaints(self.index, self.about, SAID_BEFORE_CHANGE)
        return bool(caller_complaints(self.index, self.about, STILL_SAID)) and not any(
            at and when and when < at for _, when in before
        )

    def _named_in(self, finding: Finding) -> bool:
        target = finding.facts.target if isinstance(finding.facts, UnreachedFacts) else ""
        return any(f"{self.about.name}{end}" in text for end in ":." for text in (target, finding.quoted))

    def suspect(
        self, cause: Cause, says: str, fields: tuple[FieldDifference, ...], certain: bool = False
    ) -> SuspectDraft:
        """A suspect about this Service with the patch that puts these fields right."""
        found = SuspectDraft(cause=cause, about=self.about, says=says, explains=names_of(self.about))
        hurts = self.hurts()
        found.evidence_for = hurts[:6]
        found.time(changed_at(self.service), self.onset(), certain=certain)
        if hurts:
            found.add(Support.SYMPTOM, f"{len(hurts)} signs lie on the way through this Service")
        if fields:
            summary = f"Set {fields[0].field} of {self.about} to {shown_value(fields[0].wanted)}"
            retarget(found, self.about, fields, Words(summary, EXPECTED), risk=Risk.LOW)
        found.settle = "A request to the Service by its DNS name, from another pod."
        return found

    def known(self, prefix: str) -> KnownDifference | None:
        """What the most trusted form of the Service says of the fields under `prefix`, where it differs."""
        return known_difference(self.index, self.about, self.onset(), prefix=prefix)

    def trust(
        self, found: SuspectDraft, known: KnownDifference | None, has: str = "it otherwise"
    ) -> SuspectDraft:
        """Add what speaks for the known good form, if there is one; `has` says what that has, in words."""
        return found.add(known.known.trust, f"{known.known.source} has {has}") if known else found

    def _lately(self, within: timedelta = CHANGE_OF_THE_DAY) -> bool:
        """Whether it was edited after it was made, or made after what it selects."""
        made = earliest_of(created_at(one) for one in (self.service, *self.index.behind(self.service)))
        at = edited_at(self.service, BEING_MADE, made)
        return at is not None and self.index.now - at < within
