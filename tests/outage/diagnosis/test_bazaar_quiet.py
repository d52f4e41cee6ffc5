"""What must stay silent on the second platform, and the traps that must not lead to a wrong repair."""

from collections.abc import Callable

import pytest

from outage.diagnosis import diagnose
from outage.hypothesis import Diagnosis
from outage.snapshot import LogTail, Rates, Reach
from tests.outage.diagnosis.bazaar import HOME, NAME, Bazaar, born, named, stranger
from tests.outage.diagnosis.world import Manifest, ago, condition

NO_PLACE = (
    "0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, "
)


def nothing(_: Bazaar) -> None:
    """Nine days old and well; a worker without a Service names itself in OTEL_SERVICE_NAME."""


def never_installed(bazaar: Bazaar) -> None:
    """An address of what was never installed, as old as the platform."""
    entry = {"name": "ZIPKIN_ADDR", "value": "zipkin:9411"}
    bazaar.both("cart")(lambda spec: spec["containers"][0]["env"].append(dict(entry)))


def given_twice_of_old(bazaar: Bazaar) -> None:
    """A variable is given twice since the platform was made."""
    twice = [{"name": "MODE", "value": value} for value in ("a", "b")]
    bazaar.both("cart")(lambda spec: spec["containers"][0]["env"].extend(map(dict, twice)))


def given_twice_alike(bazaar: Bazaar) -> None:
    """A chart of four minutes ago gives a variable twice with one value."""
    bazaar.container("cart")["env"] += [{"name": "MODE", "value": "a"}, {"name": "MODE", "value": "a"}]
    bazaar.touch("Deployment", "cart")


def new_policy_that_admits(bazaar: Bazaar) -> None:
    """A new policy that lets every known caller in."""
    callers = {"matchExpressions": [{"key": NAME, "operator": "In", "values": ["frontend", "checkout"]}]}
    rule = {"from": [{"podSelector": callers}], "ports": [{"port": 8080, "protocol": "TCP"}]}
    spec = {"podSelector": {"matchLabels": {NAME: "cart"}}, "policyTypes": ["Ingress"], "ingress": [rule]}
    bazaar.fresh("NetworkPolicy", {"metadata": named("cart-in"), "spec": spec})


def new_policy_that_nobody_enforces(bazaar: Bazaar) -> None:
    """A new policy that would cut a call, and the call goes through: the network does not enforce policies."""
    spec = {"podSelector": {"matchLabels": {NAME: "kafka"}}, "policyTypes": ["Ingress"]}
    bazaar.fresh("NetworkPolicy", {"metadata": named("deny-kafka"), "spec": spec})
    bazaar.extra["reach"] = tuple(
        Reach(namespace=HOME, source=f"deployment/{one}", target=f"kafka.{HOME}:9092", reached=True)
        for one in ("checkout", "accounting")
    )


def old_deny(bazaar: Bazaar) -> None:
    """A deny as old as the platform cuts a call that the addresses suggest."""
    spec = {"podSelector": {"matchLabels": {NAME: "payment"}}, "policyTypes": ["Ingress"]}
    bazaar.put("NetworkPolicy", {"metadata": named("deny-payment"), "spec": spec})


def old_refusal(bazaar: Bazaar) -> None:
    """A refusal of fifty minutes ago that is over."""
    text = 'Error creating: pods "x" is forbidden: exceeded quota: compute'
    bazaar.event(bazaar.get("ReplicaSet", "cart-5d8f7c9b64"), "FailedCreate", text, minutes=50)


def growing_set(bazaar: Bazaar) -> None:
    """A StatefulSet was scaled up ten seconds ago and makes its pods one after the other."""
    bazaar.touch("StatefulSet", "postgresql", 0.17)["spec"]["replicas"] = 3


