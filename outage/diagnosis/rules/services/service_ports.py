"""Services that select the right pods and still do not reach them: ports, protocols."""

import re
from collections.abc import Iterator

from outage.diagnosis.calls.call_graph import CallGraph, ingress_routes_of
from outage.diagnosis.cause import Cause
from outage.diagnosis.edges.pod_complaints import complaints_of
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.caller_complaints import caller_complaints
from outage.diagnosis.known_good.template_revisions import template_changed
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.rules.services.asked_ports import asked_for, misled_callers, renamed_ports
from outage.diagnosis.rules.services.broken_service import BrokenService, services_fronting
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.thresholds import CHANGE_OF_THE_DAY, RECENT_CHANGE
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Support
from outage.kubernetes.field_differences import FieldDifference, shown_value
from outage.kubernetes.object_times import changed_at
from outage.kubernetes.objects import dig
from outage.kubernetes.readiness import is_ready
from outage.snapshots.case_index import CaseIndex
from outage.text.logs.trouble_kinds import TroubleKind
from outage.value import Manifest

ASIDE = re.compile(r"metric|prometheus|health|admin|debug|probe", re.I)
"""Names of ports that a program has beside the one that callers want."""


def suspect_service_ports(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Ports of the Services that stand before pods."""
    for service in services_fronting(index):
        one = ServicePorts(index, signs, service)
        yield from one.ports()


class ServicePorts(BrokenService):
    """One Service, seen by its ports."""

    def ports(self) -> Iterator[SuspectDraft]:
        """Traffic goes to a port that the pods do not have, or in another protocol."""
        pods = self.index.selected(self.service)
        declared = [port for pod in pods[:1] for port in _declared(dig(pod, "spec", {}))]
        known = self.known("/spec/ports")
        for at, port in enumerate(dig(self.service, "spec.ports", [])):
            pointer = f"/spec/ports/{at}"
            fields = known.fields if known else ()
            mine = tuple(one for one in fields if one.pointer.startswith(pointer))
            if not declared and not mine:
                continue
            if (found := self._port(pointer, port, declared, mine)) is not None:
                has = f"{mine[0].field} = {shown_value(mine[0].wanted)}" if mine else ""
                yield self.trust(found, known, has) if mine else found

    def _port(
        self, pointer: str, port: Manifest, declared: list[Manifest], mine: tuple[FieldDifference, ...]
    ) -> SuspectDraft | None:
        target, protocol = port.get("targetPort", port.get("port")), port.get("protocol", "TCP")
        hit = [one for one in declared if target in (one.get("containerPort"), one.get("name"))]
        other = bool(hit) and all(one.get("protocol", "TCP") != protocol for one in hit)
        if any(one.pointer.endswith("/protocol") for one in mine) or (
            other and not self._speaks_both(port) and self._believable(None)
        ):
            return self._protocol(pointer, protocol, hit, mine)
        wrong = not hit and self._believable(target)
        moved = [one for one in mine if one.pointer.endswith(("/targetPort", "/port", "/name"))]
        if any(one.pointer == pointer for one in mine):
            moved = list(renamed_ports(port, pointer, self.known("/spec/ports")))
        if not wrong and not moved and (beside := self._beside(target, declared)):
            return self._misspoken(pointer, target, beside)
        if not wrong and not moved:
            return None
        fields = tuple(moved) or self._only_port(pointer, target, declared)
        says = f"{self.about}: sends traffic to port {target}, which its pods do not serve"
        if moved and not wrong:
            says = f"{self.about}: its port differs from the known good one"
        found = self.suspect(Cause.SERVICE_TARGET_PORT, says, fields, certain=bool(moved))
        asked = asked_for(self.index, self.service, port)
        sure = wrong and isinstance(target, str) and len(dig(self.service, "spec.ports", [])) == 1
        missed = wrong and asked and bool(declared) and (bool(moved) or self._lately(RECENT_CHANGE))
        found.alone = missed or sure or self.complained() or misled_callers(self, declared)
        found.add(
            Strength.CONTRADICTED if wrong or moved else Strength.FITS,
            f"the pods declare {[one.get('containerPort') for one in declared]}",
        )
        if self._unreachable():
            found.add(Support.TRACE, "it could not be reached from inside a pod")
        found.field = found.field or f"{pointer}/targetPort".strip("/").replace("/", ".")
        found.live = found.live or str(target)
        return found

    def _beside(self, target: object, declared: list[Manifest]) -> list[Manifest]:
        """The other ports of its pods, when callers of a Service that was edited lately find another protocol there."""
        if not self._lately(RECENT_CHANGE):
            return []
        callers = CallGraph.of(self.index).live_callers(self.about)
        unlike = [complaints_of(self.index, one, TroubleKind.PROTOCOL_UNLIKE) for one in callers]
        others = [one for one in declared if target not in (one.get("containerPort"), one.get("name"))]
        return others if any(unlike) else []

    def _misspoken(self, pointer: str, target: object, beside: list[Manifest]) -> SuspectDraft:
        says = f"{self.about}: sends traffic to port {target}, where its callers find another protocol"
        fields = self._only_port(pointer, target, beside)
        found = self.suspect(Cause.SERVICE_TARGET_PORT, says, fields)
        found.add(Strength.CONTRADICTED, f"its pods also have {[one.get('containerPort') for one in beside]}")
        found.field = found.field or f"{pointer}/targetPort".strip("/").replace("/", ".")
        found.live = found.live or str(target)
        return found

    def _believable(self, target: object) -> bool:
        """A port's number is only documentation: callers must complain, or something must have changed.

        A name that no container has leads nowhere for sure, but of old it has been lived with.
        """
        if self._reached():
            return False
        if self._unreachable() or self._lately(RECENT_CHANGE):
            return True
        ready = any(is_ready(pod) for pod in self.index.selected(self.service))
        if ready and caller_complaints(self.index, self.about):
            return True
        near = CallGraph.of(self.index).dependents({str(self.about)})
        hurt = any(ingress_routes_of(self.index, one.about) & near for one in self.signs.failing)
        news = changed_at(self.service) is None or self._lately() or self._rolled()
        return news and (hurt or isinstance(target, str))

    def _rolled(self) -> bool:
        """Whether a workload behind it got another template lately: its pods may serve other ports since."""
        births = [template_changed(self.index, one) for one in self.index.behind(self.service)]
        return any(at is not None and self.index.now - at < CHANGE_OF_THE_DAY for at in births)

    def _targets(self) -> tuple[str, ...]:
        return tuple(
            f"{host}:{port.get('port')}"
            for port in dig(self.service, "spec.ports", [])
            for host in (
                self.about.name,
                f"{self.about.name}.{self.about.namespace}",
                dig(self.service, "spec.clusterIP"),
            )
        )

    def _reached(self) -> bool:
        return any(
            one.reached and one.by == "tcp" and one.target in self._targets()
            for one in self.index.snapshot.reach
        )

    def _unreachable(self) -> bool:
        return any(
            not one.reached and one.by == "tcp" and one.target in self._targets()
            for one in self.index.snapshot.reach
        )

    def _only_port(
        self, pointer: str, target: object, declared: list[Manifest]
    ) -> tuple[FieldDifference, ...]:
        """The one port the pods have; with several nothing tells which."""
        numbers = {one.get("containerPort"): one for one in declared if one.get("protocol", "TCP") == "TCP"}
        if len(numbers) != 1:
            return ()
        (number,) = numbers
        if ASIDE.search(str(numbers[number].get("name", ""))):
            return ()
        wanted = numbers[number].get("name") if isinstance(target, str) else number
        return (FieldDifference(pointer=f"{pointer}/targetPort", live=target, wanted=wanted or number),)

    def _protocol(
        self, pointer: str, protocol: str, hit: list[Manifest], mine: tuple[FieldDifference, ...]
    ) -> SuspectDraft | None:
        wanted = hit[0].get("protocol", "TCP") if hit else "TCP"
        change = [one for one in mine if one.pointer.endswith("/protocol")]
        fields = tuple(change) or (
            FieldDifference(pointer=f"{pointer}/protocol", live=protocol, wanted=wanted),
        )
        says = f"{self.about}: its port speaks {protocol}, the pods speak {wanted}"
        found = self.suspect(Cause.SERVICE_PROTOCOL, says, fields, certain=bool(change))
        told = bool(change) or self._lately() or bool(caller_complaints(self.index, self.about))
        found.alone = told and self.about.namespace in self.index.home
        return found.add(Strength.STATED, f"the container port is {wanted}")

    def _speaks_both(self, port: Manifest) -> bool:
        """Whether the number is served in both protocols, as DNS does; a container may declare only one."""
        twins = [one for one in dig(self.service, "spec.ports", []) if one.get("port") == port.get("port")]
        return len({one.get("protocol", "TCP") for one in twins}) > 1


def _declared(spec: Manifest) -> list[Manifest]:
    """The ports of the containers that run beside each other; sidecars may stand among those that start first."""
    beside = [one for one in spec.get("initContainers") or [] if one.get("restartPolicy") == "Always"]
    return [port for one in [*(spec.get("containers") or []), *beside] for port in one.get("ports") or []]


RULES = (
    CauseRule(
        suspect_service_ports,
        entries=(
            CauseEntry(
                Cause.SERVICE_TARGET_PORT,
                says="The Service sends traffic to a port that the pods do not serve.",
                shows="the target port is none that the pods declare, or the port is not the known good one",
                evidence="ports of the Service against containerPorts, callers and the baseline",
                remedies=(Remedy.PUT_BACK, Remedy.RETARGET, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
            CauseEntry(
                Cause.SERVICE_PROTOCOL,
                says="The Service's port has another protocol than the pods serve.",
                shows="the port's protocol is another than the container's",
                evidence="protocol of the Service's port against the container port's",
                remedies=(Remedy.PUT_BACK, Remedy.RETARGET, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
        ),
    ),
)
