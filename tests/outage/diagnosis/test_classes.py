"""One broken thing per class of the fault table: the right cause stands first, on the right object."""

import copy
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from outage.diagnosis import diagnose
from outage.hypothesis import Action, Hypothesis
from outage.snapshot import DatabaseView, LogTail, Probe, Rates, Reach, Session
from tests.outage.diagnosis.world import (
    NOON,
    SHOP,
    Ground,
    ago,
    condition,
    last_applied,
    meta,
    platform,
    stranger,
)

Change = Callable[[Ground], None]


def log(ground: Ground, workload: str, *lines: str, previous: bool = False) -> None:
    """Let the first pod of a workload log something."""
    first = ground.pods(workload)[0]["metadata"]["name"]
    text = "\n".join(f"{ago(seconds=30)} {line}" for line in lines)
    tail = LogTail(namespace=SHOP, pod=first, container=workload, previous=previous, text=text)
    ground.extra["logs"] = (*ground.extra.get("logs", ()), tail)


def probes_fail(ground: Ground, *names: str, status: int = 503) -> None:
    """Let users see errors of these services."""
    ground.extra["probes"] = tuple(
        Probe(
            url=f"https://api.shop.test/{name}/health", service=name, status=status if name in names else 200
        )
        for name in ("auth", "user", "scheduler", "content")
    )


def crash(
    ground: Ground, name: str, code: int = 1, reason: str = "Error", text: str = "", **more: Any
) -> None:
    """New pods of the workload keep ending."""
    last = {"exitCode": code, "reason": reason, "message": text}
    ground.roll(name, waiting=("CrashLoopBackOff", "back-off 40s"), last=last, restarts=4, **more)


def bad_command(ground: Ground) -> None:
    """The command names no file."""
    ground.container("auth")["command"] = ["/bin/nothing"]
    crash(
        ground,
        "auth",
        128,
        "StartError",
        'exec: "/bin/nothing": stat /bin/nothing: no such file or directory',
    )


def bad_env(ground: Ground) -> None:
    """A flag is set to nonsense and the process ends."""
    ground.container("auth").setdefault("env", []).append({"name": "LOG_LEVEL", "value": "shout"})
    crash(ground, "auth")
    log(ground, "auth", "fatal: unknown log level shout")


def bad_security(ground: Ground) -> None:
    """The root file system is made read-only."""
    ground.container("auth")["securityContext"] = {"readOnlyRootFilesystem": True}
    crash(ground, "auth")
    log(ground, "auth", "open /var/run/auth.pid: read-only file system")


def whole_template(ground: Ground) -> None:
    """Several kinds of fields were changed at once."""
    one = ground.container("auth")
    one["image"], one["command"] = "shop/auth:2.0", ["/auth", "--new"]
    one["env"].append({"name": "MODE", "value": "two"})
    crash(ground, "auth")


def small_memory(ground: Ground) -> None:
    """The limit was cut."""
    ground.container("auth")["resources"]["limits"]["memory"] = "8Mi"
    crash(ground, "auth", 137, "OOMKilled")


def leak(ground: Ground) -> None:
    """It is killed for memory and nothing was changed."""
    ground.fail(
        "auth",
        waiting=("CrashLoopBackOff", "back-off"),
        last={"exitCode": 137, "reason": "OOMKilled"},
        restarts=5,
    )


def large_request(ground: Ground) -> None:
    """It asks for more memory than a node has."""
    ground.container("auth")["resources"]["requests"]["memory"] = "64Gi"
    ground.roll("auth", unschedulable="0/2 nodes are available: 2 Insufficient memory.")


def bad_probe(ground: Ground) -> None:
    """The readiness probe asks another port."""
    ground.container("auth")["readinessProbe"]["httpGet"]["port"] = 9999
    for one in ground.roll("auth"):
        ground.event(
            "Pod", one["metadata"]["name"], "Unhealthy", "Readiness probe failed: connect: connection refused"
        )


