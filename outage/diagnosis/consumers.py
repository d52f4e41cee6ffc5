"""Who reads a ConfigMap or Secret, and which pods still hold what was in it when they started."""

from datetime import datetime

from outage.diagnosis.mentions import references
from outage.diagnosis.moments import created, latest, moment
from outage.diagnosis.world import World
from outage.hypothesis import Action, Change, Risk
from outage.objects import ObjectRef, dig, ref
from outage.value import Manifest


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


def reads_once(workload: Manifest, config: ObjectRef) -> bool:
    """Whether pods read it by environment or a subPath mount: then a change needs a restart."""
    spec = dig(workload, "spec.template.spec", {})
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


def unread(world: World, workload: Manifest, at: datetime) -> set[str]:
    """The workload's pods in which everything had started before this moment; a restarted container reads anew."""
    return {
        pod["metadata"]["name"]
        for pod in world.pods_of(ref(workload))
        if (started := latest([created(pod), *_starts(pod)])) and started < at
    }


def _starts(pod: Manifest) -> list[datetime | None]:
    return [moment(dig(one, "state.running.startedAt")) for one in dig(pod, "status.containerStatuses", [])]


def restart(workload: ObjectRef) -> Change:
    """The change that lets a workload read the value anew."""
    why = "it reads the value only when it starts"
    return Change(
        action=Action.RESTART, target=workload, why=why, expected="New pods with the value.", risk=Risk.MEDIUM
    )
