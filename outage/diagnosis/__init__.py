"""From a case to causes: signs → findings → suspects → hypotheses in order, each with its reasons.

Promise: pure. The same case gives the same answer, whenever and wherever it is asked; the clock is its
`snapshot.taken_at`. Nothing is repaired here: a hypothesis carries what would repair it.
"""

from outage.diagnosis.blindness import is_blind, nothing_seen
from outage.diagnosis.findings import Signs, read_signs
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.findings.log_news import log_templates
from outage.diagnosis.hypothesis import Diagnosis
from outage.diagnosis.impact import impact
from outage.diagnosis.remedies.retrigger import with_waking
from outage.diagnosis.rules.admission.admission_refusals import suspect_admission_refusals
from outage.diagnosis.rules.admission.lost_rights import suspect_lost_rights
from outage.diagnosis.rules.admission.webhooks import suspect_webhooks
from outage.diagnosis.rules.changes.failing_dependencies import suspect_failing_dependencies
from outage.diagnosis.rules.changes.missing_replicas import suspect_missing_replicas
from outage.diagnosis.rules.changes.recurring_writers import suspect_recurring_writers
from outage.diagnosis.rules.changes.releases import suspect_releases
from outage.diagnosis.rules.config.config_drift import suspect_config_drift
from outage.diagnosis.rules.config.duplicate_variables import suspect_duplicate_variables
from outage.diagnosis.rules.config.stale_readers import suspect_stale_readers
from outage.diagnosis.rules.config.wrong_addresses import suspect_wrong_addresses
from outage.diagnosis.rules.database.blocked_database import suspect_blocked_database
from outage.diagnosis.rules.database.database_connections import suspect_database_connections
from outage.diagnosis.rules.ingress.ingress_routes import suspect_ingress_routes
from outage.diagnosis.rules.network.cluster_dns import suspect_cluster_dns
from outage.diagnosis.rules.network.network_policies import suspect_network_policies
from outage.diagnosis.rules.network.unreachable_pairs import suspect_unreachable_pairs
from outage.diagnosis.rules.nodes.node_health import suspect_node_health
from outage.diagnosis.rules.nodes.taints_and_cordons import suspect_taints_and_cordons
from outage.diagnosis.rules.pod_start.container_crashes import suspect_container_crashes
from outage.diagnosis.rules.pod_start.image_pull import suspect_image_pull
from outage.diagnosis.rules.pod_start.left_behind_pods import suspect_left_behind_pods
from outage.diagnosis.rules.pod_start.missing_references import suspect_missing_references
from outage.diagnosis.rules.probes.failing_probes import suspect_failing_probes
from outage.diagnosis.rules.resources.load_generators import suspect_load_generators
from outage.diagnosis.rules.resources.memory_and_requests import suspect_memory_and_requests
from outage.diagnosis.rules.resources.saturation import suspect_saturation
from outage.diagnosis.rules.scheduling.node_fit import suspect_node_fit
from outage.diagnosis.rules.scheduling.preemption import suspect_preemption
from outage.diagnosis.rules.scheduling.unplaced_pods import suspect_unplaced_pods
from outage.diagnosis.rules.scheduling.volume_claims import suspect_volume_claims
from outage.diagnosis.rules.services.local_traffic_policy import suspect_local_traffic_policy
from outage.diagnosis.rules.services.missing_services import suspect_missing_services
from outage.diagnosis.rules.services.service_ports import suspect_service_ports
from outage.diagnosis.rules.services.service_selectors import suspect_service_selectors
from outage.diagnosis.weighing.scoring import rank_suspects
from outage.incidents.severity import assess_severity
from outage.snapshots.case import Case
from outage.text.redaction import redact

__all__ = ["diagnose"]

RULES = (
    suspect_image_pull,
    suspect_container_crashes,
    suspect_memory_and_requests,
    suspect_failing_probes,
    suspect_missing_references,
    suspect_left_behind_pods,
    suspect_node_fit,
    suspect_unplaced_pods,
    suspect_taints_and_cordons,
    suspect_preemption,
    suspect_volume_claims,
    suspect_admission_refusals,
    suspect_webhooks,
    suspect_node_health,
    suspect_unreachable_pairs,
    suspect_missing_replicas,
    suspect_service_selectors,
    suspect_service_ports,
    suspect_local_traffic_policy,
    suspect_missing_services,
    suspect_ingress_routes,
    suspect_cluster_dns,
    suspect_network_policies,
    suspect_blocked_database,
    suspect_database_connections,
    suspect_config_drift,
    suspect_stale_readers,
    suspect_wrong_addresses,
    suspect_duplicate_variables,
    suspect_releases,
    suspect_recurring_writers,
    suspect_load_generators,
    suspect_saturation,
    suspect_lost_rights,
    suspect_failing_dependencies,
)
"""Every rule is asked; the order means nothing, the scores decide."""
TEMPLATES_KEPT = 30
"""Kinds of log lines that go with a diagnosis; whoever needs more reads the logs in the bundle."""


def diagnose(case: Case) -> Diagnosis:
    """Say what is wrong, how bad it is, and what would explain it.

    Args:
        case: What the look saw, and what was known beside it.

    Returns:
        Hypotheses in order, most likely first; none when nothing is wrong; `unknown` when something fails
        and nothing that was seen explains it.
    """
    snapshot, world = case.snapshot, case.index
    if is_blind(snapshot):
        return nothing_seen(snapshot, case.platform, case.floor)
    signs = read_signs(world)
    suspects = [one for rule in RULES for one in rule(world, signs)]
    return Diagnosis(
        at=snapshot.taken_at,
        assessment=assess_severity(impact(world, signs), case.floor),
        findings=_in_order(signs),
        hypotheses=with_waking(world, signs, rank_suspects(world, signs, suspects)),
        unknowns=tuple(redact(f"{one.words}: {one.unseen}") for one in snapshot.evidence if one.unseen),
        log_templates=log_templates(world)[:TEMPLATES_KEPT],
    )


def _in_order(signs: Signs) -> tuple[Finding, ...]:
    found = (*signs.failing, *(one for one in signs.all if one not in signs.failing))
    return tuple(one.shareable() for one in found)