def bad_probe_without_history(ground: Ground) -> None:
    """The same, re-created."""
    ground.container("auth")["readinessProbe"]["httpGet"]["port"] = 9999
    for one in ground.roll("auth", history=False):
        ground.event(
            "Pod", one["metadata"]["name"], "Unhealthy", "Readiness probe failed: connect: connection refused"
        )


def eager_liveness(ground: Ground) -> None:
    """The liveness probe has no patience."""
    ground.container("auth")["livenessProbe"].update(periodSeconds=1, failureThreshold=1)
    crash(ground, "auth", 137)
    for one in ground.pods("auth"):
        ground.event("Pod", one["metadata"]["name"], "Unhealthy", "Liveness probe failed: connection refused")


def https_probe(ground: Ground) -> None:
    """The probe speaks HTTPS to an HTTP port."""
    ground.container("auth")["readinessProbe"]["httpGet"]["scheme"] = "HTTPS"
    text = "Readiness probe failed: http: server gave HTTP response to HTTPS client"
    for one in ground.roll("auth"):
        ground.event("Pod", one["metadata"]["name"], "Unhealthy", text)


def missing_config(ground: Ground) -> None:
    """The ConfigMap that the pods read is gone."""
    text = 'configmap "auth-config" not found'
    ground.fail("auth", waiting=("CreateContainerConfigError", text))


def missing_key(ground: Ground) -> None:
    """The ConfigMap is there and the key is not."""
    ground.put("ConfigMap", {"metadata": meta("auth-config"), "data": {"OTHER": "x"}})
    text = "couldn't find key MODE in ConfigMap shop/auth-config"
    ground.fail("auth", waiting=("CreateContainerConfigError", text))


def missing_secret(ground: Ground) -> None:
    """The Secret that a volume mounts is gone."""
    for one in ground.fail("auth", waiting=("ContainerCreating", "")):
        one["status"]["phase"] = "Pending"
        text = 'MountVolume.SetUp failed for volume "tls" : secret "auth-tls" not found'
        ground.event("Pod", one["metadata"]["name"], "FailedMount", text)


def missing_account(ground: Ground) -> None:
    """The service account was deleted."""
    ground.drop("ServiceAccount", "auth")
    ground.roll("auth")
    ground.objects["Pod"] = [one for one in ground.objects["Pod"] if one not in ground.pods("auth")]
    text = 'Error creating: pods "auth-" is forbidden: error looking up service account shop/auth: '
    ground.event("ReplicaSet", "auth-bbb", "FailedCreate", text + 'serviceaccount "auth" not found')


def node_selector(ground: Ground) -> None:
    """A node selector matches no node."""
    ground.get("Deployment", "auth")["spec"]["template"]["spec"]["nodeSelector"] = {"disk": "gold"}
    text = "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector."
    ground.roll("auth", unschedulable=text)


def anti_affinity(ground: Ground) -> None:
    """Three pods, two nodes, never together."""
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "auth"}}}
    affinity = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    ground.get("Deployment", "auth")["spec"]["template"]["spec"]["affinity"] = affinity
    text = "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules."
    ground.roll("auth", unschedulable=text)


def taints(ground: Ground) -> None:
    """Both nodes were tainted."""
    for name in ("node-1", "node-2"):
        taint = {"key": "special", "value": "yes", "effect": "NoSchedule"}
        ground.touch("Node", name, 3)["spec"]["taints"] = [taint]
    ground.fail(
        "auth", unschedulable="0/2 nodes are available: 2 node(s) had untolerated taint {special: yes}."
    )


def cordons(ground: Ground) -> None:
    """Both nodes were cordoned and the pods were deleted."""
    for name in ("node-1", "node-2"):
        ground.touch("Node", name, 3)["spec"]["unschedulable"] = True
    ground.fail("auth", unschedulable="0/2 nodes are available: 2 node(s) were unschedulable.")


