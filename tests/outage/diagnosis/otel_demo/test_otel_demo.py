"""Another platform, without a platform file: the right cause of pods that fail, are refused or find no place."""

import pytest

from tests.outage.diagnosis.worlds.otel_demo import Bazaar
from tests.outage.diagnosis.worlds.otel_demo_faults import NO_PLACE, Change, hook, refused, stands_first
from tests.outage.diagnosis.worlds.otel_demo_objects import named


def stale_secret(bazaar: Bazaar) -> None:
    """The password was changed under running pods; only their log tells."""
    bazaar.put("Secret", {"metadata": named("pg"), "data": {"password": "sha256:2"}})
    bazaar.touch("Secret", "pg")
    source = {"name": "PGPASSWORD", "valueFrom": {"secretKeyRef": {"name": "pg", "key": "password"}}}
    bazaar.both("accounting")(lambda spec: spec["containers"][0]["env"].append(dict(source)))
    bazaar.log("accounting", "MongoServerError: Authentication failed.")


def credential(bazaar: Bazaar) -> None:
    """The password in the template is wrong; every pod is ready, and MySQL says no."""
    bazaar.both("accounting")(
        lambda spec: spec["containers"][0]["env"].append({"name": "DB_PASSWORD", "value": "a"})
    )
    bazaar.container("accounting")["env"][-1]["value"] = "b"
    bazaar.patched("accounting", healthy=True)
    bazaar.status("accounting", 1)
    bazaar.log(
        "accounting", "ERROR 1045 (28000): Access denied for user 'app'@'10.1.0.4' (using password: YES)"
    )


def account_of_a_new_template(bazaar: Bazaar) -> None:
    """A rolling update names an account that does not exist; the old pod serves on."""
    bazaar.spec("cart")["serviceAccountName"] = "ghost"
    bazaar.patched("cart", surge=True)
    bazaar.objects["Pod"] = [one for one in bazaar.objects["Pod"] if "q8w4z" not in one["metadata"]["name"]]
    bazaar.status("cart", 1)
    text = 'pods "cart-" is forbidden: error looking up service account bazaar/ghost: '
    refused(bazaar, "cart", text + 'serviceaccount "ghost" not found', "7c6d5f4b88")


def account_without_history(bazaar: Bazaar) -> None:
    """The same, re-created: all siblings run as another account."""
    bazaar.spec("cart").update(serviceAccountName="ghost", serviceAccount="ghost")
    bazaar.recreated("cart")
    bazaar.empty("cart")
    bazaar.status("cart", 0)
    text = 'pods "cart-" is forbidden: error looking up service account bazaar/ghost: '
    refused(bazaar, "cart", text + 'serviceaccount "ghost" not found', "7c6d5f4b88")


def slip_of_the_pen(bazaar: Bazaar) -> None:
    """A re-created template mounts a ConfigMap that is nearly called so."""
    bazaar.put("ConfigMap", {"metadata": named("cart-scripts"), "data": {"a": "b"}})
    bazaar.spec("cart")["volumes"] = [{"name": "s", "configMap": {"name": "cart-script"}}]
    for pod in bazaar.recreated("cart", waiting=("ContainerCreating", "")):
        text = 'MountVolume.SetUp failed for volume "s" : configmap "cart-script" not found'
        bazaar.event(pod, "FailedMount", text)


def mutated_selector(bazaar: Bazaar) -> None:
    """A new webhook gives pods a node selector that their template has not."""
    bazaar.fresh("MutatingWebhookConfiguration", hook("rogue", "MutatingWebhookConfiguration"))
    text = NO_PLACE + "2 node(s) didn't match Pod's node affinity/selector."
    for pod in bazaar.fails("cart", unschedulable=text):
        pod["spec"]["nodeSelector"] = {"disk": "gold"}


def mutated_memory(bazaar: Bazaar) -> None:
    """A new webhook cuts the memory that the template states."""
    bazaar.fresh("MutatingWebhookConfiguration", hook("rogue", "MutatingWebhookConfiguration"))
    last = {"exitCode": 137, "reason": "OOMKilled"}
    for pod in bazaar.fails("cart", waiting=("CrashLoopBackOff", "back-off"), last=last, restarts=4):
        pod["spec"]["containers"][0]["resources"] = {
            "limits": {"memory": "8Mi"},
            "requests": {"memory": "8Mi"},
        }


