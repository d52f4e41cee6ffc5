"""Names that lead nowhere or elsewhere: Services whose selector is wrong."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from outage.causes import Cause
from outage.diagnosis.graph import Calls, places
from outage.diagnosis.known import known_objects
from outage.diagnosis.moments import changed, created, earliest
from outage.diagnosis.signs import Signs
from outage.diagnosis.signs.complaints import complaints
from outage.diagnosis.signs.workloads import desired
from outage.diagnosis.suspect import (
    HINT,
    PROOF,
    SIGNATURE,
    SYMPTOM,
    Suspect,
    names,
    one_change,
)
from outage.diagnosis.world import World
from outage.differences import Difference, differences, escape, patch_for, shown
from outage.hypothesis import Action
from outage.objects import ObjectRef, dig, labels, ref, selects
from outage.value import Manifest

EDITED = timedelta(hours=2)
"""A Service that was changed in this time may itself be what is wrong."""
EXPECTED = "The Service has ready endpoints and answers."


def suspects(world: World, signs: Signs) -> Iterator[Suspect]:
    """Suspects about Services of the platform's namespaces."""
    for service in fronting(world):
        one = Broken(world, signs, service)
        yield from one.selector()
        yield from one.foreign()


def fronting(world: World) -> list[Manifest]:
    """The Services that stand before pods."""
    return [
        one for one in world.services if dig(one, "spec.selector") and dig(one, "spec.type") != "ExternalName"
    ]