def host_port(ground: Ground) -> None:
    """The new template wants a host port that is taken."""
    ground.container("auth")["ports"][0]["hostPort"] = 80
    text = "0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports."
    ground.roll("auth", unschedulable=text)


def claim_name(ground: Ground) -> None:
    """The template names a claim that is nearly the right one."""
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "auth-dat"}}
    ground.get("Deployment", "auth")["spec"]["template"]["spec"]["volumes"] = [volume]
    claim = {"metadata": meta("auth-data"), "spec": {}, "status": {"phase": "Bound"}}
    ground.put("PersistentVolumeClaim", claim)
    text = '0/2 nodes are available: persistentvolumeclaim "auth-dat" not found.'
    ground.roll("auth", history=False, unschedulable=text)


def storage_class(ground: Ground) -> None:
    """The claim names a class that does not exist."""
    notes = {"storageclass.kubernetes.io/is-default-class": "true"}
    ground.put("StorageClass", {"metadata": meta("plain", None, annotations=notes)})
    spec = {"storageClassName": "fast", "accessModes": ["ReadWriteOnce"]}
    ground.put(
        "PersistentVolumeClaim", {"metadata": meta("auth-data"), "spec": spec, "status": {"phase": "Pending"}}
    )
    text = "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims."
    for one in ground.fail("auth", unschedulable=text):
        one["spec"]["volumes"] = [{"name": "d", "persistentVolumeClaim": {"claimName": "auth-data"}}]
    ground.event("PersistentVolumeClaim", "auth-data", "ProvisioningFailed", 'storageclass "fast" not found')


def quota(ground: Ground) -> None:
    """A new quota allows no more pods."""
    spec = {"hard": {"pods": "3"}}
    manifest = ground.put("ResourceQuota", {"metadata": meta("tight"), "spec": spec})
    manifest["metadata"]["creationTimestamp"] = ago(minutes=3)
    ground.touch("ResourceQuota", "tight", 3)
    refused(
        ground,
        'pods "auth-x" is forbidden: exceeded quota: tight, requested: pods=1, used: pods=9, limited: pods=3',
    )


def refused(ground: Ground, text: str) -> None:
    """The pods of auth are gone and new ones are refused."""
    ground.fail("auth")
    ground.objects["Pod"] = [one for one in ground.objects["Pod"] if one not in ground.pods("auth")]
    ground.event("ReplicaSet", "auth-aaa", "FailedCreate", "Error creating: " + text)


def limit_range(ground: Ground) -> None:
    """A new limit range allows less than the pods ask for."""
    manifest = ground.put("LimitRange", {"metadata": meta("narrow"), "spec": {"limits": []}})
    manifest["metadata"]["creationTimestamp"] = ago(minutes=3)
    ground.touch("LimitRange", "narrow", 3)
    refused(
        ground, 'pods "auth-x" is forbidden: maximum memory usage per Container is 16Mi, but limit is 64Mi'
    )


def webhook(ground: Ground) -> None:
    """A new webhook has no backend."""
    hooks = [{"name": "pods.guard.test", "clientConfig": {"service": {"name": "guard", "namespace": SHOP}}}]
    config = ground.put(
        "ValidatingWebhookConfiguration", {"metadata": meta("guard", None), "webhooks": hooks}
    )
    config["metadata"]["creationTimestamp"] = ago(minutes=3)
    ground.touch("ValidatingWebhookConfiguration", "guard", 3)
    refused(
        ground, 'Internal error occurred: failed calling webhook "pods.guard.test": no endpoints available'
    )


def pod_security(ground: Ground) -> None:
    """The namespace was made restricted."""
    space = ground.touch("Namespace", SHOP, 3)
    space["metadata"]["labels"] = {"pod-security.kubernetes.io/enforce": "restricted"}
    refused(
        ground,
        'pods "auth-x" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation',
    )


