"""Another platform, without a platform file: the right cause stands first, and decoys and traps stay out."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from outage.alert import Alert
from outage.diagnosis import diagnose
from outage.hypothesis import Hypothesis
from outage.snapshot import Probe
from tests.outage.diagnosis.bazaar import HOME, NAME, Bazaar, born, named, stranger
from tests.outage.diagnosis.world import NOON, Manifest, condition

Change = Callable[[Bazaar], None]
ENDED = {"exitCode": 1, "reason": "Error"}
NO_PLACE = (
    "0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, "
)


def crash(bazaar: Bazaar, name: str, how: str = "recreated") -> None:
    """Pods of the changed template keep ending."""
    getattr(bazaar, how)(name, waiting=("CrashLoopBackOff", "back-off 40s"), last=ENDED, restarts=4)


def refused(bazaar: Bazaar, name: str, text: str, mark: str = "5d8f7c9b64") -> None:
    """New pods of the workload are refused, with the ReplicaFailure condition that the controller writes."""
    state = condition("ReplicaFailure", "True", 3, "FailedCreate", text)
    bazaar.workload(name)["status"]["conditions"].append(state)
    bazaar.event(bazaar.get("ReplicaSet", f"{name}-{mark}"), "FailedCreate", "Error creating: " + text)


def hook(name: str, kind: str) -> Manifest:
    """A webhook about new pods."""
    rules = [{"resources": ["pods"], "operations": ["CREATE"], "apiGroups": [""]}]
    client = {"service": {"name": f"{name}-svc", "namespace": "gatekeeper"}}
    hooks = [{"name": f"{name}.policy.test", "rules": rules, "clientConfig": client}]
    return {"kind": kind, "metadata": {"name": name}, "webhooks": hooks}


def new_policy(bazaar: Bazaar) -> None:
    """A new policy shuts cart in; only logs tell."""
    spec = {"podSelector": {"matchLabels": {NAME: "cart"}}, "policyTypes": ["Ingress", "Egress"]}
    bazaar.fresh("NetworkPolicy", {"metadata": named("deny-cart"), "spec": spec})
    bazaar.log("frontend", "Error: 14 UNAVAILABLE: connect ETIMEDOUT 10.96.4.4:8080")


def silent_policy(bazaar: Bazaar) -> None:
    """A policy of four minutes ago cuts what was there for days, and nobody has complained yet."""
    spec = {"podSelector": {"matchLabels": {NAME: "cart"}}, "policyTypes": ["Ingress"]}
    bazaar.fresh("NetworkPolicy", {"metadata": named("deny-cart"), "spec": spec})


def policy_without_dns(bazaar: Bazaar) -> None:
    """Egress within the namespace only: the DNS of the cluster lives elsewhere."""
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": [{"podSelector": {}}]}]}
    bazaar.fresh("NetworkPolicy", {"metadata": named("inside-only"), "spec": spec})
    bazaar.log("frontend", "Error: getaddrinfo EAI_AGAIN cart")


def target_port(bazaar: Bazaar) -> None:
    """An edited Service sends to a port that the pods do not declare, and nobody complains yet."""
    bazaar.touch("Service", "cart")["spec"]["ports"][0]["targetPort"] = 9999


def local_policy(bazaar: Bazaar) -> None:
    """Cart answers only on its node; a caller's log names it by its cluster address."""
    bazaar.touch("Service", "cart")["spec"]["internalTrafficPolicy"] = "Local"
    bazaar.log("frontend", "Error: 14 UNAVAILABLE: connect ECONNREFUSED 10.96.4.4:8080")


def corefile(bazaar: Bazaar) -> None:
    """The DNS is told to deny one name; only logs tell."""
    core = (
        ".:53 {\n    ready\n    template IN A cart.bazaar.svc.cluster.local {\n      rcode NXDOMAIN\n    }\n"
    )
    core += (
        "    kubernetes cluster.local in-addr.arpa ip6.arpa {\n       pods insecure\n    }\n    reload\n}\n"
    )
    meta = {"name": "coredns", "namespace": "kube-system", **born()}
    bazaar.put("ConfigMap", {"metadata": meta, "data": {"Corefile": core}})
    bazaar.touch("ConfigMap", "coredns")
    bazaar.log("checkout", "rpc error: code = Unavailable desc = lookup cart on 10.96.0.10:53: no such host")