def parked_worker(bazaar: Bazaar) -> None:
    """A worker that nobody calls was scaled to zero three minutes ago."""
    worker = bazaar.touch("Deployment", "accounting", 3)
    worker["spec"]["replicas"], worker["status"] = 0, {}
    bazaar.empty("accounting")
    text = "Scaled down replica set accounting-5d8f7c9b64 from 1 to 0"
    bazaar.event(worker, "ScalingReplicaSet", text, 3, "Normal")


def slow_start(bazaar: Bazaar) -> None:
    """A new pod that its startup probe still gives time."""
    probe = {"tcpSocket": {"port": 9092}, "periodSeconds": 10, "failureThreshold": 30}
    bazaar.container("kafka")["startupProbe"] = probe
    for pod in bazaar.patched("kafka", minutes=1, phase="Running"):
        pod["status"]["containerStatuses"][0].update(started=False)
        bazaar.event(pod, "Unhealthy", "Startup probe failed: connection refused", 1, times=4)
    bazaar.status("kafka", 0, 1)


def long_past(bazaar: Bazaar) -> None:
    """Containers remember a kill of five hours ago, and an evicted pod lies about for three days."""
    status = bazaar.pods("kafka")[0]["status"]["containerStatuses"][0]
    killed = {"exitCode": 137, "reason": "OOMKilled", "finishedAt": ago(hours=5)}
    status.update(restartCount=23, lastState={"terminated": killed})
    status["state"] = {"running": {"startedAt": ago(hours=5)}}
    meta = named("cart-gone", labels={NAME: "cart"}, creationTimestamp=ago(days=3))
    bazaar.put("Pod", {"metadata": meta, "spec": {}, "status": {"phase": "Failed", "reason": "Evicted"}})


def parked_service(bazaar: Bazaar) -> None:
    """Nobody is hurt by a Service whose workload was scaled to zero; a log named it an hour ago."""
    bazaar.silent()
    worker = bazaar.touch("Deployment", "payment", 3)
    worker["spec"]["replicas"], worker["status"] = 0, {}
    bazaar.empty("payment")
    bazaar.endpoints("payment", 0)
    pod = bazaar.pods("checkout")[0]["metadata"]["name"]
    text = f"{ago(hours=1)} connected to payment:8080"
    bazaar.extra["logs"] = (LogTail(namespace=HOME, pod=pod, container="checkout", text=text),)


QUIET = [
    parked_service,
    nothing,
    never_installed,
    given_twice_of_old,
    given_twice_alike,
    new_policy_that_admits,
    new_policy_that_nobody_enforces,
    old_deny,
    old_refusal,
    growing_set,
    parked_worker,
    slow_start,
    long_past,
]


def told(change: Callable[[Bazaar], None]) -> Diagnosis:
    """What is said of the changed bazaar by one who knows its namespace only."""
    bazaar = Bazaar()
    change(bazaar)
    return diagnose(bazaar.snapshot(), stranger())


@pytest.mark.parametrize("change", [pytest.param(one, id=str(one.__doc__)) for one in QUIET])
def test_these_give_no_hypothesis(change: Callable[[Bazaar], None]) -> None:
    """Old, meant or passing is no outage."""
    said = told(change)

    assert [(one.cause, one.about.name, one.reasons) for one in said.hypotheses] == []


@pytest.mark.parametrize(
    ("kind", "causes"), [("NodePort", ["unknown"]), ("ClusterIP", ["load-job"])], ids=["an entry", "a tool"]
)
def test_what_users_come_in_through_is_no_load(kind: str, causes: list[str]) -> None:
    """A young proxy in front of everything has flags that speak of load, and must not be scaled away."""

    def change(bazaar: Bazaar) -> None:
        template = {"metadata": {"labels": {NAME: "edge"}}, "spec": {"containers": [{"args": ["--load"]}]}}
        spec = {"replicas": 1, "template": template}
        status = {"readyReplicas": 1}
        bazaar.fresh("Deployment", {"metadata": named("edge"), "spec": spec, "status": status}, 10)
        front = {"type": kind, "selector": {NAME: "edge"}, "ports": [{"port": 80}]}
        bazaar.put("Service", {"metadata": named("edge"), "spec": front})
        bazaar.endpoints("edge", 1)
        rates = Rates(service="frontend", error_ratio=0.5, error_ratio_before=0.0)
        bazaar.extra["rates"] = (rates,)

    assert [one.cause for one in told(change).hypotheses][:1] == causes


