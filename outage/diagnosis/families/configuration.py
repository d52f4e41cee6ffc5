"""Values that lead callers astray: ConfigMaps and Secrets that are not what they were."""

from collections.abc import Iterator

from outage.causes import Cause
from outage.diagnosis.consumers import readers, reads_once, restart, unread
from outage.diagnosis.early import read_too_early
from outage.diagnosis.hurt import EXPECTED, hurt_near
from outage.diagnosis.known import known_objects
from outage.diagnosis.moments import changed, earliest
from outage.diagnosis.signs import Signs
from outage.diagnosis.suspect import SIGNATURE, SYMPTOM, Suspect, names
from outage.diagnosis.world import World
from outage.differences import Difference, differences, patch_for, shown
from outage.hypothesis import Action, Change, Repair, Risk
from outage.objects import ObjectRef, dig, ref
from outage.patching import with_sections
from outage.redaction import SECRET_NAME
from outage.value import Manifest


def suspects(world: World, signs: Signs) -> Iterator[Suspect]:
    """Configuration that differs from the known good one, read by those who fail."""
    for kind in ("ConfigMap", "Secret"):
        for config in world.all(kind):
            about = ref(config, kind)
            config = {"kind": kind, **config}
            if about.namespace in world.home and not read_too_early(world, signs, config):
                yield from _drifted(world, signs, config)  # who never read a value does not fail of it


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
        patch=with_sections(tuple(patch_for(fields)), world.get(about) or {}),
        why=f"{keys} was changed",
        expected=EXPECTED,
        risk=Risk.MEDIUM,
    )
    misled = [one for one in using if _took_over(world, one, about)]
    restarts = tuple(restart(one) for one in misled)
    words = f"Put {keys} of {about} back to {source}"
    words += f" and restart {', '.join(one.name for one in misled)}" if misled else ""
    found.repair = Repair(summary=words, changes=(change, *restarts))
    found.settle = "Whether the change was meant, as of a feature flag."
    return found


def _took_over(world: World, workload: ObjectRef, config: ObjectRef) -> bool:
    """Whether pods of it read the changed value once: those that started before go on with the good one, in peace."""
    at, manifest = changed(world.get(config) or {}), world.get(workload)
    if manifest is None or not reads_once(manifest, config):
        return False
    if at is None:
        return True
    before = unread(world, manifest, at)
    return any(dig(pod, "metadata.name") not in before for pod in world.pods_of(workload))
