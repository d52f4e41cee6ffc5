"""Values that lead callers astray: drifted ConfigMaps, wrong addresses and credentials, values read too early."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from outage.causes import Cause
from outage.diagnosis.graph import Calls, places
from outage.diagnosis.known import known_objects
from outage.diagnosis.mentions import references
from outage.diagnosis.moments import changed, created, earliest
from outage.diagnosis.signs import Signs
from outage.diagnosis.suspect import SIGNATURE, SYMPTOM, Suspect, names
from outage.diagnosis.world import World
from outage.differences import Difference, differences, patch_for, shown
from outage.hypothesis import Action, Change, Repair, Risk
from outage.objects import ObjectRef, dig, ref
from outage.redaction import SECRET_NAME
from outage.value import Manifest

REFUSED = re.compile(
    r"auth(?:entication|orization)? ?(?:failed|failure|error)|access denied|WRONGPASS|NOAUTH|unauthori[sz]ed"
    r"|login failed|(?:invalid|incorrect|wrong) (?:username|user|password|credential|token)|not authori[sz]ed",
    re.I,
)
EXPECTED = "The readers of this value reach what they need again."
WINDOW = timedelta(hours=2)


def suspects(world: World, signs: Signs) -> Iterator[Suspect]:
    """Configuration that differs from the known good one, names what is not there, or is newer than its readers."""
    for kind in ("ConfigMap", "Secret"):
        for config in world.all(kind):
            if dig(config, "metadata.namespace") in world.home:
                yield from _drifted(world, signs, {"kind": kind, **config})
    yield from _stale(world, signs)


def readers(world: World, config: ObjectRef) -> list[Manifest]:
    """The workloads whose pods read this ConfigMap or Secret."""
    return [
        one
        for one in world.workloads
        if ref(one).namespace == config.namespace
        and any(
            (k, n) == (config.kind, config.name) for k, n, _ in references(dig(one, "spec.template.spec", {}))
        )
    ]


def hurt_near(world: World, signs: Signs, workloads: list[ObjectRef]) -> list[tuple[str, datetime | None]]:
    """Signs about these workloads and what depends on them."""
    near = Calls.of(world).dependents(names(*workloads))
    near_signs = [one for one in signs.all if places(world, one.about) & near]
    return [(one.says, one.since if one in signs.failing else None) for one in near_signs]


def _drifted(world: World, signs: Signs, config: Manifest) -> Iterator[Suspect]:
    about = ref(config)
    using = [ref(one) for one in readers(world, about)]
    hurt = hurt_near(world, signs, using)
    if not using or not (hurt or signs.failing):
        return
    onset = earliest(since for _, since in hurt)
    for known in known_objects(world, about, onset):
        fields = [
            d
            for section in ("data", "binaryData", "stringData")
            for d in differences(config.get(section) or {}, known.manifest.get(section) or {}, f"/{section}")
        ]
        if config.get("data") and not known.manifest.get("data"):
            fields = []
        if fields:
            found = _drift(world, about, using, fields, known.source)
            found.add(known.points, f"{known.source} has {fields[0].field} = {found.wanted}")
            found.add(SYMPTOM if hurt else 0, "its readers, or what depends on them, fail")
            found.time(changed(config), onset, certain=True)
            found.evidence_for = [text for text, _ in hurt][:6]
            yield found
            return


def _hidden(about: ObjectRef, key: str, value: object) -> str:
    return "another value" if about.kind == "Secret" or SECRET_NAME.search(key) else shown(value)


def _drift(
    world: World, about: ObjectRef, using: list[ObjectRef], fields: list[Difference], source: str
) -> Suspect:
    keys = ", ".join(one.field.partition(".")[2] for one in fields[:3])
    says = f"{about}: {keys} differs from {source}, and {', '.join(one.name for one in using[:3])} read it"
    found = Suspect(cause=Cause.CONFIG_DRIFT, about=about, says=says, explains=names(about, *using))
    first = fields[0]
    found.field = first.field
    found.live = _hidden(about, first.field, first.live)
    found.wanted = _hidden(about, first.field, first.wanted)
    found.add(SIGNATURE - 0.05, "its data is not what it was")
    if about.kind == "Secret":
        found.settle = (
            f"The value of {keys}: the record keeps only hashes. Put it back from where {about} comes from."
        )
        return found
    change = Change(
        action=Action.PATCH,
        target=about,
        patch=patch_for(fields),
        why=f"{keys} was changed",
        expected=EXPECTED,
        risk=Risk.MEDIUM,
    )
    restarts = tuple(_restart(one) for one in using if _reads_once(world, one, about))
    words = f"Put {keys} of {about} back to {source}" + (" and restart its readers" if restarts else "")
    found.repair = Repair(summary=words, changes=(change, *restarts))
    found.settle = "Whether the change was meant, as of a feature flag."
    return found


def _restart(workload: ObjectRef) -> Change:
    why = "it reads the value only when it starts"
    return Change(
        action=Action.RESTART, target=workload, why=why, expected="New pods with the value.", risk=Risk.MEDIUM
    )


def _reads_once(world: World, workload: ObjectRef, config: ObjectRef) -> bool:
    """Whether pods read it by environment or a subPath mount: then a change needs a restart."""
    manifest = next((one for one in world.workloads if ref(one) == workload), {})
    spec = dig(manifest, "spec.template.spec", {})
    bare = {**spec, "volumes": []}
    if any((kind, name) == (config.kind, config.name) for kind, name, _ in references(bare)):
        return True
    mounted = {
        volume.get("name")
        for volume in spec.get("volumes") or []
        if config.name in (dig(volume, "configMap.name"), dig(volume, "secret.secretName"))
    }
    mounts = [mount for one in spec.get("containers") or [] for mount in one.get("volumeMounts") or []]
    return any(mount.get("name") in mounted and mount.get("subPath") for mount in mounts)


def _stale(world: World, signs: Signs) -> Iterator[Suspect]:
    """A ConfigMap or Secret is newer than the pods that read it when they started, and they are refused since."""
    for kind in ("Secret", "ConfigMap"):
        for config in world.all(kind):
            about, at = ref(config, kind), changed(config)
            if at is None or about.namespace not in world.home or world.now - at > WINDOW:
                continue
            older = [
                one
                for one in readers(world, about)
                if _older(world, one, at) and _reads_once(world, ref(one), about)
            ]
            refused = [one for one in older if _refused(world, ref(one))]
            born = created(config)
            if (
                refused
                and born is not None
                and (at - born > timedelta(minutes=1) or at > _first(world, refused))
            ):
                yield _stale_suspect(world, signs, about, at, [ref(one) for one in refused])


def _first(world: World, workloads: list[Manifest]) -> datetime:
    return earliest(created(one) for one in workloads) or world.now


def _older(world: World, workload: Manifest, at: datetime) -> bool:
    births = [created(pod) for pod in world.pods_of(ref(workload))]
    return any(born and born < at for born in births)


def _refused(world: World, workload: ObjectRef) -> bool:
    mine = {pod["metadata"]["name"] for pod in world.pods_of(workload)}
    return any(tail.pod in mine and REFUSED.search(tail.text) for tail in world.snapshot.logs)


def _stale_suspect(
    world: World, signs: Signs, about: ObjectRef, at: datetime, workloads: list[ObjectRef]
) -> Suspect:
    hurt = hurt_near(world, signs, workloads)
    says = f"{', '.join(one.name for one in workloads)} still run with what {about} held before it changed"
    found = Suspect(cause=Cause.STALE_ENV, about=workloads[0], says=says, explains=names(*workloads))
    found.evidence_for = [text for text, _ in hurt][:5]
    found.add(SIGNATURE, "the pods started before the change, and their login is refused")
    found.add(SYMPTOM if hurt else 0, "they, or what depends on them, fail")
    found.time(at, earliest(since for _, since in hurt))
    found.alone = True
    was = world.baseline.get(about) if world.baseline else None
    if was is not None:
        found.evidence_against.append(
            f"{about} also differs from the baseline: then the value itself may be wrong"
        )
    found.repair = Repair(
        summary=f"Restart {', '.join(str(one) for one in workloads)}",
        changes=tuple(_restart(one) for one in workloads),
    )
    found.settle = "Whether the new value works: try it from a new pod."
    return found