def dns_at_zero(bazaar: Bazaar) -> None:
    """The DNS has no pods; only logs tell."""
    labels = {"k8s-app": "kube-dns"}
    spec = {"replicas": 0, "template": {"metadata": {"labels": labels}, "spec": {"containers": []}}}
    meta = {"name": "coredns", "namespace": "kube-system", "labels": labels, **born()}
    bazaar.put("Deployment", {"metadata": meta, "spec": spec, "status": {}})
    bazaar.log("frontend", "Error: getaddrinfo EAI_AGAIN cart")


def wrong_port(bazaar: Bazaar) -> None:
    """The address of the database has another port; every pod is ready."""
    bazaar.container("product-catalog")["env"][1]["value"] = "postgresql:5433"
    bazaar.recreated("product-catalog", healthy=True)
    bazaar.status("product-catalog", 1)
    bazaar.log("product-catalog", "dial tcp postgresql:5433: connect: connection refused")


def shadowed(bazaar: Bazaar) -> None:
    """A variable is given a second time with another value; every pod is ready."""
    hosts = [{"name": "FRONTEND_HOST", "value": value} for value in ("frontend", "localhost")]
    bazaar.container("frontend-proxy")["env"] += hosts
    bazaar.recreated("frontend-proxy", healthy=True)
    bazaar.status("frontend-proxy", 1)
    probe = Probe(url="http://bazaar.test/", service="frontend-proxy", status=503)
    bazaar.extra["probes"] = (probe,)


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


def role_narrowed(bazaar: Bazaar) -> None:
    """A role was edited, and a log in JSON says what is forbidden since."""
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}]
    bazaar.put("Role", {"metadata": named("operator"), "rules": rules})
    bazaar.touch("Role", "operator")
    subjects = [{"kind": "ServiceAccount", "name": "bazaar", "namespace": HOME}]
    role = {"kind": "Role", "name": "operator"}
    bazaar.put("RoleBinding", {"metadata": named("operator"), "subjects": subjects, "roleRef": role})
    user = 'User \\"system:serviceaccount:bazaar:bazaar\\" cannot patch resource \\"configmaps\\"'
    bazaar.log("kafka", '{"err":"configmaps \\"x\\" is forbidden: ' + user + '"}')