def test_a_selector_is_not_widened_to_everything() -> None:
    """Without the wrong key it would select every pod of the platform: a person must say which."""

    def change(bazaar: Bazaar) -> None:
        wide = {"app.kubernetes.io/part-of": "bazaar", "tier": "gold"}
        bazaar.touch("Service", "cart")["spec"]["selector"] = wide
        bazaar.endpoints("cart", 0)

    one = told(change).hypotheses[0]

    assert (one.cause, one.about.name, one.repair) == ("service-selector", "cart", None)


def test_a_caller_that_crashes_for_want_of_a_service_is_an_effect() -> None:
    """The Service is gone, its workload runs, and the caller ends with a stack trace."""

    def change(bazaar: Bazaar) -> None:
        bazaar.drop("Service", "valkey-cart")
        bazaar.drop("EndpointSlice", "valkey-cart-b7x")
        last = {"exitCode": 139, "reason": "Error"}
        bazaar.fails("cart", waiting=("CrashLoopBackOff", "back-off"), last=last, restarts=4)
        bazaar.log("cart", "StackExchange.Redis.RedisConnectionException: SocketFailure on valkey-cart:6379")

    said = told(change).hypotheses

    assert [(one.cause, one.about.name) for one in said] == [("service-missing", "valkey-cart")]


def test_the_image_of_another_program_is_not_wanted() -> None:
    """All components share one repository; the tags of the others tell nothing."""

    def change(bazaar: Bazaar) -> None:
        bazaar.container("cart")["image"] = "ghcr.io/open-telemetry/demo:9"
        for pod in bazaar.recreated("cart", waiting=("ImagePullBackOff", "Back-off")):
            bazaar.event(pod, "Failed", "Failed to pull image: not found")

    one = told(change).hypotheses[0]

    assert (one.cause, one.wanted, one.repair) == ("bad-image", None, None)


def test_a_deleted_config_map_is_not_replaced_by_its_old_namesake() -> None:
    """The template is as old as the platform: what is wrong is not the name in it."""

    def change(bazaar: Bazaar) -> None:
        bazaar.put("ConfigMap", {"metadata": named("settings-old"), "data": {"a": "b"}})
        source = {"configMapRef": {"name": "settings"}}
        bazaar.both("cart")(lambda spec: spec["containers"][0].update(envFrom=[source]))
        bazaar.fails("cart", waiting=("CreateContainerConfigError", 'configmap "settings" not found'))

    one = told(change).hypotheses[0]

    assert (one.cause, one.about.name, one.repair) == ("config-missing", "settings", None)


def test_an_account_that_somebody_bound_rights_to_is_not_replaced() -> None:
    """It was there once: pods under another account would be refused what they need."""

    def change(bazaar: Bazaar) -> None:
        bazaar.spec("cart")["serviceAccountName"] = "cart-operator"
        bazaar.recreated("cart")
        bazaar.empty("cart")
        bazaar.status("cart", 0)
        subjects = [{"kind": "ServiceAccount", "name": "cart-operator", "namespace": HOME}]
        bazaar.put("RoleBinding", {"metadata": named("cart-operator"), "subjects": subjects})
        text = 'error looking up service account: serviceaccount "cart-operator" not found'
        bazaar.event(bazaar.get("ReplicaSet", "cart-7c6d5f4b88"), "FailedCreate", text)

    one = told(change).hypotheses[0]

    assert (one.cause, one.about.name, one.repair) == ("service-account-missing", "cart-operator", None)