def scaled_to_zero(ground: Ground) -> None:
    """Somebody scaled auth to zero."""
    deployment = ground.touch("Deployment", "auth", 3)
    deployment["spec"]["replicas"] = 0
    deployment["status"] = {"conditions": [condition("Available", "True", 120)]}
    ground.objects["Pod"] = [one for one in ground.objects["Pod"] if one not in ground.pods("auth")]
    ground.endpoints("auth")
    text = "Scaled down replica set auth-aaa from 2 to 0"
    ground.event("Deployment", "auth", "ScalingReplicaSet", text, 3, "Normal")


def selector(ground: Ground) -> None:
    """The Service asks for one label too many."""
    ground.touch("Service", "auth", 3)["spec"]["selector"]["track"] = "gold"
    ground.endpoints("auth", 0)


def wrong_selector(ground: Ground) -> None:
    """The Service's only label has another value."""
    ground.touch("Service", "auth", 3)["spec"]["selector"] = {"app": "auth-v2"}
    ground.get("Deployment", "auth")
    last = ground.get("Service", "auth")
    good = copy.deepcopy(last)
    good["spec"]["selector"] = {"app": "auth"}
    last_applied(good)
    last["metadata"]["annotations"] = good["metadata"]["annotations"]
    ground.endpoints("auth", 0)


def foreign(ground: Ground) -> None:
    """The Service of auth selects everything."""
    ground.touch("Service", "auth", 3)["spec"]["selector"] = {"tier": "backend"}
    probes_fail(ground, "auth", status=404)


def target_port(ground: Ground) -> None:
    """The Service sends traffic to another port."""
    ground.touch("Service", "auth", 3)["spec"]["ports"][0]["targetPort"] = 9999
    probes_fail(ground, "auth")


def protocol(ground: Ground) -> None:
    """The Service's port became UDP."""
    ground.touch("Service", "auth", 3)["spec"]["ports"][0]["protocol"] = "UDP"
    probes_fail(ground, "auth")


def local_policy(ground: Ground) -> None:
    """The Service of postgres (one pod, one node) answers only on its node."""
    ground.touch("Service", "postgres", 3)["spec"]["internalTrafficPolicy"] = "Local"
    probes_fail(ground, "auth")


def corefile(ground: Ground) -> None:
    """Somebody lets the DNS answer NXDOMAIN for the shop."""
    block = "    template ANY ANY shop.svc.cluster.local {\n        rcode NXDOMAIN\n    }\n"
    config = ground.touch("ConfigMap", "coredns", 3)
    config["data"]["Corefile"] = config["data"]["Corefile"].replace("    ready\n", "    ready\n" + block)
    probes_fail(ground, "auth", "user")
    ground.extra["reach"] = (
        Reach(
            namespace=SHOP,
            source="deployment/user",
            target="auth",
            by="dns",
            reached=False,
            answer="NXDOMAIN",
        ),
    )


def missing_service(ground: Ground) -> None:
    """The Service of auth was deleted."""
    ground.drop("Service", "auth")
    ground.drop("EndpointSlice", "auth-slice")
    probes_fail(ground, "auth", "user")


def new_policy(ground: Ground) -> None:
    """A new policy lets nobody talk to postgres."""
    spec = {"podSelector": {"matchLabels": {"app": "postgres"}}, "policyTypes": ["Ingress"]}
    policy = ground.put("NetworkPolicy", {"metadata": meta("lock"), "spec": spec})
    policy["metadata"].update(creationTimestamp=ago(minutes=3), managedFields=[])
    probes_fail(ground, "auth", "user")
    for name in ("auth", "user"):
        ground.fail(name)
        log(ground, name, "error: dial tcp postgres:5432: i/o timeout")


def wrong_backend(ground: Ground) -> None:
    """The route of auth leads to a Service that does not exist."""
    ingress = ground.touch("Ingress", "shop-ingress", 3)
    ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] = "auht"
    probes_fail(ground, "auth")