class Broken:
    """One Service under suspicion."""

    def __init__(self, world: World, signs: Signs, service: Manifest) -> None:
        """Look at one Service."""
        self.world, self.signs, self.service = world, signs, service
        self.about = ref(service, "Service")
        self.selector_now: dict[str, str] = dig(service, "spec.selector", {})

    def onset(self) -> datetime | None:
        """When it, its callers or its routes first failed."""
        near = Calls.of(self.world).dependents({str(self.about)})
        hurt = [one.since for one in self.signs.failing if places(self.world, one.about) & near]
        return earliest(hurt)

    def hurts(self) -> list[str]:
        """What fails along the way through this Service."""
        near = Calls.of(self.world).dependents({str(self.about)})
        found = [one.says for one in self.signs.all if places(self.world, one.about) & near]
        found += [one.says for one in self.signs.of("unreachable", "log-errors") if self._named_in(one.says)]
        found += [line for line, _ in complaints(self.world, self.about)]
        return list(dict.fromkeys(found))

    def _named_in(self, text: str) -> bool:
        return f"{self.about.name}:" in text or f"{self.about.name}." in text

    def suspect(
        self, cause: Cause, says: str, fields: tuple[Difference, ...], certain: bool = False
    ) -> Suspect:
        """A suspect about this Service with the patch that puts these fields right."""
        found = Suspect(cause=cause, about=self.about, says=says, explains=names(self.about))
        hurts = self.hurts()
        found.evidence_for = hurts[:6]
        found.time(changed(self.service), self.onset(), certain=certain)
        if hurts:
            found.add(SYMPTOM, f"{len(hurts)} signs lie on the way through this Service")
        if fields:
            first = fields[0]
            found.field, found.live, found.wanted = first.field, shown(first.live), shown(first.wanted)
            words = f"Set {first.field} of {self.about} to {shown(first.wanted)}"
            found.repair = one_change(Action.PATCH, self.about, patch_for(fields), words, EXPECTED)
        found.settle = "A request to the Service by its DNS name, from another pod."
        return found

    def known(self, prefix: str) -> tuple[str, float, tuple[Difference, ...]] | None:
        """What the most trusted form of the Service says of the fields under `prefix`, where it differs."""
        for known in known_objects(self.world, self.about, self.onset()):
            live, was = self.service.get("spec", {}), dig(known.manifest, "spec", {})
            found = tuple(one for one in differences(live, was, "/spec") if one.pointer.startswith(prefix))
            if found:
                return known.source, known.points, found
        return None

    def selector(self) -> Iterator[Suspect]:
        """Nobody is selected, or other pods than were."""
        empty = self.signs.about(self.about, "service-without-endpoints")
        seen = self.world.snapshot.saw("Pod", self.about.namespace)
        if self.world.selected(self.service) or not empty or not seen:
            return
        if any(desired(one) == 0 for one in self.world.behind(self.service)):
            return
        known = self.known("/spec/selector")
        candidates = self._candidates()
        says = f"{self.about}: its selector {shown(self.selector_now)} matches no pod"
        if known is not None:
            source, points, fields = known
            found = self.suspect(Cause.SERVICE_SELECTOR, says, fields, certain=True)
            found.add(PROOF, "no pod matches the selector").add(points, f"{source} has another selector")
            yield found
        elif len(candidates) == 1 and not self.world.behind(self.service):  # else its own workload lacks pods
            found = self.suspect(Cause.SERVICE_SELECTOR, says, candidates[0][1])
            found.add(PROOF, "no pod matches the selector")
            yield found.add(HINT / 2, f"but for one key it would match {candidates[0][0]}")
        elif not self.world.behind(self.service):
            if (lost := self._workload_gone(candidates)) is not None:
                yield lost
                return
            found = self.suspect(Cause.SERVICE_SELECTOR, says, ())
            found.field, found.live = "spec.selector", shown(self.selector_now)
            found.settle = f"Which pods it is meant for: {len(candidates)} workloads would fit."
            yield found.add(SIGNATURE, "no pod and no workload matches the selector")

    def _workload_gone(self, candidates: list[tuple[ObjectRef, tuple[Difference, ...]]]) -> Suspect | None:
        """The Service is as it always was, somebody calls it, and nothing is behind it: what it stood for is gone."""
        at = changed(self.service)
        called = Calls.of(self.world).anyone_needs(self.about)
        if candidates or self.world.baseline or not called or not at or self.world.now - at < EDITED:
            return None
        says = f"{self.about} is as it was and no workload has its labels: what it stood for was deleted"
        found = Suspect(cause=Cause.WORKLOAD_MISSING, about=self.about, says=says, explains=names(self.about))
        found.evidence_for = self.hurts()[:6]
        found.field, found.live = "spec.selector", shown(self.selector_now)
        found.add(SIGNATURE, "no pod and no workload matches the selector, and others call the Service")
        found.settle = "What ran behind it: no baseline tells. Apply it again from where it came."
        return found

    def _candidates(self) -> list[tuple[ObjectRef, tuple[Difference, ...]]]:
        """Workloads that would be selected if exactly one key were dropped or had their value."""
        found: list[tuple[ObjectRef, tuple[Difference, ...]]] = []
        for workload in self.world.workloads:
            if ref(workload).namespace != self.about.namespace or desired(workload) == 0:
                continue
            template = dig(workload, "spec.template.metadata.labels", {})
            wrong = [key for key, value in self.selector_now.items() if template.get(key) != value]
            if len(wrong) == 1 and self._fits(workload, wrong[0]) and self._tells(workload, wrong[0]):
                found.append((ref(workload), (self._put_right(wrong[0], template),)))
        return found if len(found) < 2 else [one for one in found if one[0].name == self.about.name] or found

    def _fits(self, workload: Manifest, wrong: str) -> bool:
        return len(self.selector_now) > 1 or self.about.name in (
            ref(workload).name,
            *labels(workload).values(),
        )

    def _tells(self, workload: Manifest, wrong: str) -> bool:
        """Whether the selector, put right, selects this workload and no other: not everything at once."""
        right = {**self.selector_now, wrong: dig(workload, "spec.template.metadata.labels", {}).get(wrong)}
        wanted = {key: value for key, value in right.items() if value is not None}
        return not any(
            selects(wanted, dig(one, "spec.template.metadata.labels", {}))
            for one in self.world.workloads
            if one is not workload and ref(one).namespace == self.about.namespace
        )

    def _put_right(self, key: str, template: dict[str, str]) -> Difference:
        pointer = f"/spec/selector/{escape(key)}"
        wanted = template.get(key)
        if wanted is None:
            return Difference(pointer=pointer, live=self.selector_now[key])
        return Difference(pointer=pointer, live=self.selector_now[key], wanted=wanted)

    def foreign(self) -> Iterator[Suspect]:
        """Pods of several workloads answer under one name."""
        behind = self.world.behind(self.service)
        known = self.known("/spec/selector")
        selected = {str(self.world.workload_of(pod)) for pod in self.world.selected(self.service)}
        if not selected:
            return
        says = f"{self.about}: its selector also matches {', '.join(sorted(selected))}"
        if known is not None:
            source, points, fields = known
            found = self.suspect(Cause.SERVICE_SELECTS_FOREIGN, says, fields, certain=True)
            found.alone = True
            found.add(SIGNATURE, "the pods it selects are not those it was made for")
            yield found.add(points, f"{source} has another selector")
            return
        if len(behind) < 2:
            other = self._other_only(behind[0], says) if behind else None
            if other is not None:
                yield other
            return
        own = [one for one in behind if ref(one).name == self.about.name]
        if len(own) != 1 or not self._lately():
            return
        other_labels = [dig(one, "spec.template.metadata.labels", {}) for one in behind if one is not own[0]]
        mine = dig(own[0], "spec.template.metadata.labels", {})
        telling = [
            key
            for key in ("app", *mine)
            if key in mine and all(o.get(key) != mine[key] for o in other_labels)
        ]
        if telling:
            field = Difference(pointer=f"/spec/selector/{escape(telling[0])}", wanted=mine[telling[0]])
            found = self.suspect(Cause.SERVICE_SELECTS_FOREIGN, says, (field,))
            found.alone = True
            yield found.add(SIGNATURE, "pods of two workloads answer under the name of one")

    def _other_only(self, behind: Manifest, says: str) -> Suspect | None:
        """All its pods belong to another workload, while one of its own name runs: edited lately, it is suspect."""
        own = next(
            (w for w in self.world.workloads if ref(w).name == self.about.name and self._near(w)), None
        )
        if own is None or own is behind or not self._lately():
            return None
        template = dig(own, "spec.template.metadata.labels", {})
        wrong = [key for key, value in self.selector_now.items() if template.get(key) != value]
        fields = tuple(self._put_right(key, template) for key in wrong)
        found = self.suspect(Cause.SERVICE_SELECTS_FOREIGN, says, fields)
        found.alone = True
        return found.add(SIGNATURE, f"none of its pods belong to {ref(own)}, which has its name")

    def _near(self, workload: Manifest) -> bool:
        return ref(workload).namespace == self.about.namespace

    def _lately(self, within: timedelta = timedelta(hours=24)) -> bool:
        """Whether it was edited after it was made, or made after what it selects."""
        at, born = changed(self.service), created(self.service)
        others = [created(one) for one in self.world.behind(self.service)]
        first = earliest([born, *others])
        return bool(at and first and at - first > timedelta(minutes=1) and self.world.now - at < within)
