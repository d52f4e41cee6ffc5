"""A Service under suspicion: what is hurt on the way through it, and what it looked like before."""

from datetime import datetime, timedelta

from outage.causes import Cause
from outage.diagnosis.graph import Calls, places
from outage.diagnosis.hurt import EARLIER, STILL
from outage.diagnosis.known import known_objects
from outage.diagnosis.moments import changed, created, earliest
from outage.diagnosis.signs import Signs
from outage.diagnosis.signs.complaints import complaints
from outage.diagnosis.suspect import SYMPTOM, Suspect, names, one_change
from outage.diagnosis.world import World
from outage.differences import Difference, differences, patch_for, shown
from outage.hypothesis import Action
from outage.objects import dig, ref
from outage.value import Manifest

EXPECTED = "The Service has ready endpoints and answers."


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

    def complained(self) -> bool:
        """Whether callers still complain of it, and did not before it was changed already."""
        at = changed(self.service)
        before = complaints(self.world, self.about, EARLIER)
        return bool(complaints(self.world, self.about, STILL)) and not any(
            at and when and when < at for _, when in before
        )

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

    def _lately(self, within: timedelta = timedelta(hours=24)) -> bool:
        """Whether it was edited after it was made, or made after what it selects."""
        at, born = changed(self.service), created(self.service)
        others = [created(one) for one in self.world.behind(self.service)]
        first = earliest([born, *others])
        return bool(at and first and at - first > timedelta(minutes=1) and self.world.now - at < within)