def node_down(ground: Ground) -> None:
    """A kubelet has stopped."""
    node = ground.get("Node", "node-2")
    node["status"]["conditions"] = [
        condition("Ready", "Unknown", 3, "NodeStatusUnknown", "Kubelet stopped posting")
    ]


def wrong_address(ground: Ground) -> None:
    """The address of redis in auth was changed and auth is not ready since."""
    ground.container("auth")["env"][1]["value"] = "redis:6380"
    ground.roll("auth")
    log(ground, "auth", "error: dial tcp: redis:6380: connection refused")


def wrong_credential(ground: Ground) -> None:
    """The database password of auth was changed and its login is refused since."""
    ground.container("auth")["env"].append({"name": "DATABASE_PASSWORD", "value": "wrong"})
    ground.roll("auth")
    log(ground, "auth", 'error: FATAL: password authentication failed for user "auth"')


def recurring(ground: Ground) -> None:
    """A new CronJob keeps scaling auth to zero."""
    scaled_to_zero(ground)
    command = ["kubectl", "scale", "deployment/auth", "--replicas=0"]
    pod = {"containers": [{"name": "x", "image": "kubectl:1", "command": command}]}
    spec = {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": {"spec": pod}}}}
    cron = ground.put("CronJob", {"metadata": meta("tidy"), "spec": spec})
    cron["metadata"].update(creationTimestamp=ago(minutes=4))
    cron["status"] = {"lastScheduleTime": ago(seconds=40)}


def blocked(ground: Ground) -> None:
    """A session holds a lock that three others wait for."""
    waiting = [
        Session(pid=pid, user="app", state="active", query_seconds=60, blocked_by=(by,), wait="Lock/relation")
        for pid, by in ((11, 10), (12, 11), (13, 10))
    ]
    root = Session(
        pid=10, user="app", application="report", state="idle in transaction", transaction_seconds=300
    )
    busy = Session(pid=20, user="app", state="active", query_seconds=900)
    ground.extra["database"] = view(sessions=(root, busy, *waiting))
    probes_fail(ground, "auth")


def view(**more: Any) -> DatabaseView:
    """A database that is well, but for this."""
    usual = {"name": "shop", "latency_seconds": 0.01, "max_connections": 100, "connections": 20}
    return DatabaseView(**{**usual, **more})


def read_only(ground: Ground) -> None:
    """The database refuses writes."""
    ground.extra["database"] = view(read_only=True)
    log(ground, "user", "ERROR: cannot execute INSERT in a read-only transaction")


def exhausted(ground: Ground) -> None:
    """One application holds all connections and does nothing."""
    idle = tuple(Session(pid=pid, user="app", application="leak", state="idle") for pid in range(40))
    ground.extra["database"] = view(connections=98, reserved_connections=3, sessions=idle)
    log(ground, "user", "FATAL: remaining connection slots are reserved")


def pull_denied(ground: Ground) -> None:
    """The pull secret is gone."""
    text = 'failed to pull image "shop/auth:1.0": pull access denied, 401 Unauthorized'
    ground.fail("auth", waiting=("ImagePullBackOff", text))


def registry(ground: Ground) -> None:
    """The registry of an unchanged image is out of reach."""
    text = "failed to do request: dial tcp 10.1.1.1:443: i/o timeout"
    ground.fail("auth", waiting=("ErrImagePull", text))


def application(ground: Ground) -> None:
    """It crashes with a stack trace and nothing was changed."""
    ground.fail(
        "auth", waiting=("CrashLoopBackOff", "back-off"), last={"exitCode": 2, "reason": "Error"}, restarts=6
    )
    log(ground, "auth", "panic: runtime error: index out of range", "goroutine 1 [running]:", previous=True)


def blind_autoscaler(ground: Ground) -> None:
    """The request that the autoscaler needs was removed."""
    del ground.container("user")["resources"]["requests"]["cpu"]
    made = ground.roll("user")
    for one in made:
        one["status"]["conditions"] = [condition("Ready", "True", 1)]
    text = "the HPA was unable to compute: failed to get cpu utilization: missing request for cpu in container user"
    state = condition("ScalingActive", "False", 1, "FailedGetResourceMetric", text)
    ground.get("Deployment", "user")["status"] = {"replicas": 2, "readyReplicas": 2}
    ground.endpoints("user", 2)
    target = {"kind": "Deployment", "name": "user"}
    spec = {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 5}
    ground.put(
        "HorizontalPodAutoscaler", {"metadata": meta("user"), "spec": spec, "status": {"conditions": [state]}}
    )


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


def first(change: Change, known: bool = True, good: bool = False) -> Hypothesis:
    """The likeliest cause of the broken shop."""
    baseline = Ground().baseline() if good else None
    ground = Ground()
    change(ground)
    said = diagnose(ground.snapshot(), platform() if known else stranger(), baseline)
    assert said.hypotheses, [one.says for one in said.findings]
    return said.hypotheses[0]


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


def test_reasons_add_up_to_the_score() -> None:
    """A responder can follow the number."""
    one = first(scaled_to_zero)

    assert one.score == pytest.approx(
        min(1.0, sum(float(line.split(" ", 1)[0]) for line in one.reasons)), abs=0.011
    )


def test_scaling_back_restores_the_count_of_the_event() -> None:
    """Not one pod, and not whatever the file says."""
    one = first(scaled_to_zero)

    assert one.repair is not None
    assert one.repair.changes[0].action is Action.SCALE
    assert one.repair.changes[0].patch[0]["value"] == 2


def test_two_causes_at_once_are_two_hypotheses() -> None:
    """A bad image here and a selector there have nothing to do with each other."""
    ground = Ground()
    bad_command(ground)
    ground.touch("Service", "content", 3)["spec"]["selector"]["track"] = "gold"
    ground.endpoints("content", 0)

    said = diagnose(ground.snapshot(), platform())

    assert {(one.cause, one.about.name) for one in said.hypotheses} == {
        ("bad-command", "auth"),
        ("service-selector", "content"),
    }


def test_dependents_of_a_failing_service_are_no_causes_of_their_own() -> None:
    """User and scheduler fail because auth does."""
    ground = Ground()
    bad_command(ground)
    for name in ("user", "scheduler"):
        ground.fail(name)
        log(ground, name, "error: dial tcp auth:3001: connection refused")

    said = diagnose(ground.snapshot(), platform())

    assert [(one.cause, one.about.name) for one in said.hypotheses] == [("bad-command", "auth")]


def test_what_nothing_explains_is_unknown() -> None:
    """Unknown is an answer, with what to look at."""
    ground = Ground()
    probes_fail(ground, "auth")

    said = diagnose(ground.snapshot(), platform())

    assert [one.cause for one in said.hypotheses] == ["unknown"]
    assert said.hypotheses[0].repair is None
    assert said.hypotheses[0].settle


def test_a_decoy_from_long_ago_is_not_the_cause() -> None:
    """An old default deny was there when all was well."""
    ground = Ground()
    spec = {"podSelector": {}, "policyTypes": ["Ingress"]}
    ground.put("NetworkPolicy", {"metadata": meta("default-deny"), "spec": spec})
    bad_command(ground)

    said = diagnose(ground.snapshot(), platform())

    assert [one.cause for one in said.hypotheses] == ["bad-command"]


def test_undo_goes_past_a_revision_that_is_equally_bad() -> None:
    """Somebody restarted the bad template: the newest older revision is no better."""
    ground = Ground()
    ground.container("auth")["command"] = ["/bin/nothing"]
    crash(ground, "auth")
    twin = copy.deepcopy(ground.get("ReplicaSet", "auth-bbb"))
    twin["metadata"]["name"] = "auth-ccc"
    twin["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "3"
    note = {"kubectl.kubernetes.io/restartedAt": ago(minutes=1)}
    twin["spec"]["template"]["metadata"]["annotations"] = note
    ground.put("ReplicaSet", twin)
    ground.get("Deployment", "auth")["spec"]["template"]["metadata"]["annotations"] = note

    said = diagnose(ground.snapshot(), platform())

    assert said.hypotheses[0].repair is not None
    patch = said.hypotheses[0].repair.changes[0].patch[0]
    assert "command" not in patch["value"]["spec"]["containers"][0]
    assert "pod-template-hash" not in patch["value"]["metadata"]["labels"]


def test_a_small_fault_in_a_large_release_is_put_back_alone() -> None:
    """The image of the release stays; only the command goes back."""
    ground = Ground()
    ground.container("auth")["command"] = ["/bin/nothing"]
    ground.get("Deployment", "auth")["spec"]["template"]["metadata"]["annotations"] = {"release": "7"}
    crash(ground, "auth", 128, "StartError", "exec: no such file or directory")

    said = diagnose(ground.snapshot(), platform())

    assert said.hypotheses[0].repair is not None
    change = said.hypotheses[0].repair.changes[0]
    assert change.action is Action.PATCH
    assert change.patch == ({"op": "remove", "path": "/spec/template/spec/containers/0/command"},)


def test_a_secret_is_never_invented() -> None:
    """The baseline keeps only hashes of it."""
    ground = Ground()
    ground.put("Secret", {"metadata": meta("auth-tls"), "data": {"tls.key": "sha256:abc"}})
    good = ground.baseline()
    ground.drop("Secret", "auth-tls")
    missing_secret(ground)

    said = diagnose(ground.snapshot(), platform(), good)

    assert said.hypotheses[0].cause == "secret-missing"
    assert said.hypotheses[0].repair is None


def test_a_long_query_that_blocks_nobody_survives() -> None:
    """Only the root of the waits is cancelled."""
    one = first(blocked)

    assert one.repair is not None
    assert [change.session for change in one.repair.changes] == [10]


def test_onset_is_the_first_failure() -> None:
    """Not the moment of the picture."""
    one = first(bad_command)

    assert one.onset == NOON - timedelta(minutes=2)


def test_a_webhook_that_changes_pods_is_suspected() -> None:
    """The pods are not what their template says; the decoy that rules other kinds stays out."""
    ground = Ground()
    ground.fail("auth", waiting=("CrashLoopBackOff", "back-off"), last={"exitCode": 1}, restarts=4)
    for one in ground.pods("auth"):
        one["spec"]["containers"][0]["command"] = ["/bin/false"]
    for name, kind in (("injector", "pods"), ("decoy", "services")):
        hooks = [{"name": f"{name}.test", "rules": [{"resources": [kind]}]}]
        config = ground.put("MutatingWebhookConfiguration", {"metadata": meta(name, None), "webhooks": hooks})
        config["metadata"].update(creationTimestamp=ago(minutes=5), managedFields=[])

    said = diagnose(ground.snapshot(), platform())

    assert (said.hypotheses[0].cause, said.hypotheses[0].about.name) == ("webhook-mutates-pods", "injector")


def test_a_second_container_on_the_same_port_is_taken_out() -> None:
    """The app is the container that was there before."""
    ground = Ground()
    spec = ground.get("Deployment", "auth")["spec"]["template"]["spec"]
    spec["containers"].append(
        {"name": "shadow", "image": "shop/shadow:1", "ports": [{"containerPort": 3001}]}
    )
    crash(ground, "auth")
    log(ground, "auth", "listen tcp :3001: bind: address already in use")

    said = diagnose(ground.snapshot(), platform())

    assert said.hypotheses[0].cause == "container-port-clash"
    assert said.hypotheses[0].repair is not None


def test_a_variable_given_twice_is_told_apart() -> None:
    """The last one wins, and it is wrong."""
    ground = Ground()
    ground.container("auth")["env"].append({"name": "POSTGRES_HOST", "value": "nowhere:1"})
    ground.roll("auth")

    said = diagnose(ground.snapshot(), platform())

    assert said.hypotheses[0].cause == "duplicate-env"


def test_a_release_that_runs_and_fails_is_taken_back() -> None:
    """Every pod is ready; only the error ratio tells."""
    ground = Ground()
    ground.container("user")["image"] = "shop/user:2.0"
    for one in ground.roll("user", minutes=5):
        one["status"]["conditions"] = [condition("Ready", "True", 4)]
        one["status"]["containerStatuses"][0].update(ready=True)
    ground.get("Deployment", "user")["status"] = {"replicas": 2, "readyReplicas": 2}
    ground.endpoints("user", 2)
    rates = (Rates(service="user", error_ratio=0.5, error_ratio_before=0.0, requests_per_second=5),)

    said = diagnose(ground.snapshot(rates=rates), platform())

    assert (said.hypotheses[0].cause, said.hypotheses[0].about.name) == ("bad-image", "user")


def test_one_lost_node_network_is_named() -> None:
    """Nothing forbids the connections, and all of them start on one node."""
    ground = Ground()
    reach = [
        Reach(namespace=SHOP, source=f"deployment/{caller}", target=f"{target}:1", reached=False)
        for caller, target in (("auth", "redis"), ("user", "postgres"))
    ]
    probes_fail(ground, "auth", "user")

    said = diagnose(ground.snapshot(reach=tuple(reach)), platform())

    assert said.hypotheses[0].cause == "network-lossy"


def test_public_names_that_do_not_resolve_are_said_to_be_so() -> None:
    """The platform is well; its names are not."""
    url = "https://api.shop.test/auth/health"
    probe = Probe(
        url=url, service="auth", problem="api.shop.test does not resolve (Name or service not known)"
    )

    said = diagnose(Ground().snapshot(probes=(probe,)), platform())

    assert [one.cause for one in said.hypotheses] == ["public-name-lost"]


def test_a_release_that_leaks_is_taken_back() -> None:
    """The limit is as it was; the image is not."""
    ground = Ground()
    ground.container("auth")["image"] = "shop/auth:2.0"
    last = {"exitCode": 137, "reason": "OOMKilled"}
    ground.roll("auth", waiting=("CrashLoopBackOff", "back-off"), last=last, restarts=4)

    said = diagnose(ground.snapshot(), platform())

    assert said.hypotheses[0].cause == "bad-image"


def test_a_slow_release_is_taken_back_although_nothing_fails() -> None:
    """Only the latency tells."""
    ground = Ground()
    ground.container("user")["image"] = "shop/user:2.0"
    for one in ground.roll("user", minutes=5):
        one["status"]["conditions"] = [condition("Ready", "True", 4)]
        one["status"]["containerStatuses"][0].update(ready=True)
    ground.get("Deployment", "user")["status"] = {"replicas": 2, "readyReplicas": 2}
    ground.endpoints("user", 2)
    rates = (Rates(service="user", error_ratio=0.0, latency_seconds=3.0, latency_seconds_before=0.1),)

    said = diagnose(ground.snapshot(rates=rates), platform())

    assert [(one.cause, one.about.name) for one in said.hypotheses] == [("bad-image", "user")]


def test_no_password_reaches_a_hypothesis() -> None:
    """What is written back is in the patch; what people read is hidden."""
    ground = Ground()
    ground.container("auth")["env"].append({"name": "DATABASE_PASSWORD", "value": "hunter2hunter2"})
    ground.container("auth")["env"][0]["value"] = "postgres://auth:hunter3hunter3@postgres:5433/shop"
    ground.roll("auth")

    said = diagnose(ground.snapshot(), platform())

    words = [one.model_copy(update={"repair": None}).model_dump_json() for one in said.hypotheses]
    words += [one.repair.summary for one in said.hypotheses if one.repair]
    assert said.hypotheses
    assert not any("hunter" in text for text in words)
