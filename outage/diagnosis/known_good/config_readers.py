"""Who reads a ConfigMap or Secret, and which pods still hold what was in it when they started."""

from datetime import datetime

from outage.diagnosis.calls.mentions import config_references
from outage.kubernetes.object_times import created_at, latest_of, parsed_moment
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest


def config_readers(index: CaseIndex, config: ObjectRef) -> list[Manifest]:
    """The workloads whose pods read this ConfigMap or Secret."""
    return [
        one
        for one in index.workloads
        if object_ref(one).namespace == config.namespace
        and _reads(dig(one, "spec.template.spec", {}), config)
    ]


def _reads(spec: Manifest, config: ObjectRef) -> bool:
    return any((read.kind, read.name) == (config.kind, config.name) for read in config_references(spec))


def reads_once(workload: Manifest, config: ObjectRef) -> bool:
    """Whether pods read it by environment or a subPath mount: then a change needs a restart."""
    spec = dig(workload, "spec.template.spec", {})
    bare = {**spec, "volumes": []}
    if _reads(bare, config):
        return True
    mounted = {
        volume.get("name")
        for volume in spec.get("volumes") or []
        if config.name in (dig(volume, "configMap.name"), dig(volume, "secret.secretName"))
    }
    mounts = [mount for one in spec.get("containers") or [] for mount in one.get("volumeMounts") or []]
    return any(mount.get("name") in mounted and mount.get("subPath") for mount in mounts)


def unread_pods(index: CaseIndex, workload: Manifest, at: datetime) -> set[str]:
    """The workload's pods in which everything had started before this moment; a restarted container reads anew."""
    return {
        pod["metadata"]["name"]
        for pod in index.pods_of(object_ref(workload))
        if (started := latest_of([created_at(pod), *_starts(pod)])) and started < at
    }


def _starts(pod: Manifest) -> list[datetime | None]:
    return [
        parsed_moment(dig(one, "state.running.startedAt")) for one in dig(pod, "status.containerStatuses", [])
    ]
