"""What somebody changed in pods on their way in, told from their template, as far as it can make them fail."""

from collections.abc import Iterator
from typing import NamedTuple

from outage.diagnosis.findings import Signs
from outage.diagnosis.known_good.troubled_workloads import Troubled
from outage.kubernetes.field_differences import field_differences, shown_value
from outage.kubernetes.objects import containers_of, dig, object_ref
from outage.kubernetes.readiness import is_ready
from outage.snapshots.case_index import CaseIndex
from outage.text.redaction import printable_at
from outage.value import Manifest

OWN = ("image", "command", "args", "env", "envFrom", "securityContext", "readinessProbe", "livenessProbe")
"""Fields of a container that no built-in admission sets."""
DEFAULTS = {"dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler"}
OWN_OF_PODS = ("nodeSelector", "hostAliases", "dnsConfig", "dnsPolicy", "schedulerName", "hostNetwork")
"""Fields of a pod spec that admission leaves as the template has them."""
NOT_YET = ("PodInitializing", "ContainerCreating")
"""Why a container waits that only waits for others."""
SIBLINGS_ASKED = 200
"""Ready pods that are compared at most; an alteration of all pods shows in the first few."""


class Alteration(NamedTuple):
    """One thing that a pod has otherwise than its template."""

    container: str
    """Empty for the pod itself."""
    field: str
    """Path in the container or the pod; empty for a container that was added as a whole."""
    live: str
    """What stands there, as people may see it; the image of an added container."""

    def __str__(self) -> str:
        """As people would say it."""
        if not self.field:
            return f"container {self.container} was added: {self.live}".rstrip(": ")
        return (
            f"{self.container}.{self.field} is {self.live}"
            if self.container
            else f"{self.field} is {self.live}"
        )


def harmful(one: Troubled, pod: Manifest) -> list[str]:
    """What a failing pod has otherwise, in what fails of it, and no ready pod has as well."""
    failing = _failing(pod)
    found = [
        change
        for change in _alterations(one.workload, pod)
        if not change.container or failing is None or change.container in failing
    ]
    borne = _borne(one.index, one.signs, one.about.namespace) if found else set()
    return [str(change) for change in found if _anywhere(change) not in borne]


def _alterations(workload: Manifest, pod: Manifest) -> Iterator[Alteration]:
    meant_spec, spec = dig(workload, "spec.template.spec", {}), dig(pod, "spec", {})
    for field in OWN_OF_PODS:
        if spec.get(field) and spec.get(field) != meant_spec.get(field, DEFAULTS.get(field)):
            yield Alteration("", field, shown_value(spec.get(field)))
    template = {each.get("name"): each for each in containers_of(meant_spec)}
    for container in containers_of(spec):
        name, meant = container.get("name", ""), template.get(container.get("name"))
        if meant is None:
            yield Alteration(name, "", container.get("image", ""))
            continue
        for field in OWN:
            if field_differences(container.get(field) or {}, meant.get(field) or {}):
                live, was = (printable_at(one, f"/{field}", one.get(field)) for one in (container, meant))
                yield Alteration(name, field, _news(live, was))
        yield from _other_resources(container, meant)


def _news(live: object, meant: object) -> str:
    """A value that was changed; of a list only the entries that the template has not."""
    if isinstance(live, list) and isinstance(meant, list):
        return shown_value([one for one in live if one not in meant] or live)
    return shown_value(live)


def _other_resources(container: Manifest, meant: Manifest) -> Iterator[Alteration]:
    """Requests and limits that the template states and the pod has otherwise; defaults only fill gaps."""
    for side in ("limits", "requests"):
        live = dig(container, f"resources.{side}", {})
        for what, value in dig(meant, f"resources.{side}", {}).items():
            if dig(container, "resources") and live.get(what) != value:
                yield Alteration(container.get("name", ""), f"resources.{side}.{what}", str(live.get(what)))


def _failing(pod: Manifest) -> set[str] | None:
    """The containers that fail; None for a pod that never got so far, as one without a node."""
    states = [*dig(pod, "status.initContainerStatuses", []), *dig(pod, "status.containerStatuses", [])]
    if not states:
        return None
    now = {each.get("name", "") for each in states if _fails(each)}
    return now or {each.get("name", "") for each in states if dig(each, "lastState.terminated.exitCode", 0)}


def _fails(state: Manifest) -> bool:
    if waiting := dig(state, "state.waiting"):
        return waiting.get("reason") not in NOT_YET
    if ended := dig(state, "state.terminated"):
        return bool(ended.get("exitCode"))
    return not state.get("ready")


def _borne(index: CaseIndex, signs: Signs, home: str) -> set[Alteration]:
    """What ready pods of the namespace have otherwise than their templates, and are well with."""
    key = ("borne", home)
    if key not in index.memory:
        pods = [pod for pod in index.pods if dig(pod, "metadata.namespace") == home and is_ready(pod)]
        known = {str(object_ref(one)): one for one in index.workloads}
        index.memory[key] = {
            _anywhere(change)
            for pod in pods[:SIBLINGS_ASKED]
            if (workload := known.get(str(index.workload_of(pod))))
            and Troubled(index, signs, workload).is_current(pod)
            for change in _alterations(workload, pod)
        }
    found: set[Alteration] = index.memory[key]
    return found


def _anywhere(change: Alteration) -> Alteration:
    """The alteration whatever the container's name is; the name counts where a container was added."""
    return change._replace(container="") if change.field else change
