"""Names that lead nowhere or elsewhere: Services whose selector is wrong."""

import re
from collections.abc import Iterator

from outage.diagnosis.calls.call_graph import CallGraph
from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.caller_complaints import caller_complaints
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.workload_signs import desired_replicas
from outage.diagnosis.known_good.known_objects import KnownObjects
from outage.diagnosis.known_good.template_revisions import known_templates
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.rules.services.broken_service import BrokenService, services_fronting
from outage.diagnosis.rules.services.leader_labels import without_leader
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.thresholds import RECENT_CHANGE
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Support
from outage.kubernetes.field_differences import (
    MISSING,
    FieldDifference,
    escape_pointer,
    shown_value,
    unescape_pointer,
)
from outage.kubernetes.object_times import changed_at
from outage.kubernetes.objects import ObjectRef, dig, labels_of, object_ref, selects_labels
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

KEY = "/spec/selector/"
EDITION = re.compile(
    r"(^|[./-])(track|version|slot|colou?r|release|revision|canary|stage|variant|pod-template-hash)$"
)
"""Labels that tell one edition of a program from another, as canaries and blue-green pairs carry them."""


def suspect_service_selectors(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Suspects about Services of the platform's namespaces."""
    for service in services_fronting(index):
        one = SelectedPods(index, signs, service)
        yield from one.selector()
        yield from one.foreign()


class SelectedPods(BrokenService):
    """One Service, seen by whom it selects."""

    def selector(self) -> Iterator[SuspectDraft]:
        """Nobody is selected, or other pods than were."""
        empty = self.signs.about(self.about, Sign.SERVICE_WITHOUT_ENDPOINTS)
        seen = self.index.snapshot.saw("Pod", self.about.namespace)
        if self.index.selected(self.service) or not empty or not seen:
            return
        if any(desired_replicas(one) == 0 for one in self.index.behind(self.service)):
            return
        known = self.known("/spec/selector")
        if known is None and (leaderless := without_leader(self.index, self.service)):
            yield self._nobody_leads(leaderless)
            return
        candidates = self._candidates()
        says = f"{self.about}: its selector {shown_value(self.selector_now)} matches no pod"
        if known is not None:
            found = self.suspect(Cause.SERVICE_SELECTOR, says, known.fields, certain=True)
            found.add(Strength.STATED, "no pod matches the selector")
            yield self.trust(found, known, "another selector")
        elif len(candidates) == 1 and not self.index.behind(self.service):  # else its own workload lacks pods
            found = self.suspect(Cause.SERVICE_SELECTOR, says, candidates[0][1])
            found.add(Strength.STATED, "no pod matches the selector")
            yield found.add(Support.DETAIL, f"but for one key it would match {candidates[0][0]}")
        elif not self.index.behind(self.service):
            if (lost := self._workload_gone(candidates)) is not None:
                yield lost
                return
            found = self.suspect(Cause.SERVICE_SELECTOR, says, ())
            found.field, found.live = "spec.selector", shown_value(self.selector_now)
            found.settle = f"Which pods it is meant for: {len(candidates)} workloads would fit."
            yield found.add(Strength.CONTRADICTED, "no pod and no workload matches the selector")

    def _nobody_leads(self, members: tuple[Manifest, ...]) -> SuspectDraft:
        """The selector is right, and nobody has the label by which its members mark the one that leads."""
        about = object_ref(members[0])
        template = dig(members[0], "spec.template.metadata.labels", {})
        mark = ", ".join(f"{key}={value}" for key, value in self.selector_now.items() if key not in template)
        says = f"No pod of {about} leads: none has the label {mark}, which {self.about} selects"
        found = SuspectDraft(
            cause=Cause.APPLICATION_ERROR, about=about, says=says, explains=names_of(about, self.about)
        )
        found.evidence_for = self.hurts()[:6]
        found.field, found.live = f"metadata.labels.{mark.partition('=')[0]}", "(no pod has it)"
        found.add(Strength.CONTRADICTED, "the Service selects the leader, and no pod is marked as one")
        found.settle = (
            "Why none of its members was elected: their logs, and the quorum. The selector stays: without that key "
            "writes would reach followers."
        )
        return found

    def _workload_gone(
        self, candidates: list[tuple[ObjectRef, tuple[FieldDifference, ...]]]
    ) -> SuspectDraft | None:
        """The Service is as it always was, somebody calls it, and nothing is behind it: what it stood for is gone."""
        at = changed_at(self.service)
        called = CallGraph.of(self.index).anyone_needs(self.about)
        if candidates or self.index.baseline or not called or not at or self.index.now - at < RECENT_CHANGE:
            return None
        says = f"{self.about} is as it was and no workload has its labels: what it stood for was deleted"
        found = SuspectDraft(
            cause=Cause.WORKLOAD_MISSING, about=self.about, says=says, explains=names_of(self.about)
        )
        found.evidence_for = self.hurts()[:6]
        found.field, found.live = "spec.selector", shown_value(self.selector_now)
        found.add(
            Strength.CONTRADICTED, "no pod and no workload matches the selector, and others call the Service"
        )
        found.settle = "What ran behind it: no baseline tells. Apply it again from where it came."
        return found

    def _candidates(self) -> list[tuple[ObjectRef, tuple[FieldDifference, ...]]]:
        """Workloads that would be selected if exactly one key were dropped or had their value."""
        found: list[tuple[ObjectRef, tuple[FieldDifference, ...]]] = []
        for workload in self.index.workloads:
            if object_ref(workload).namespace != self.about.namespace or desired_replicas(workload) == 0:
                continue
            template = dig(workload, "spec.template.metadata.labels", {})
            wrong = [key for key, value in self.selector_now.items() if template.get(key) != value]
            if len(wrong) == 1 and self._fits(workload, wrong[0]) and self._tells(workload, wrong[0]):
                found.append((object_ref(workload), (self._put_right(wrong[0], template, workload),)))
            elif len(wrong) > 1 and len(wrong) == len(self.selector_now) and self._namesake(workload):
                found.append((object_ref(workload), (self._replaced(workload),)))
        return found if len(found) < 2 else [one for one in found if one[0].name == self.about.name] or found

    def _fits(self, workload: Manifest, wrong: str) -> bool:
        return len(self.selector_now) > 1 or self.about.name in (
            object_ref(workload).name,
            *labels_of(workload).values(),
        )

    def _tells(self, workload: Manifest, wrong: str) -> bool:
        """Whether the selector, put right, selects this workload and no other: not everything at once."""
        right = {**self.selector_now, wrong: dig(workload, "spec.template.metadata.labels", {}).get(wrong)}
        wanted = {key: value for key, value in right.items() if value is not None}
        return not any(
            selects_labels(wanted, dig(one, "spec.template.metadata.labels", {}))
            for one in self.index.workloads
            if one is not workload and object_ref(one).namespace == self.about.namespace
        )

    def _namesake(self, workload: Manifest) -> bool:
        return object_ref(workload).name == self.about.name and bool(self._own_selector(workload))

    @staticmethod
    def _own_selector(workload: Manifest) -> dict[str, str]:
        """The labels by which the workload itself knows its pods; they cannot be changed."""
        return dict(dig(workload, "spec.selector.matchLabels", {}))

    def _replaced(self, workload: Manifest) -> FieldDifference:
        """The whole selector is another one: it is replaced, for nothing of it is right."""
        wanted = self._own_selector(workload)
        return FieldDifference(pointer="/spec/selector", live=self.selector_now, wanted=wanted)

    def _put_right(self, key: str, template: dict[str, str], workload: Manifest) -> FieldDifference:
        pointer = f"/spec/selector/{escape_pointer(key)}"
        wanted = template.get(key)
        if wanted is None and len(self.selector_now) == 1 and self._own_selector(workload):
            return self._replaced(workload)  # without its last key it would select nothing
        if wanted is None:
            return FieldDifference(pointer=pointer, live=self.selector_now[key])
        return FieldDifference(pointer=pointer, live=self.selector_now[key], wanted=wanted)

    def foreign(self) -> Iterator[SuspectDraft]:
        """Pods of several workloads answer under one name."""
        behind = self.index.behind(self.service)
        known = self.known("/spec/selector")
        selected = {str(self.index.workload_of(pod)) for pod in self.index.selected(self.service)}
        if not selected:
            return
        says = f"{self.about}: its selector also matches {', '.join(sorted(selected))}"
        if known is not None:
            found = self.suspect(Cause.SERVICE_SELECTS_FOREIGN, says, known.fields, certain=True)
            found.alone = not behind or not all(self._made_for(one, known.fields) for one in behind)
            found.add(Strength.CONTRADICTED, "the pods it selects are not those it was made for")
            yield self.trust(found, known, "another selector")
            return
        if len(behind) < 2:
            other = self._other_only(behind[0], says) if behind else None
            if other is not None:
                yield other
            return
        own = [one for one in behind if object_ref(one).name == self.about.name]
        if len(own) != 1 or not self._suspicious():
            return
        others = [one for one in behind if one is not own[0] and not _edition(own[0], one)]
        other_labels = [dig(one, "spec.template.metadata.labels", {}) for one in others]
        mine = dig(own[0], "spec.template.metadata.labels", {})
        telling = [
            key
            for key in ("app", *mine)
            if key in mine and all(o.get(key) != mine[key] for o in other_labels)
        ]
        if others and telling:
            field = FieldDifference(
                pointer=f"/spec/selector/{escape_pointer(telling[0])}", wanted=mine[telling[0]]
            )
            found = self.suspect(Cause.SERVICE_SELECTS_FOREIGN, says, (field,))
            found.alone = True
            yield found.add(Strength.CONTRADICTED, "pods of two workloads answer under the name of one")

    def _made_for(self, behind: Manifest, fields: tuple[FieldDifference, ...]) -> bool:
        """Whether the selector, as it was, fits this workload or an edition of it, as it is or once was."""
        was = {**self.selector_now, **{one.pointer.removeprefix(KEY): one.wanted for one in fields}}
        wanted = {unescape_pointer(key): str(value) for key, value in was.items() if value != MISSING}
        held = [behind, *({"spec": {"template": one.manifest}} for one in self._older(behind))]
        editions = [one for one in self.index.workloads if self._near(one) and _edition(one, behind)]
        marks = [dig(one, "spec.template.metadata.labels", {}) for one in (*held, *editions)]
        return any(selects_labels(wanted, one) for one in marks)

    def _older(self, workload: Manifest) -> list[KnownObjects]:
        return list(known_templates(self.index, workload, self.onset()))

    def _suspicious(self) -> bool:
        """Whether it was edited just now or shortly before something failed, or a caller complains of it."""
        at, onset = changed_at(self.service), self.onset()
        before = at is not None and onset is not None and onset - at < RECENT_CHANGE
        return self._lately(RECENT_CHANGE) or (
            self._lately() and (before or bool(caller_complaints(self.index, self.about)))
        )

    def _other_only(self, behind: Manifest, says: str) -> SuspectDraft | None:
        """All its pods belong to another workload, while one of its own name runs: edited lately, it is suspect."""
        own = next(
            (w for w in self.index.workloads if object_ref(w).name == self.about.name and self._near(w)), None
        )
        if own is None or own is behind or not self._suspicious() or _edition(own, behind):
            return None
        template = dig(own, "spec.template.metadata.labels", {})
        wrong = [key for key, value in self.selector_now.items() if template.get(key) != value]
        fields = self._all_put_right(wrong, template, own)
        found = self.suspect(Cause.SERVICE_SELECTS_FOREIGN, says, fields)
        found.alone = True
        return found.add(
            Strength.CONTRADICTED, f"none of its pods belong to {object_ref(own)}, which has its name"
        )

    def _all_put_right(
        self, wrong: list[str], template: dict[str, str], own: Manifest
    ) -> tuple[FieldDifference, ...]:
        if len(wrong) == len(self.selector_now) and not any(key in template for key in wrong):
            return (self._replaced(own),)
        return tuple(self._put_right(key, template, own) for key in wrong)

    def _near(self, workload: Manifest) -> bool:
        return object_ref(workload).namespace == self.about.namespace


def _edition(one: Manifest, other: Manifest) -> bool:
    """Whether two workloads run editions of one program: a Service may well be meant for both, or for the other."""
    mine, its = (dig(each, "spec.template.metadata.labels", {}) for each in (one, other))
    apart = {key for key in {*mine, *its} if mine.get(key) != its.get(key)}
    return bool(apart) and all(EDITION.search(key) for key in apart)


RULES = (
    CauseRule(
        suspect_service_selectors,
        entries=(
            CauseEntry(
                Cause.SERVICE_SELECTOR,
                says="The Service's selector matches none of the pods it is meant for.",
                shows="no pod matches the selector",
                evidence="endpoints, labels of pods and templates, the known good Service",
                remedies=(Remedy.PUT_BACK, Remedy.RETARGET, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
            CauseEntry(
                Cause.SERVICE_SELECTS_FOREIGN,
                says="The Service also selects pods of another workload.",
                shows="pods of another workload answer under the Service's name",
                evidence="the workloads behind the endpoints; the known good selector",
                remedies=(Remedy.PUT_BACK, Remedy.RETARGET, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
        ),
    ),
)