def refused_rollout(bazaar: Bazaar) -> None:
    """A webhook without a backend holds a rolling update up; the old pod serves on."""
    bazaar.fresh("ValidatingWebhookConfiguration", hook("guard", "ValidatingWebhookConfiguration"))
    bazaar.container("cart")["image"] = "ghcr.io/open-telemetry/demo:2.1.4-cart"
    bazaar.patched("cart", surge=True)
    bazaar.objects["Pod"] = [one for one in bazaar.objects["Pod"] if "q8w4z" not in one["metadata"]["name"]]
    bazaar.status("cart", 1)
    text = (
        'Internal error occurred: failed calling webhook "guard.policy.test": service "guard-svc" not found'
    )
    refused(bazaar, "cart", text, "7c6d5f4b88")


def lost_toleration(bazaar: Bazaar) -> None:
    """Nodes are dedicated since they were made; a re-created workload forgot to tolerate it."""
    wanted = {"key": "dedicated", "operator": "Equal", "value": "bazaar", "effect": "NoSchedule"}
    for kind in ("Deployment", "StatefulSet"):
        for one in bazaar.objects[kind]:
            one["spec"]["template"]["spec"]["tolerations"] = [wanted]
    for node in ("worker-a", "worker-b"):
        taint = {"key": "dedicated", "value": "bazaar", "effect": "NoSchedule"}
        bazaar.get("Node", node)["spec"]["taints"] = [taint]
    bazaar.spec("frontend")["tolerations"] = []
    text = NO_PLACE + "2 node(s) had untolerated taint {dedicated: bazaar}."
    bazaar.recreated("frontend", unschedulable=text)


def volume_elsewhere(bazaar: Bazaar) -> None:
    """The node that the selector names is there; the volume is on the other one."""
    bazaar.spec("valkey-cart")["nodeSelector"] = {"kubernetes.io/hostname": "worker-b"}
    text = "1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had volume node affinity conflict."
    bazaar.recreated("valkey-cart", unschedulable=NO_PLACE + text)


def node_affinity(bazaar: Bazaar) -> None:
    """Required node affinity that no node meets, and no history."""
    terms = [{"matchExpressions": [{"key": "zone", "operator": "In", "values": ["mars"]}]}]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    bazaar.spec("cart")["affinity"] = {"nodeAffinity": required}
    text = NO_PLACE + "2 node(s) didn't match Pod's node affinity/selector."
    bazaar.recreated("cart", unschedulable=text)


def quota_asks(bazaar: Bazaar) -> None:
    """A quota began to ask for what no template states."""
    bazaar.touch("ResourceQuota", "compute")["spec"]["hard"]["limits.cpu"] = "4"
    bazaar.empty("payment")
    bazaar.status("payment", 0)
    text = 'pods "payment-x" is forbidden: failed quota: compute: must specify limits.cpu for: payment'
    refused(bazaar, "payment", text)


def exec_probe(bazaar: Bazaar) -> None:
    """The probe runs a program that the image has not."""
    bazaar.container("cart")["readinessProbe"] = {"exec": {"command": ["/bin/nope"]}, "periodSeconds": 5}
    for pod in bazaar.recreated("cart"):
        text = 'Readiness probe errored: exec: "/bin/nope": stat /bin/nope: no such file or directory'
        bazaar.event(pod, "Unhealthy", text)


CLASSES = [
    (stale_secret, "stale-env", "accounting", None),
    (credential, "wrong-credential", "accounting", "(hidden)"),
    (account_of_a_new_template, "service-account-missing", "cart", "bazaar"),
    (account_without_history, "service-account-missing", "cart", "bazaar"),
    (slip_of_the_pen, "config-missing", "cart", "cart-scripts"),
    (mutated_selector, "webhook-mutates-pods", "rogue", "(absent)"),
    (mutated_memory, "webhook-mutates-pods", "rogue", "(absent)"),
    (refused_rollout, "webhook-unavailable", "guard", "(absent)"),
    (lost_toleration, "node-tainted", "frontend", None),
    (volume_elsewhere, "volume-node-conflict", "valkey-cart", "(absent)"),
    (node_affinity, "node-selector-unmatched", "cart", "preferred, weight 100"),
    (quota_asks, "quota-exceeded", "compute", "a default by LimitRange"),
    (exec_probe, "bad-probe", "cart", "tcpSocket on 8080"),
]


@pytest.mark.parametrize(
    ("change", "cause", "about", "wanted"), [pytest.param(*one, id=str(one[0].__doc__)) for one in CLASSES]
)
def test_the_right_cause_comes_with_what_should_stand_there(
    change: Change, cause: str, about: str, wanted: str | None
) -> None:
    """From the objects and the logs alone, with a repair."""
    stands_first(change, cause, about, wanted)
