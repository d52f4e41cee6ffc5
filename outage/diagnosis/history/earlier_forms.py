"""What stood there before: from the revisions of a workload, the baseline and what was last applied.

Promise: nothing secret leaves here; values of Secrets are hidden on both sides.
"""

import difflib
from collections.abc import Iterator
from typing import Any, NamedTuple

from outage.diagnosis.history.change_moments import LastChange
from outage.diagnosis.history.recorded_change import ChangedField
from outage.diagnosis.known_good.controller_revisions import controller_revisions, template_in
from outage.diagnosis.known_good.known_objects import last_applied
from outage.diagnosis.known_good.plain_templates import plain_template
from outage.kubernetes.field_differences import KEYS, FieldDifference, shown_value, unescape_pointer
from outage.kubernetes.object_times import created_at, parsed_moment
from outage.kubernetes.objects import ObjectRef, annotations_of, dig
from outage.kubernetes.workloads import WORKLOADS
from outage.snapshots.baseline import hidden_differences
from outage.snapshots.case_index import CaseIndex
from outage.text.redaction import redact
from outage.value import Manifest, Value

TEMPLATE = "spec.template"
GIVEN = ("spec.clusterIP", "spec.ipFamil", "spec.healthCheckNodePort")
"""What the server gives a Service that is made anew; that it has none, as a headless one, is asked for."""
LINES = 2
"""Changed lines of a file that are told, on each side."""
APPLIED_BY = "kubectl-client-side-apply"


class TemplateRevision(NamedTuple):
    """One template that a workload has had."""

    number: str
    """As `kubectl rollout history` counts; `?` where nothing says so."""
    dated: bool
    """Whether it says when it was made: one that does not was made by nobody's rollout."""
    template: Manifest


class EarlierForm(Value):
    """What differs from an earlier form, and where that is known from."""

    fields: tuple[ChangedField, ...] = ()
    source: str = ""


def earlier_form(index: CaseIndex, about: ObjectRef, change: LastChange | None) -> EarlierForm:
    """What an object was before: the nearest earlier form that differs; empty when none is known."""
    live = index.get(about)
    if live is None:
        return EarlierForm()
    forms = [_revision(index, about, live), _baseline(index, about, live), _applied(about, live, change)]
    found = [one for one in forms if one.fields]
    if not found:
        known = index.baseline is not None and index.baseline.get(about) is not None
        return EarlierForm(source="the baseline" if known else "")
    rest = [one for form in found[1:] for one in form.fields if not one.field.startswith(TEMPLATE)]
    told = {one.field: one for one in reversed((*found[0].fields, *rest))}
    return EarlierForm(fields=tuple(reversed(told.values())), source=found[0].source)


def _revision(index: CaseIndex, about: ObjectRef, live: Manifest) -> EarlierForm:
    now = plain_template(dig(live, "spec.template", {}))
    for revision in _revisions(index, about):
        was = plain_template(revision.template)
        if was and was != now and revision.dated:
            whole: Manifest = {"spec": {"template": now}}
            fields = hidden_differences(about.kind, whole, {"spec": {"template": was}})
            return EarlierForm(fields=_told(whole, fields), source=f"revision {revision.number}")
    return EarlierForm()


def _revisions(index: CaseIndex, about: ObjectRef) -> Iterator[TemplateRevision]:
    if about.kind == "Deployment":
        for one in index.replica_sets(about):
            number = annotations_of(one).get("deployment.kubernetes.io/revision", "?")
            yield TemplateRevision(number, created_at(one) is not None, dig(one, "spec.template", {}))
    elif about.kind in ("StatefulSet", "DaemonSet"):
        for one in controller_revisions(index, about):
            number = str(one.get("revision", "?"))
            yield TemplateRevision(number, created_at(one) is not None, template_in(one))


def _baseline(index: CaseIndex, about: ObjectRef, live: Manifest) -> EarlierForm:
    was = index.baseline.get(about) if index.baseline else None
    if was is None:
        return EarlierForm()
    return EarlierForm(fields=_told(live, hidden_differences(about.kind, live, was)), source="the baseline")


def _applied(about: ObjectRef, live: Manifest, change: LastChange | None) -> EarlierForm:
    """What was last applied, when somebody else wrote since."""
    applied = [
        parsed_moment(one.get("time"))
        for one in dig(live, "metadata.managedFields", [])
        if one.get("manager") == APPLIED_BY
    ]
    when = max((one for one in applied if one), default=None)
    newer = about.kind not in WORKLOADS if change is None else when is not None and when < change.at
    if not newer or about.kind == "Secret":
        return EarlierForm()
    was = last_applied(live, None)
    fields = hidden_differences(about.kind, live, was) if was else ()
    return EarlierForm(fields=_told(live, fields), source="the last applied manifest")


def _told(live: Manifest, fields: tuple[FieldDifference, ...]) -> tuple[ChangedField, ...]:
    return tuple(_changed_field(live, one) for one in fields if not _given(one))


def _given(one: FieldDifference) -> bool:
    return one.field.startswith(GIVEN) and "None" not in (one.live, one.wanted)


def _changed_field(live: Manifest, one: FieldDifference) -> ChangedField:
    was, now = _apart(_bare_value(one.wanted), _bare_value(one.live))
    return ChangedField(field=named_field(live, one), was=redact(was), now=redact(now))


def _bare_value(value: Any) -> Any:
    """An added or removed variable as its value alone: its name stands in the field."""
    alone = isinstance(value, dict) and {*value} == {"name", "value"}
    return value["value"] if alone else value


def named_field(live: Manifest, one: FieldDifference) -> str:
    """The dotted path with the names of the entries in place of their numbers: `containers[web].env[HOST].value`."""
    here: Any = live
    path = ""
    for part in (unescape_pointer(part) for part in one.pointer.split("/")[1:]):
        if isinstance(here, list):
            here = here[int(part)] if part.isdigit() and int(part) < len(here) else one.wanted
            name = next((here[key] for key in KEYS if key in here), part) if isinstance(here, dict) else part
            path += f"[{name}]"
        else:
            here = here.get(part) if isinstance(here, dict) else None
            path += f".{part}" if path else part
    return path


def _apart(was: Any, now: Any) -> tuple[str, str]:
    """Both values as short words; of two files the lines that differ, for their beginnings are alike."""
    if isinstance(was, str) and isinstance(now, str) and "\n" in was + now:
        lines = list(difflib.ndiff(was.splitlines(), now.splitlines()))
        gone = [one[2:].strip() for one in lines if one.startswith("- ")]
        came = [one[2:].strip() for one in lines if one.startswith("+ ")]
        return _lines(gone), _lines(came)
    return shown_value(was), shown_value(now)


def _lines(lines: list[str]) -> str:
    more = f" … and {len(lines) - LINES} more lines" if len(lines) > LINES else ""
    return (" ⏎ ".join(shown_value(one) for one in lines[:LINES]) or "(no line)") + more
