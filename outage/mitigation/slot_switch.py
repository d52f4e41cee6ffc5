"""Blue-green: the slot that takes the traffic fails, the other one is ready, and the Service leads to either.

Source: runbook "Traffic Routing".
"""

from collections.abc import Iterator

from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.workload_signs import desired_replicas, ready_replicas
from outage.diagnosis.hypothesis import Action, Risk
from outage.diagnosis.remedies.single_repairs import one_change
from outage.kubernetes.object_times import created_at, latest_of
from outage.kubernetes.objects import ObjectRef, dig, labels_of, object_ref, selects_labels
from outage.kubernetes.readiness import is_ready
from outage.mitigation.mitigation_view import MitigationDraft, MitigationView
from outage.platforms.platform import Slots
from outage.text.durations import duration_in_words
from outage.value import Manifest

SETTLE = (
    "A request to a pod of the other slot; and whether its version may serve: sessions and schema must fit."
)
QUIET = (Sign.LOG_ERRORS,)
"""Signs about a pod that do not make it unfit to take over: a pod without traffic logs lost connections too."""


def slot_switches(sight: MitigationView) -> Iterator[MitigationDraft]:
    """Every pair of the platform file whose live slot fails by itself while the other one is ready."""
    home = sight.index.platform.namespace
    for pair in sight.index.platform.slots:
        about = ObjectRef(kind="Service", name=pair.service, namespace=home)
        service = sight.index.get(about)
        live = dig(service, "spec.selector", {}).get(pair.label) if service else None
        if service is None or live not in pair.slots:
            continue
        failing = sight.named(pair.slots[live])
        if not sight.hurts(failing) or sight.waits_for(failing):
            continue  # what the slot waits for fails the other slot as well
        others = [value for value in pair.slots if value != live]
        ways = [_way(sight, pair, {"kind": "Service", **service}, live, value) for value in others]
        yield from [one for one in ways if one is not None][:1]


def _way(
    sight: MitigationView, pair: Slots, service: Manifest, live: str, value: str
) -> MitigationDraft | None:
    failing, standby = sight.named(pair.slots[live]), sight.named(pair.slots[value])
    pods, onset = _steady(sight, standby), sight.onset(failing)
    selector = {**dig(service, "spec.selector", {}), pair.label: value}
    if not pods or sight.blamed(standby) or not all(slot_serves(service, selector, pod) for pod in pods):
        return None
    about = object_ref(service)
    patch = [{"op": "replace", "path": f"/spec/selector/{pointer_escaped(pair.label)}", "value": value}]
    summary = f"Switch {about} from {live} to {value}"
    expected = f"{about} has {len(pods)} ready endpoints of {standby.name}, and its callers recover."
    youngest = latest_of(created_at(pod) for pod in pods)
    aged = f", the youngest {duration_in_words(sight.index.now - youngest)} old" if youngest else ""
    return MitigationDraft(
        eases=sight.eased(failing),
        about=about,
        says=f"{about} leads to {failing.name}, which fails; {standby.name} is ready to take over",
        repair=one_change(Action.PATCH, about, patch, summary, expected, Risk.MEDIUM),
        seen=(
            *(one.says for one in sight.hurts(failing)[:4]),
            f"{standby}: all {len(pods)} pods are ready and none restarts{aged}",
        ),
        against=_against(sight, failing, standby, pods),
        settle=SETTLE,
        onset=onset,
        field=f"spec.selector.{pair.label}",
        live=live,
        wanted=value,
    )


def _steady(sight: MitigationView, standby: ObjectRef) -> list[Manifest]:
    """The pods of a slot when every one that it asks for is ready and none restarts; else none."""
    workload, pods = sight.workload(standby), sight.index.pods_of(standby)
    if (
        workload is None
        or desired_replicas(workload) == 0
        or ready_replicas(workload) < desired_replicas(workload)
    ):
        return []
    troubled = [
        one for pod in pods for one in sight.signs.about(object_ref(pod, "Pod")) if one.sign not in QUIET
    ]
    all_ready = all(is_ready(pod) for pod in pods)
    whole = (
        len(pods) >= desired_replicas(workload) and all_ready and not troubled and not sight.hurts(standby)
    )
    return pods if whole else []


def slot_serves(service: Manifest, selector: dict[str, str], pod: Manifest) -> bool:
    """Whether the Service would reach the pod: by its labels, and by a port of the name that it sends to."""
    ports = [port for one in dig(pod, "spec.containers", []) for port in one.get("ports") or []]
    names = {port.get("name") for port in ports}
    sent_to = [one.get("targetPort") for one in dig(service, "spec.ports", [])]
    return selects_labels(selector, labels_of(pod)) and all(
        one in names for one in sent_to if isinstance(one, str)
    )


def _against(
    sight: MitigationView, failing: ObjectRef, standby: ObjectRef, pods: list[Manifest]
) -> tuple[str, ...]:
    found, onset = [], sight.onset(failing)
    wanted = desired_replicas(sight.workload(failing) or {})
    if len(pods) < wanted:
        found.append(
            f"{standby.name} has {len(pods)} pods, {failing.name} should have {wanted}: it may be slow"
        )
    if onset and any((created_at(pod) or onset) >= onset for pod in pods):
        found.append(f"pods of {standby.name} are younger than the outage: they have proved little")
    images = [_images(sight.workload(one) or {}) for one in (failing, standby)]
    if images[0] == images[1]:
        found.append(f"both slots run the same images: what breaks {failing.name} may break {standby.name}")
    return tuple(found)


def _images(workload: Manifest) -> list[str]:
    return [str(one.get("image")) for one in dig(workload, "spec.template.spec.containers", [])]


def pointer_escaped(key: str) -> str:
    """A key as one part of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")
