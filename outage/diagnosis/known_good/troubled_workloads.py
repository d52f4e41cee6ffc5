"""A workload in trouble and its pod template: which pods fail, since when, and how it would be put back."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from weakref import WeakKeyDictionary

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.hypothesis import Action, Repair, Risk
from outage.diagnosis.known_good.controller_revisions import is_live
from outage.diagnosis.known_good.known_objects import KnownObjects
from outage.diagnosis.known_good.plain_templates import plain_template, plain_template_of
from outage.diagnosis.known_good.template_revisions import (
    Fix,
    known_templates,
    template_changed,
    template_fix,
)
from outage.diagnosis.remedies.failing_jobs import jobs_of
from outage.diagnosis.remedies.single_repairs import one_change
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.weighing.strength import Support
from outage.kubernetes.field_differences import (
    MISSING,
    FieldDifference,
    field_differences,
    patch_for,
    shown_value,
)
from outage.kubernetes.object_times import earliest_of
from outage.kubernetes.objects import ObjectRef, dig, labels_of, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.text.redaction import SECRET_NAME, printable_at
from outage.value import Manifest

HIDDEN = "(hidden)"
POD_TROUBLE = (
    Sign.POD_IMAGE_PULL,
    Sign.POD_CONFIG_ERROR,
    Sign.POD_OUT_OF_MEMORY,
    Sign.POD_CRASH_LOOP,
    Sign.POD_UNSCHEDULABLE,
    Sign.POD_UNSCHEDULED,
    Sign.POD_GATED,
    Sign.POD_VOLUME,
    Sign.POD_NOT_STARTED,
    Sign.POD_NOT_READY,
)
WORKLOAD_TROUBLE = (Sign.WORKLOAD_DOWN, Sign.WORKLOAD_DEGRADED, Sign.ROLLOUT_STUCK, Sign.PODS_REFUSED)


@dataclass(eq=False)
class Troubled:
    """One workload with failing signs."""

    index: CaseIndex
    signs: Signs
    workload: Manifest

    @cached_property
    def about(self) -> ObjectRef:
        """The workload."""
        return object_ref(self.workload)

    @cached_property
    def findings(self) -> list[Finding]:
        """What fails about the workload and its pods."""
        own = self.signs.about(self.about, *WORKLOAD_TROUBLE)
        return own + [
            one for pod in self.index.pods_of(self.about) for one in self.signs.about(object_ref(pod, "Pod"))
        ]

    def trouble(self, *signs: Sign) -> list[Finding]:
        """The findings of these signs."""
        return [one for one in self.findings if one.sign in signs]

    @cached_property
    def onset(self) -> datetime | None:
        """When its first sign began."""
        return earliest_of(one.since for one in self.findings if one.sign != Sign.ROLLOUT_STUCK)

    @cached_property
    def pods(self) -> list[Manifest]:
        """The failing pods, newest template first."""
        hurt = {one.about.name for one in self.trouble(*POD_TROUBLE)}
        pods = [pod for pod in self.index.pods_of(self.about) if pod["metadata"]["name"] in hurt]
        return sorted(pods, key=lambda pod: not self.is_current(pod))

    def is_current(self, pod: Manifest) -> bool:
        """Whether the pod was made from the live template."""
        sets = self.index.replica_sets(self.about)
        if not sets:
            return is_live(self.index, self.workload, pod)
        live = plain_template_of(self.index, dig(self.workload, "spec.template", {}))
        for one in sets:
            if plain_template_of(self.index, dig(one, "spec.template", {})) == live:
                return labels_of(pod).get("pod-template-hash") == labels_of(one).get("pod-template-hash")
        return True

    @cached_property
    def changed_at(self) -> datetime | None:
        """When the live template came about."""
        return template_changed(self.index, self.workload)

    def fix(self, pattern: str, container: str | None = None) -> Fix | None:
        """The known good form of the template's fields that match, when they differ."""
        matcher = re.compile(pattern)

        def relevant(one: FieldDifference) -> bool:
            return bool(matcher.search(one.pointer)) and self._of_container(one, container)

        return template_fix(self.index, self.workload, self.onset, relevant)

    def _of_container(self, one: FieldDifference, container: str | None) -> bool:
        where = re.search(r"/(initContainers|containers)/(\d+)", one.pointer)
        if container is None or where is None:
            return True
        there = dig(self.workload, f"spec.template.spec.{where.group(1)}.{where.group(2)}.name")
        return bool(there == container)

    def container_pointer(self, name: str) -> str | None:
        """The JSON pointer of a container of the template."""
        for group in ("containers", "initContainers"):
            for index, one in enumerate(dig(self.workload, f"spec.template.spec.{group}", [])):
                if one.get("name") == name:
                    return f"/spec/template/spec/{group}/{index}"
        return None

    def suspect(
        self, cause: Cause, says: str, fix: Fix | None, expected: str, elsewhere: bool = False
    ) -> SuspectDraft:
        """A suspect about the template, with the repair its known good form gives.

        Args:
            cause: The class.
            says: The cause in one sentence.
            fix: What the known good form has otherwise, if anything.
            expected: What will be seen when the repair worked.
            elsewhere: What is wrong lies outside the template, so that an old template speaks against nothing.
        """
        found = SuspectDraft(cause=cause, about=self.about, says=says, explains=names_of(self.about))
        found.evidence_for = [one.says for one in self.findings][:6]
        found.add(Support.FAILING_PODS, f"{len(self.pods)} pods of {self.about.name} fail in this way")
        found.time(self.changed_at, self.onset, certain=elsewhere and fix is None)
        if fix is not None:
            first = fix.chosen[0]
            found.field = first.field
            found.live, found.wanted = self.told(first, first.live), self.told(first, first.wanted)
            found.add(fix.known.trust, f"{fix.known.source} has {first.field} = {found.wanted}")
            found.repair = self.repair(fix, expected)
        found.settle = "A server-side dry run of the repair, then watching the new pods become ready."
        return found

    def told(self, one: FieldDifference, value: object) -> str:
        """A value as people may see it: none of a variable whose name speaks of a secret."""
        index = re.search(r"/(containers|initContainers)/(\d+)/env/(\d+)", one.pointer)
        path = (
            f"spec.template.spec.{index.group(1)}.{index.group(2)}.env.{index.group(3)}.name"
            if index
            else "?"
        )
        names_of = [dig(self.workload, path, ""), *(dig(v, "name", "") for v in (one.live, one.wanted))]
        secret = any(SECRET_NAME.search(str(name)) for name in names_of)
        if value == MISSING:
            return shown_value(value)
        if secret and not (isinstance(value, dict) and "valueFrom" in value):
            return HIDDEN
        return shown_value(printable_at(self.workload, one.pointer, value))

    def repair(self, fix: Fix, expected: str) -> Repair:
        """Undo when the whole template is bad and history holds a good one, else only the fields that matter."""
        whole = self._whole(fix)
        if whole is not None:
            template = plain_template(whole.manifest)
            patch = [{"op": "replace", "path": "/spec/template", "value": template}]
            words = f"Undo {self.about} to revision {whole.number}"
            return one_change(Action.UNDO, self.about, patch, words, expected)
        words = ", ".join(one.field.removeprefix("spec.template.spec.") for one in fix.chosen[:3])
        summary = f"Put {words} of {self.about} back to what {fix.known.source} has"
        return one_change(Action.PATCH, self.about, patch_for(fix.chosen), summary, expected, Risk.LOW)

    def _whole(self, fix: Fix) -> KnownObjects | None:
        """An older revision that differs from the live template in the chosen fields and in nothing else."""
        live = plain_template(dig(self.workload, "spec.template", {}))
        chosen = {(one.pointer, shown_value(one.wanted)) for one in fix.chosen}
        for known in known_templates(self.index, self.workload, self.onset):
            if known.revision is None:
                continue
            found = field_differences(live, plain_template(known.manifest), "/spec/template")
            if {(one.pointer, shown_value(one.wanted)) for one in found} == chosen:
                return known
        return None


def troubled_workloads(index: CaseIndex, signs: Signs) -> list[Troubled]:
    """Every workload with failing signs about itself or its pods, and every Job that has such pods."""
    if signs not in _KEPT:
        found = [
            Troubled(index, signs, one) for one in (*index.workloads, *jobs_of(index, signs.of(*POD_TROUBLE)))
        ]
        _KEPT[signs] = [one for one in found if one.trouble(*POD_TROUBLE, *WORKLOAD_TROUBLE)]
    return _KEPT[signs]


_KEPT: "WeakKeyDictionary[Signs, list[Troubled]]" = WeakKeyDictionary()