def route(bazaar: Bazaar) -> None:
    """The route has a slip of the pen, and its path names nothing."""
    backend = {"service": {"name": "frontend-prox", "port": {"number": 8080}}}
    rules = [{"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]
    bazaar.put("Ingress", {"metadata": named("web"), "spec": {"rules": rules}})
    bazaar.touch("Ingress", "web")


def crash_of_old(bazaar: Bazaar) -> None:
    """A program that ran for days begins to end; nothing around it changed."""
    crash(bazaar, "payment", "fails")
    bazaar.log("payment", "TypeError: Cannot read properties of undefined (reading 'number')")


def no_repository(bazaar: Bazaar) -> None:
    """A registry that says "denied" of a repository it has not, and no pull secret was ever named."""
    bazaar.container("cart")["image"] = "open-telemetri/demo:2"
    text = "pull access denied, repository does not exist or may require authorization"
    for pod in bazaar.recreated("cart", waiting=("ImagePullBackOff", "Back-off")):
        bazaar.event(pod, "Failed", "Failed to pull image: " + text)


def intruder(bazaar: Bazaar) -> None:
    """A second container was put before the app and took its port."""
    proxy = {"name": "proxy", "image": "envoy:1", "ports": [{"containerPort": 8080}]}
    bazaar.spec("payment")["containers"].insert(0, proxy)
    crash(bazaar, "payment")
    bazaar.log("payment", "Error: listen EADDRINUSE: address already in use 0.0.0.0:8080")


def deleted(bazaar: Bazaar) -> None:
    """A Deployment is gone with all that it owned."""
    bazaar.drop("Deployment", "payment")
    bazaar.drop("ReplicaSet", "payment-5d8f7c9b64")
    bazaar.empty("payment")
    bazaar.endpoints("payment", 0)


def zero(bazaar: Bazaar) -> None:
    """Payment is scaled to zero; no address names it, only an alert says that something is wrong."""
    bazaar.silent()
    payment = bazaar.touch("Deployment", "payment")
    payment["spec"]["replicas"], payment["status"] = 0, {}
    bazaar.empty("payment")
    bazaar.endpoints("payment", 0)
    text = "Scaled down replica set payment-5d8f7c9b64 from 1 to 0"
    bazaar.event(payment, "ScalingReplicaSet", text, 4, "Normal")
    bazaar.extra["alerts"] = (
        Alert(name="ErrorsHigh", labels={"namespace": HOME}, starts_at=NOON - timedelta(minutes=2)),
    )


def overheard_zero(bazaar: Bazaar) -> None:
    """The same without the event and the alert: a caller's log names it."""
    zero(bazaar)
    bazaar.objects["Event"], bazaar.extra = [], {}
    bazaar.log("checkout", "could not charge: dial tcp: lookup payment on 10.96.0.10:53: no such host")


def service_gone(bazaar: Bazaar) -> None:
    """A Service is gone; no address names it, only a caller's log."""
    bazaar.silent()
    bazaar.drop("Service", "payment")
    bazaar.drop("EndpointSlice", "payment-b7x")
    bazaar.log("checkout", "could not charge: getaddrinfo ENOTFOUND payment")


CLASSES = [
    (zero, "scaled-to-zero", "payment", "1"),
    (overheard_zero, "scaled-to-zero", "payment", "1"),
    (service_gone, "service-missing", "payment", None),
    (new_policy, "network-policy", "deny-cart", "(absent)"),
    (silent_policy, "network-policy", "deny-cart", "(absent)"),
    (policy_without_dns, "network-policy", "inside-only", "(absent)"),
    (target_port, "service-target-port", "cart", "8080"),
    (local_policy, "traffic-policy-local", "cart", "Cluster"),
    (corefile, "dns-rewritten", "coredns", "the same without that block"),
    (dns_at_zero, "dns-down", "coredns", "2"),
    (wrong_port, "wrong-address", "product-catalog", "postgresql:5432"),
    (shadowed, "duplicate-env", "frontend-proxy", "frontend"),
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
    (route, "wrong-backend", "web", "frontend-proxy"),
]
UNMENDED = [
    (role_narrowed, "rbac-narrowed", "operator"),
    (crash_of_old, "application-error", "payment"),
    (no_repository, "bad-image", "cart"),
    (intruder, "container-port-clash", "payment"),
    (deleted, "workload-missing", "payment"),
]


def first(change: Change) -> Hypothesis:
    """The likeliest cause of the broken bazaar."""
    bazaar = Bazaar()
    change(bazaar)
    said = diagnose(bazaar.snapshot(), stranger())
    assert said.hypotheses, [one.says for one in said.findings]
    return said.hypotheses[0]


@pytest.mark.parametrize(
    ("change", "cause", "about", "wanted"), [pytest.param(*one, id=str(one[0].__doc__)) for one in CLASSES]
)
def test_the_right_cause_comes_with_what_should_stand_there(
    change: Change, cause: str, about: str, wanted: str | None
) -> None:
    """From the objects and the logs alone, with a repair."""
    one = first(change)

    assert (one.cause, one.about.name) == (cause, about), one.reasons
    assert wanted is None or one.wanted == wanted
    assert one.repair is not None


@pytest.mark.parametrize(
    ("change", "cause", "about"), [pytest.param(*one, id=str(one[0].__doc__)) for one in UNMENDED]
)
def test_what_nothing_recorded_mends_is_named_and_left_to_a_person(
    change: Change, cause: str, about: str
) -> None:
    """No value is invented."""
    one = first(change)

    assert (one.cause, one.about.name) == (cause, about), one.reasons
    assert one.repair is None
    assert one.settle
