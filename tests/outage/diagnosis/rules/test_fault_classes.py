"""One broken thing per class of the fault table: the right cause stands first, on the right object."""

import pytest

from tests.outage.diagnosis.worlds.breaking import Change, first
from tests.outage.diagnosis.worlds.breaking_admission import limit_range, pod_security, quota, webhook
from tests.outage.diagnosis.worlds.breaking_config import (
    missing_account,
    missing_config,
    missing_key,
    missing_secret,
    wrong_address,
    wrong_credential,
)
from tests.outage.diagnosis.worlds.breaking_database import blocked, exhausted, read_only
from tests.outage.diagnosis.worlds.breaking_network import (
    corefile,
    foreign,
    local_policy,
    missing_service,
    new_policy,
    protocol,
    selector,
    target_port,
    wrong_backend,
    wrong_selector,
)
from tests.outage.diagnosis.worlds.breaking_pods import (
    application,
    bad_command,
    bad_env,
    bad_probe,
    bad_probe_without_history,
    bad_security,
    eager_liveness,
    https_probe,
    leak,
    pull_denied,
    registry,
    small_memory,
    whole_template,
)
from tests.outage.diagnosis.worlds.breaking_scale import blind_autoscaler, recurring, scaled_to_zero
from tests.outage.diagnosis.worlds.breaking_scheduling import (
    anti_affinity,
    claim_name,
    cordons,
    host_port,
    large_request,
    node_down,
    node_selector,
    storage_class,
    taints,
)
from tests.outage.diagnosis.worlds.shop_snapshot import SHOP

CLASSES = [
    (bad_command, "bad-command", "auth"),
    (bad_env, "bad-env", "auth"),
    (bad_security, "bad-security-context", "auth"),
    (whole_template, "bad-template", "auth"),
    (small_memory, "memory-limit-too-small", "auth"),
    (leak, "out-of-memory", "auth"),
    (large_request, "request-too-large", "auth"),
    (bad_probe, "bad-probe", "auth"),
    (bad_probe_without_history, "bad-probe", "auth"),
    (eager_liveness, "liveness-too-eager", "auth"),
    (https_probe, "probe-protocol", "auth"),
    (missing_config, "config-missing", "auth-config"),
    (missing_key, "config-key-missing", "auth-config"),
    (missing_secret, "secret-missing", "auth-tls"),
    (missing_account, "service-account-missing", "auth"),
    (node_selector, "node-selector-unmatched", "auth"),
    (anti_affinity, "anti-affinity-deadlock", "auth"),
    (taints, "node-tainted", "node-1"),
    (cordons, "node-cordoned", "node-1"),
    (host_port, "host-port-clash", "auth"),
    (claim_name, "claim-name-wrong", "auth"),
    (storage_class, "storage-class-missing", "auth-data"),
    (quota, "quota-exceeded", "tight"),
    (limit_range, "limit-range", "narrow"),
    (webhook, "webhook-unavailable", "guard"),
    (pod_security, "pod-security", SHOP),
    (scaled_to_zero, "scaled-to-zero", "auth"),
    (selector, "service-selector", "auth"),
    (wrong_selector, "service-selector", "auth"),
    (foreign, "service-selects-foreign", "auth"),
    (target_port, "service-target-port", "auth"),
    (protocol, "service-protocol", "auth"),
    (local_policy, "traffic-policy-local", "postgres"),
    (corefile, "dns-rewritten", "coredns"),
    (missing_service, "service-missing", "auth"),
    (new_policy, "network-policy", "lock"),
    (wrong_backend, "wrong-backend", "shop-ingress"),
    (node_down, "node-not-ready", "node-2"),
    (wrong_address, "wrong-address", "auth"),
    (wrong_credential, "wrong-credential", "auth"),
    (recurring, "recurring-actor", "tidy"),
    (blocked, "blocking-session", "10"),
    (read_only, "database-read-only", "postgres"),
    (exhausted, "connections-exhausted", "postgres"),
    (pull_denied, "image-pull-denied", "auth"),
    (registry, "registry-unreachable", "auth"),
    (application, "application-error", "auth"),
    (blind_autoscaler, "autoscaler-blind", "user"),
]


@pytest.mark.parametrize(
    ("change", "cause", "about"),
    [pytest.param(*one, id=one[0].__name__.replace("_", " ")) for one in CLASSES],
)
@pytest.mark.parametrize("good", [False, True], ids=["from objects alone", "with a baseline"])
def test_the_right_cause_stands_first(change: Change, cause: str, about: str, good: bool) -> None:
    """Each class of the table, without and with a baseline."""
    one = first(change, good=good)

    assert (one.cause, one.about.name) == (cause, about), one.reasons
    assert one.reasons
    assert one.settle


@pytest.mark.parametrize(
    ("change", "cause", "about"),
    [pytest.param(*one, id=one[0].__name__.replace("_", " ")) for one in CLASSES],
)
def test_a_stranger_gets_the_same_cause(change: Change, cause: str, about: str) -> None:
    """Nothing but the namespace is known of the platform."""
    one = first(change, known=False)

    assert one.cause == cause, one.reasons
