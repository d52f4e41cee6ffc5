"""The closed catalogue of faults that fit any platform: one row each, and how a platform's list is made of it.

A row is a name, what it says, how it reaches users, and the pure function that looks whether it fits.
Names are those of `practice/faults/` where the same thing is broken there.
"""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from outage.incidents.incident import Phase
from outage.platforms.platform import Platform
from outage.snapshots.snapshot import Snapshot
from outage.value import Value
from outage.verification.drills.drill_target import DrillTarget, find_drill_target
from outage.verification.drills.fault_blast import estimate_blast, expected_severity
from outage.verification.drills.fitted_fault import FaultShape, FittedFault, Harm, Unfit, fault_of_shape
from outage.verification.drills.templates import (
    compound_faults,
    pod_faults,
    shared_faults,
    traffic_faults,
    traps,
    wiring_faults,
)

NEAREST = 3
"""So many names are offered for one that nobody knows."""
ALIKE = 0.4
"""How much of a name must be right before another is offered for it."""

SECOND_STRIKES = {
    "investigated": Phase.INVESTIGATE,
    "asked-about": Phase.AWAITING_APPROVAL,
    "mended": Phase.RESOLVE,
    "verified": Phase.VERIFY,
}
"""What is done with the first fault when the second strikes."""


@dataclass(frozen=True)
class FaultTemplate:
    """One kind of fault."""

    name: str
    title: str
    harm: Harm
    shape: Callable[[DrillTarget], FaultShape | Unfit]


TEMPLATES: tuple[FaultTemplate, ...] = (
    FaultTemplate("bad-image", "an image that does not exist", Harm.ROLLOUT, pod_faults.bad_image),
    FaultTemplate("bad-command", "a program that its image lacks", Harm.ROLLOUT, pod_faults.bad_command),
    FaultTemplate("bad-probe", "a readiness probe of a wrong port", Harm.ROLLOUT, pod_faults.bad_probe),
    FaultTemplate("probe-path", "a readiness probe of a wrong path", Harm.ROLLOUT, pod_faults.probe_path),
    FaultTemplate("probe-protocol", "a probe in a wrong protocol", Harm.ROLLOUT, pod_faults.probe_protocol),
    FaultTemplate("eager-liveness", "a liveness probe that kills", Harm.ROLLOUT, pod_faults.eager_liveness),
    FaultTemplate("memory-limit", "too small a memory limit", Harm.ROLLOUT, pod_faults.memory_limit),
    FaultTemplate(
        "request-too-large", "more memory than a node has", Harm.ROLLOUT, pod_faults.request_too_large
    ),
    FaultTemplate("node-selector", "a label that no node has", Harm.ROLLOUT, pod_faults.node_selector),
    FaultTemplate("anti-affinity", "pods that may not be neighbours", Harm.ROLLOUT, pod_faults.anti_affinity),
    FaultTemplate("root-refused", "root where root is refused", Harm.ROLLOUT, pod_faults.root_refused),
    FaultTemplate(
        "service-account-missing",
        "an account that is not there",
        Harm.ROLLOUT,
        pod_faults.service_account_missing,
    ),
    FaultTemplate("claim-name", "a volume claim that is not there", Harm.ROLLOUT, pod_faults.claim_name),
    FaultTemplate("scaled-to-zero", "no replica at all", Harm.PODS, pod_faults.scaled_to_zero),
    FaultTemplate(
        "wrong-address", "a wrong address of what it calls", Harm.ROLLOUT, wiring_faults.wrong_address
    ),
    FaultTemplate(
        "wrong-credential", "a user that its database lacks", Harm.ROLLOUT, wiring_faults.wrong_credential
    ),
    FaultTemplate(
        "config-reference", "a ConfigMap that is not there", Harm.ROLLOUT, wiring_faults.config_reference
    ),
    FaultTemplate(
        "secret-reference", "a Secret that is not there", Harm.ROLLOUT, wiring_faults.secret_reference
    ),
    FaultTemplate(
        "config-key-missing", "a key that is not there", Harm.ROLLOUT, wiring_faults.config_key_missing
    ),
    FaultTemplate(
        "service-selector", "a Service that chooses no pod", Harm.TRAFFIC, traffic_faults.service_selector
    ),
    FaultTemplate(
        "service-target-port", "a Service of a wrong port", Harm.TRAFFIC, traffic_faults.service_target_port
    ),
    FaultTemplate(
        "service-protocol", "a Service that speaks UDP", Harm.TRAFFIC, traffic_faults.service_protocol
    ),
    FaultTemplate("service-missing", "no Service any more", Harm.TRAFFIC, traffic_faults.service_missing),
    FaultTemplate("wrong-backend", "a route that leads nowhere", Harm.TRAFFIC, traffic_faults.wrong_backend),
    FaultTemplate(
        "network-policy", "a policy that lets nothing in", Harm.TRAFFIC, traffic_faults.network_policy
    ),
    FaultTemplate("quota", "a quota that is full", Harm.ROLLOUT, shared_faults.quota),
    FaultTemplate("limit-range", "a limit range below what it asks", Harm.ROLLOUT, shared_faults.limit_range),
    FaultTemplate("node-taints", "a taint on every node", Harm.ROLLOUT, shared_faults.node_taints),
    FaultTemplate("node-cordons", "every node cordoned", Harm.ROLLOUT, shared_faults.node_cordons),
    FaultTemplate("dns-down", "no cluster DNS", Harm.TRAFFIC, shared_faults.dns_down),
    FaultTemplate(
        "blocking-session", "a session that locks it", Harm.TRAFFIC, shared_faults.blocking_session
    ),
    FaultTemplate("two-at-once", "a bad image and a bad Service", Harm.TRAFFIC, compound_faults.two_at_once),
    *(
        FaultTemplate(
            f"second-while-{word}",
            f"a bad image, and a bad Service while that is {word}",
            Harm.TRAFFIC,
            compound_faults.second_once_in(phase),
        )
        for word, phase in SECOND_STRIKES.items()
    ),
    FaultTemplate(
        "hidden-behind-quota",
        "a bad image that a full quota hides",
        Harm.ROLLOUT,
        compound_faults.hidden_behind_quota,
    ),
    FaultTemplate("parked-deployment", "a trap: a parked workload", Harm.QUIET, traps.parked_workload),
    FaultTemplate("rolling-update", "a trap: a rollout as on any day", Harm.QUIET, traps.rolling_restart),
    FaultTemplate("maintenance", "a trap: one node is cordoned", Harm.QUIET, traps.node_in_maintenance),
)
"""In the order in which a list shows them."""


