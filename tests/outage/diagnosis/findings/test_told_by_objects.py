"""Outages of applications nobody here wrote that objects and events tell of, each with its kin."""

import pytest

from outage.diagnosis.hypothesis import Hypothesis
from outage.snapshots.snapshot import Usage
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_objects import Manifest, ago, condition
from tests.outage.diagnosis.worlds.town import HOME, NODES, Town


def first(town: Town) -> Hypothesis:
    """The likeliest cause, without a baseline."""
    said = diagnose(town.snapshot(), town.platform())
    assert said.hypotheses, [one.says for one in said.findings]
    return said.hypotheses[0]


@pytest.mark.parametrize(
    "line",
    [
        "Config data resource 'file [/etc/lantern/app.yml]' via location 'file:/etc/lantern/' cannot be found",
        "panic: open /etc/lantern/app.yml: no such file or directory",
        "FileNotFoundError: [Errno 2] No such file or directory: '/etc/lantern/app.yml'",
        "Error: ENOENT: no such file or directory, open '/etc/lantern/app.yml'",
        "java.io.FileNotFoundException: /etc/lantern/app.yml (No such file or directory)",
        'nginx: [emerg] open() "/etc/lantern/app.yml" failed (2: No such file or directory)',
        "Unhandled exception. System.IO.FileNotFoundException: Could not find file '/etc/lantern/app.yml'.",
    ],
)
@pytest.mark.parametrize(
    ("kind", "field", "named"), [("ConfigMap", "configMap", "name"), ("Secret", "secret", "secretName")]
)
def test_a_file_that_a_mounted_object_should_give_is_that_objects_missing_key(
    line: str, kind: str, field: str, named: str
) -> None:
    """Whoever renamed the key did not tell the program; without a baseline nothing is made up."""
    town = Town()
    town.put(kind, "lantern-files", data={"app.yaml": "h:1"})
    mounts = {"volumeMounts": [{"name": "files", "mountPath": "/etc/lantern/"}]}
    volumes = {"volumes": [{"name": "files", field: {named: "lantern-files"}}]}
    town.app("lantern", "acme/lantern:3", container=mounts, pod=volumes)
    town.crash("lantern")
    town.log("lantern", line, ended=True)

    assert (first(town).cause, first(town).about.name, first(town).field) == (
        "config-key-missing", "lantern-files", "data.app.yml"
    )  # fmt: skip
    assert first(town).repair is None


@pytest.mark.parametrize(
    "line",
    [
        "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
        "Terminating due to java.lang.OutOfMemoryError: Java heap space",
        "fatal error: runtime: out of memory",
        "MemoryError",
    ],
)
def test_a_crash_with_a_full_heap_is_out_of_memory_although_the_node_did_not_kill_it(line: str) -> None:
    """The container's limit was never reached."""
    town = Town()
    town.app("lantern", "acme/lantern:3")
    town.crash("lantern", 134)
    town.log("lantern", line, ended=True)

    assert (first(town).cause, first(town).about.name) == ("out-of-memory", "lantern")


@pytest.mark.parametrize(
    "line",
    [
        "Error: ENOSPC: System limit for number of file watchers reached",
        "OSError: [Errno 24] Too many open files",
    ],
)
def test_watches_that_are_used_up_are_no_full_disk(line: str) -> None:
    """The kernel says "no space" of its watches, too."""
    town = Town()
    town.app("lantern", "acme/lantern:3")
    town.crash("lantern")
    town.log("lantern", line, ended=True)

    assert first(town).cause == "application-error"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("no PriorityClass with name edge-first was found", "priorityClassName"),
        ('pod rejected: RuntimeClass "edge-first" not found', "runtimeClassName"),
    ],
)
def test_a_class_that_pods_name_and_that_is_gone_is_named(text: str, field: str) -> None:
    """Nothing about the template changed: what it names was taken away."""
    town = Town()
    town.app("lantern", "acme/lantern:3", pod={field: "edge-first"})
    town.objects["Pod"] = [one for one in town.objects["Pod"] if one not in town.pods("lantern")]
    town.count("lantern", 8)
    mark = next(one for one in town.objects["ReplicaSet"] if one["metadata"]["name"].startswith("lantern"))
    town.event(mark, "FailedCreate", f'Error creating: pods "lantern-" is forbidden: {text}')

    assert (first(town).cause, first(town).about.name, first(town).live) == (
        "bad-template",
        "lantern",
        "edge-first",
    )


