"""Where a probe asks, which ports the pods serve, and how the probe is aimed at one of them.

Promise: a probe is never taken away; what it is aimed at is what the Service sends traffic to.
"""

from outage.diagnosis.known_good.troubled_workloads import Troubled
from outage.diagnosis.remedies.finished_repairs import Words, retarget
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.weighing.strength import Support
from outage.kubernetes.field_differences import FieldDifference
from outage.kubernetes.objects import dig
from outage.value import Manifest

EXPECTED = "The probe succeeds and the pods stay ready."


def probed_containers(one: Troubled) -> list[Manifest]:
    """The containers of a workload's template."""
    return list(dig(one.workload, "spec.template.spec.containers", []))


def port_of(probe: Manifest) -> object:
    """The port that a probe asks, by number or name; None for one that asks none."""
    for kind in ("httpGet", "tcpSocket", "grpc"):
        if kind in probe:
            return probe[kind].get("port")
    return None


def served_by(one: Troubled, container: Manifest) -> set[object]:
    """Ports, by number and name, that the container declares or a Service sends traffic to."""
    ports: set[object] = set()
    for port in container.get("ports") or []:
        ports |= {port.get("containerPort"), port.get("name")}
    return (ports | set(_targets(one))) - {None}


def _targets(one: Troubled) -> list[object]:
    fronts = one.index.fronts(one.about)
    return [
        port.get("targetPort", port.get("port"))
        for service in fronts
        for port in dig(service, "spec.ports", [])
    ]


def asked_port(probe: Manifest) -> str:
    """What a probe asks, as its fields say."""
    return str(probe.get("httpGet") or probe.get("tcpSocket") or probe.get("grpc") or probe.get("exec"))


def retarget_probe(one: Troubled, found: SuspectDraft, pointer: str, probe: Manifest) -> None:
    """Keep the probe and its timings, aim it at the port that the Service uses; never remove it."""
    targets = list(dict.fromkeys(_targets(one)))
    field = FieldDifference(pointer=pointer, live=asked_port(probe))
    found.field, found.live = field.field, field.live
    if len(targets) != 1:
        found.settle = "Which port the container serves: no single Service port tells."
        return
    timings = {key: value for key, value in probe.items() if key.endswith(("Seconds", "Threshold"))}
    wanted = {"tcpSocket": {"port": targets[0]}, **timings}
    found.add(Support.DETAIL, f"the Service sends traffic to {targets[0]}")
    words = Words(f"Aim the probe of {one.about} at the port its Service uses", EXPECTED)
    field = field.model_copy(update={"wanted": wanted})
    retarget(found, one.about, [field], words, live=found.live, wanted=f"tcpSocket on {targets[0]}")