class FaultChoice(Value):
    """One fault on one service: what it would touch, or why it is not possible."""

    fault: str
    service: str
    title: str
    fitted: FittedFault | None = None
    reason: str = ""
    """Why not; empty when it is possible."""


def fault_template(name: str) -> FaultTemplate | None:
    """The template of that name, or None."""
    return next((one for one in TEMPLATES if one.name == name), None)


def nearest_names(name: str, known: Sequence[str]) -> tuple[str, ...]:
    """Names that somebody may have meant, the likeliest first."""
    return tuple(difflib.get_close_matches(name.casefold(), known, n=NEAREST, cutoff=ALIKE))


def unknown_fault(name: str, known: Sequence[str]) -> str:
    """One sentence for a fault that nobody knows."""
    near = nearest_names(name, known)
    offered = f"; did you mean {' or '.join(near)}?" if near else "; `outage drill --list` shows them"
    return f"no fault is called {name!r}{offered}"


def fit_fault(
    template: FaultTemplate, snapshot: Snapshot, platform: Platform, service: str
) -> FittedFault | Unfit:
    """One fault made to fit one service.

    Args:
        template: What is to be broken.
        snapshot: What was seen just now.
        platform: Whose service it is.
        service: As the platform file calls it.

    Returns:
        The fault with its blast, or why it does not fit.
    """
    target = find_drill_target(snapshot, platform, service)
    if isinstance(target, Unfit):
        return target
    shape = template.shape(target)
    if isinstance(shape, Unfit):
        return shape
    fault = fault_of_shape(template.name, shape)
    blast = estimate_blast(fault, template.harm, target)
    severity = expected_severity(template.harm, blast, target)
    expected = fault.expected.model_copy(update={"severity": severity})
    return FittedFault(service=service, fault=fault.model_copy(update={"expected": expected}), blast=blast)


def fault_choices(
    snapshot: Snapshot, platform: Platform, services: Sequence[str] = ()
) -> tuple[FaultChoice, ...]:
    """Every fault on every service of a platform, possible or not.

    Args:
        snapshot: What was seen just now.
        platform: Whose services they are.
        services: Only these; empty for all.
    """
    names = services or [one.name for one in platform.services]
    return tuple(_choice(one, snapshot, platform, name) for one in TEMPLATES for name in names)


def _choice(template: FaultTemplate, snapshot: Snapshot, platform: Platform, service: str) -> FaultChoice:
    found = fit_fault(template, snapshot, platform, service)
    if isinstance(found, Unfit):
        return FaultChoice(fault=template.name, service=service, title=template.title, reason=found.reason)
    return FaultChoice(fault=template.name, service=service, title=found.fault.title, fitted=found)