@pytest.mark.parametrize(
    ("reason", "line", "cause"),
    [("OOMKilled", "", "out-of-memory"), ("Error", "KeyError: 'A'", "application-error")],
)
def test_a_pod_without_an_owner_that_failed_is_an_outage_of_its_own(
    reason: str, line: str, cause: str
) -> None:
    """Nothing makes it again, and nothing else fails."""
    town = Town()
    ended = {"exitCode": 137, "reason": reason, "finishedAt": ago(minutes=5)}
    status = {"phase": "Failed", "containerStatuses": [{"name": "load", "state": {"terminated": ended}}]}
    town.put(
        "Pod",
        "night-load",
        minutes=40,
        spec={"containers": [{"name": "load", "image": "a/b:1"}]},
        status=status,
    )
    if line:
        town.log("load", line, ended=True)

    assert (first(town).cause, first(town).about.name, first(town).repair) == (cause, "night-load", None)


@pytest.mark.parametrize(
    ("state", "taint", "cause"),
    [("DiskPressure", "disk", "disk-full"), ("MemoryPressure", "memory", "out-of-memory")],
)
def test_a_node_under_pressure_is_the_cause_of_who_is_kept_off_it(state: str, taint: str, cause: str) -> None:
    """The selector fits the node: it is the node that takes nobody."""
    town = Town()
    town.app("ledgers", "acme/ledgers:1", pod={"nodeSelector": {"disk": "fast"}})
    town.get("Node", NODES[1], None)["status"]["conditions"].append(condition(state, "True", 6))
    said = f"0/3 nodes are available: 1 node(s) had untolerated taint {{node.kubernetes.io/{taint}-pressure: }}, "
    said += "2 node(s) didn't match Pod's node affinity/selector."
    for pod in town.pods("ledgers"):
        pod["spec"].pop("nodeName")
        pod["status"] = {
            "phase": "Pending",
            "conditions": [condition("PodScheduled", "False", 5, "Unschedulable", said)],
        }
    town.count("ledgers", 5)
    town.get("Node", NODES[1], None)["status"]["conditions"].pop(1)

    assert (first(town).cause, first(town).about.name) == (cause, NODES[1])


def _ingress(town: Town) -> None:
    town.app("front", "acme/front:1", port=3000)
    entry = {"hosts": ["quay.example"], "secretName": "quay-tls"}
    town.put("Ingress", "front", spec={"tls": [entry], "rules": []})


def test_an_ingress_without_its_certificate_is_told_where_somebody_misses_it() -> None:
    """A baseline, or a controller that says so; an Ingress that waits for its first certificate is well."""
    well, known, told = Town(), Town(), Town()
    known.put("Secret", "quay-tls", data={"tls.crt": "h:1", "tls.key": "h:2"})
    for town in (well, known, told):
        _ingress(town)
    good = known.baseline()
    known.drop("Secret", "quay-tls")
    told.log(
        "front", f'W0314 Error getting SSL certificate "{HOME}/quay-tls": local certificate was not found'
    )
    says = diagnose(known.snapshot(), known.platform(), good).hypotheses[0]

    assert not diagnose(well.snapshot(), well.platform()).hypotheses
    assert (says.cause, says.about.name, says.repair) == ("secret-missing", "quay-tls", None)
    assert (first(told).cause, first(told).about.name) == ("secret-missing", "quay-tls")


@pytest.mark.parametrize("cut", [True, False])
def test_callers_that_wait_in_vain_show_that_a_cut_cpu_limit_is_used_up(cut: bool) -> None:
    """Where nothing measures latency; a program that uses all it has while nobody waits is well."""
    town = Town()
    rooms: Manifest = {"resources": {"limits": {"cpu": "1"}}}
    town.app("matcher", "acme/matcher:1", container=rooms)
    town.app("trips", "acme/trips:1", env={"MATCHER": "http://matcher:8080"})
    town.container("matcher")["resources"]["limits"]["cpu"] = "50m"
    name = town.roll("matcher")[0]["metadata"]["name"]
    used = Usage(kind="Pod", name=name, namespace=HOME, cpu_cores=0.0499, memory_bytes=1)
    town.extra["usage"] = (used,)
    if cut:
        town.log("trips", 'Post "http://matcher:8080/m": context deadline exceeded (Client.Timeout exceeded)')
    said = diagnose(town.snapshot(), town.platform()).hypotheses

    assert [(one.cause, one.about.name, one.repair is not None) for one in said][:1] == (
        [("cpu-saturated", "matcher", True)] if cut else []
    )


def test_a_refused_pull_of_an_image_that_ran_before_is_no_wrong_image() -> None:
    """Registries say "does not exist or may require authorization" to whoever does not log in."""
    town = Town()
    town.put("Secret", "login", data={".dockerconfigjson": "h:1"})
    town.app("lantern", "quay.example/lantern:3", pod={"imagePullSecrets": [{"name": "login"}]})
    town.owner("lantern")["spec"]["template"]["spec"].pop("imagePullSecrets")
    town.roll("lantern")
    said = "pull access denied, repository does not exist or may require authorization: insufficient_scope"
    town.wait("lantern", "ImagePullBackOff", f"Back-off pulling image: {said}")

    assert (first(town).cause, first(town).about.name) == ("image-pull-denied", "lantern")
    assert first(town).repair is not None