def test_a_taint_that_the_scheduler_does_not_speak_of_is_no_cause() -> None:
    """A node for other work was tainted long ago; the pod's selector is what matches nothing."""

    def change(bazaar: Bazaar) -> None:
        bazaar.get("Node", "worker-b")["spec"]["taints"] = [
            {"key": "gpu", "value": "a", "effect": "NoSchedule"}
        ]
        bazaar.spec("cart")["nodeSelector"] = {"disk": "gold"}
        text = NO_PLACE + "2 node(s) didn't match Pod's node affinity/selector."
        bazaar.recreated("cart", unschedulable=text)

    assert [one.cause for one in told(change).hypotheses] == ["node-selector-unmatched"]


def test_a_taint_of_old_is_named_and_not_removed() -> None:
    """It is how the cluster is meant to be; only who may run there is the question."""

    def change(bazaar: Bazaar) -> None:
        for node in ("worker-a", "worker-b"):
            bazaar.get("Node", node)["spec"]["taints"] = [
                {"key": "gpu", "value": "a", "effect": "NoSchedule"}
            ]
        bazaar.recreated("cart", unschedulable=NO_PLACE + "2 node(s) had untolerated taint {gpu: a}.")

    assert {(one.cause, one.repair) for one in told(change).hypotheses} == {("node-tainted", None)}


@pytest.mark.parametrize(("minutes", "mended"), [(None, False), (4, True)], ids=["of old", "new"])
def test_only_a_new_default_class_is_taken_back_after_a_preemption(minutes: int | None, mended: bool) -> None:
    """A default class that was there all the time did not push the pods away."""

    def change(bazaar: Bazaar) -> None:
        usual: Manifest = {"metadata": {"name": "usual", **born()}, "value": 100, "globalDefault": True}
        if minutes:
            bazaar.fresh("PriorityClass", usual, minutes)
        else:
            bazaar.put("PriorityClass", usual)
        gone = {"kind": "Pod", "metadata": named("cart-5d8f7c9b64-x2k9p")}
        bazaar.event(gone, "Preempted", "Preempted by pod 5e3c on node worker-a", type="Normal")
        bazaar.fails("cart", unschedulable=NO_PLACE + "2 Insufficient cpu.")

    one = told(change).hypotheses[0]

    assert (one.cause, bool(one.repair)) == ("preempted", mended)


def test_a_set_that_lacks_a_pod_for_long_is_not_rolling_out() -> None:
    """A node without its kube-proxy: the DaemonSet has fewer pods than it wants, and none is on its way."""
    labels = {"k8s-app": "kube-proxy"}
    system = {"namespace": "kube-system", **born()}

    def change(bazaar: Bazaar) -> None:
        template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "kube-proxy"}]}}
        meta = {"name": "kube-proxy", **system}
        status = {"desiredNumberScheduled": 3, "numberReady": 2}
        bazaar.put("DaemonSet", {"metadata": meta, "spec": {"template": template}, "status": status})
        for node in ("control-plane", "worker-a"):
            owners = [{"kind": "DaemonSet", "name": "kube-proxy", "controller": True}]
            meta = {"name": f"kube-proxy-{node}", "labels": labels, "ownerReferences": owners, **system}
            ready = [{"name": "kube-proxy", "ready": True, "state": {"running": {"startedAt": ago(days=9)}}}]
            state = {"phase": "Running", "conditions": [condition("Ready", "True", 9000)]}
            spec = {"nodeName": node, "containers": [{"name": "kube-proxy"}]}
            bazaar.put(
                "Pod", {"metadata": meta, "spec": spec, "status": {**state, "containerStatuses": ready}}
            )

    one = told(change).hypotheses[0]

    assert (one.cause, one.says) == (
        "node-proxy-down",
        "kube-proxy does not run on node worker-b: pods there cannot reach Services",
    )
