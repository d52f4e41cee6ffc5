"""The signs of a cause in a form that stays the same as long as they stand, whatever pods are made and lost meanwhile.

Promise: pure.
"""

import re
from collections.abc import Iterable

from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.facts.sign_facts import NoEndpointsFacts
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.hypothesis import Diagnosis, Proposal
from outage.kubernetes.objects import ObjectRef
from outage.platforms.platform import Platform, Service
from outage.value import Value
from outage.verification.recovery import with_callers

USERS_SEE = frozenset({Sign.ERROR_RATIO_HIGH, Sign.LATENCY_HIGH, Sign.PROBE_FAILING, Sign.HEALTH_FAILING})
"""What users see: any cause on their way gives it. The proof of recovery looks at it for longer than one picture."""
PASSING = USERS_SEE | {Sign.LOG_ERRORS, Sign.ALERT_FIRING, Sign.POD_RESTARTED}
"""Signs that come and go while a fault stands, or that speak of the past: that one is gone proves nothing."""
EVERYTHING = "everything"
"""In what a cause explains: it breaks the whole platform."""
WORKLOADS = {"deployment": "Deployment", "statefulset": "StatefulSet", "daemonset": "DaemonSet"}
MADE_UP = {
    "Pod": re.compile(r"((?:-[a-z0-9]{8,10})?-[a-z0-9]{5}|-\d+)$"),
    "ReplicaSet": re.compile(r"-[a-z0-9]{8,10}$"),
}
"""The end of a name that a controller chose, and chooses anew with each rollout."""


class LastingSign(Value):
    """What is wrong with what; a pod counts as its workload."""

    sign: str
    about: ObjectRef
    nothing_selected: bool = False
    """Of a Service: its selector matches no pod. One that finds its pods again is better, ready or not."""

    def __str__(self) -> str:
        """As people read it: `pod-image-pull on pod/auth in shop`."""
        return f"{self.sign} on {self.about}"


def lasting_signs(diagnosis: Diagnosis) -> frozenset[LastingSign]:
    """Everything that is wrong and does not come and go by itself."""
    routes = {
        LastingSign(sign="route-dead", about=ObjectRef(kind="Service", name=name))
        for name in diagnosis.assessment.impact.routes_dead
    }
    return frozenset(routes | {_lasting(one) for one in diagnosis.findings if one.sign not in PASSING})


def _lasting(finding: Finding) -> LastingSign:
    about = finding.about
    if chosen := MADE_UP.get(about.kind):
        about = about.model_copy(update={"name": chosen.sub("", about.name)})
    empty = isinstance(finding.facts, NoEndpointsFacts) and finding.facts.selected == 0
    return LastingSign(sign=finding.sign, about=about, nothing_selected=empty)


class CauseReach(Value):
    """What a cause breaks: objects, and the services of the platform file that they are."""

    everything: bool = False
    objects: frozenset[str] = frozenset()
    """As `str(ObjectRef)`."""
    services: frozenset[str] = frozenset()
    """Names in the platform file."""

    def holds(self, sign: LastingSign) -> bool:
        """Whether a sign is about something of it; pods and ReplicaSets belong to their workload."""
        about = sign.about
        if self.everything or str(about) in self.objects:
            return True
        if sign.sign == "route-dead":
            return any(one.startswith(f"service/{about.name} in ") for one in self.objects)
        owners = [*WORKLOADS, "job", "cronjob"] if about.kind in MADE_UP else []
        return any(f"{kind}/{about.name} in {about.namespace}" in self.objects for kind in owners)


def reach_of_cause(causes: Iterable[Proposal], platform: Platform) -> CauseReach:
    """What these causes break directly, with the Services in front of it and the workloads behind.

    Args:
        causes: Hypotheses; one of an old record that does not say what it explains breaks what it is about.
        platform: Says which Service stands in front of which workload.
    """
    named = {name for one in causes for name in (*one.explains, str(one.about))}
    services = [one for one in platform.services if named & set(object_names(one, platform.namespace))]
    objects = named | {name for one in services for name in object_names(one, platform.namespace)}
    return CauseReach(
        everything=EVERYTHING in named,
        objects=frozenset(objects - {EVERYTHING}),
        services=frozenset(one.name for one in services),
    )


def with_dependents(reach: CauseReach, platform: Platform) -> CauseReach:
    """The same with every service that calls it, directly or through others."""
    found = with_callers(reach.services, platform)
    objects = {
        name
        for one in platform.services
        if one.name in found
        for name in object_names(one, platform.namespace)
    }
    return reach.model_copy(update={"services": found, "objects": frozenset(reach.objects | objects)})


def object_names(service: Service, namespace: str) -> tuple[str, ...]:
    """A service's workload and Service, as `str(ObjectRef)`."""
    kind, _, name = service.workload.partition("/")
    workload = ObjectRef(kind=WORKLOADS.get(kind, kind), name=name, namespace=namespace)
    if service.service is None:
        return (str(workload),)
    return str(workload), str(ObjectRef(kind="Service", name=service.service, namespace=namespace))
