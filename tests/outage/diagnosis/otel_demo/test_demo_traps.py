"""The traps of the second platform: an effect, an old thing, another program must not lead to a wrong repair."""

import pytest

from outage.snapshots.snapshot import Rates
from tests.outage.diagnosis.worlds.otel_demo import Bazaar
from tests.outage.diagnosis.worlds.otel_demo_faults import NO_PLACE, told
from tests.outage.diagnosis.worlds.otel_demo_objects import HOME, NAME, born, named
from tests.outage.diagnosis.worlds.shop_objects import Manifest, ago, condition


@pytest.mark.parametrize(
    ("kind", "said", "causes"),
    [
        pytest.param("NodePort", "hey", ["unknown"], id="an entry"),
        pytest.param("ClusterIP", "--wait-first-route-load", ["unknown"], id="a proxy with such a flag"),
        pytest.param("ClusterIP", "hey", ["load-job"], id="a tool"),
    ],
)
def test_what_users_come_in_through_is_no_load(kind: str, said: str, causes: list[str]) -> None:
    """A young proxy in front of everything may speak of load, and must not be scaled away."""

    def change(bazaar: Bazaar) -> None:
        template = {"metadata": {"labels": {NAME: "edge"}}, "spec": {"containers": [{"args": [said]}]}}
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
