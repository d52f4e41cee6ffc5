"""The platform's manifests and identity, without a cluster."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509

from practice.images import image_catalogue
from practice.platform import adopt, platform_health, platform_manifests
from practice.platform.kubectl import Kubectl
from practice.platform.platform_identity import Identity
from practice.platform.platform_manifests import (
    LOCAL,
    NAMESPACE,
    Manifest,
    PlatformAddresses,
    PlatformChoices,
)
from practice.practice_errors import PracticeError

ROOT = Path(__file__).parents[3]
SERVICES = ("auth-service", "user-service", "scheduler-service", "content-service")


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    """The secrets of a platform of this test's own."""
    return Identity(tmp_path_factory.mktemp("identity")).make()


@pytest.fixture(scope="module")
def objects(identity: Identity) -> list[Manifest]:
    """Every object that is applied to the local cluster."""
    choices = PlatformChoices(LOCAL, "http://intake", "token", "/volumes", "node-1")
    filled = platform_manifests.manifest_values(choices, identity)
    return platform_manifests.render_manifests("cluster", filled) + platform_manifests.render_manifests(
        "platform", filled
    )


def of(objects: list[Manifest], kind: str) -> dict[str, Manifest]:
    """The objects of a kind, by name."""
    return {item["metadata"]["name"]: item for item in objects if item["kind"] == kind}


def test_every_image_that_is_named_is_built(objects: list[Manifest]) -> None:
    """No manifest waits for an image that nobody makes."""
    built = {
        image.name.removeprefix("docker.io/") for image in image_catalogue.platform_images(Path(), Path())
    }
    layers = dict.fromkeys((*image_catalogue.ADDONS.values(), image_catalogue.NETWORK_POLICIES), Path())
    built |= {image.name.removeprefix("docker.io/") for image in image_catalogue.addon_images(layers, Path())}
    smoke = yaml.safe_load((ROOT / "tests" / "smoke-tests.yaml").read_text())

    assert named_images([*objects, smoke]) <= built


def named_images(objects: list[Manifest]) -> set[str]:
    """The images of every pod template."""
    templates = [item["spec"]["template"]["spec"] for item in objects if "template" in item.get("spec", {})]
    containers = [each for spec in templates for each in spec["containers"] + spec.get("initContainers", [])]
    return {container["image"] for container in containers}


@pytest.mark.parametrize("name", [*SERVICES, "auth-service-active", "web-app", "maintenance-page"])
def test_a_service_finds_pods_and_their_port(objects: list[Manifest], name: str) -> None:
    """The selector matches a Deployment's pods, and its port `http` is one of theirs."""
    service = of(objects, "Service")[name]["spec"]
    templates = [item["spec"]["template"] for item in of(objects, "Deployment").values()]
    selected = [
        template
        for template in templates
        if service["selector"].items() <= template["metadata"]["labels"].items()
    ]

    assert [port["name"] for port in service["ports"]] == ["http"]
    assert len(selected) == 1
    ports = selected[0]["spec"]["containers"][0]["ports"]
    assert [(port["name"], port["containerPort"]) for port in ports] == [
        ("http", service["ports"][0]["port"])
    ]


def test_the_maintenance_patch_of_the_runbook_meets_the_auth_route(objects: list[Manifest]) -> None:
    """Rule 0, path 0 has a backend whose name alone can be replaced."""
    backend = of(objects, "Ingress")["adaptive-learning-ingress"]["spec"]["rules"][0]["http"]["paths"][0][
        "backend"
    ]

    assert backend == {"service": {"name": "auth-service-active", "port": {"name": "http"}}}


def test_all_four_services_have_a_disruption_budget(objects: list[Manifest]) -> None:
    """A drain leaves one pod of each."""
    budgets = of(objects, "PodDisruptionBudget")

    assert {name: budgets[name]["spec"]["minAvailable"] for name in SERVICES} == dict.fromkeys(SERVICES, 1)


def test_callers_are_let_in_where_the_platform_file_says_they_call(objects: list[Manifest]) -> None:
    """The NetworkPolicies and the platform file tell the same call graph."""
    allowed = set()
    for name, policy in of(objects, "NetworkPolicy").items():
        if name.startswith(("allow-callers-of-", "allow-clients-of-")):
            callee = policy["spec"]["podSelector"]["matchLabels"]["app"]
            peers = policy["spec"]["ingress"][0]["from"]
            allowed |= {(peer["podSelector"]["matchLabels"]["app"], callee) for peer in peers}
    services = yaml.safe_load((ROOT / "practice" / "platform.yaml").read_text())["services"]
    called = {(service["name"], callee) for service in services for callee in service.get("depends_on", [])}

    assert {pair for pair in allowed if pair[0] != "smoke-tests"} == called


def alerts(objects: list[Manifest]) -> list[dict[str, Any]]:
    """The alerts of the rules file."""
    groups = yaml.safe_load(of(objects, "ConfigMap")["prometheus-rules"]["data"]["rules.yml"])["groups"]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def test_every_alert_says_how_bad_it_is_and_in_a_sentence_what(objects: list[Manifest]) -> None:
    """The responder's first line is the alert's own."""
    for alert in alerts(objects):
        assert alert["labels"]["severity"] in ("critical", "warning", "none"), alert["alert"]
        assert alert["annotations"]["summary"].endswith("."), alert["alert"]


def test_alerts_are_only_quietened_by_alerts_that_exist(objects: list[Manifest]) -> None:
    """A renamed alert would otherwise bring back ten calls for one outage."""
    settings = yaml.safe_load(of(objects, "ConfigMap")["alertmanager-config"]["data"]["alertmanager.yml"])
    matchers = [
        matcher
        for rule in settings["inhibit_rules"]
        for matcher in rule["source_matchers"] + rule["target_matchers"]
    ]
    named = {name for matcher in matchers for name in re.split(r"=~?", matcher)[1].strip().split("|")}

    assert named <= {alert["alert"] for alert in alerts(objects)}
    assert {"ServiceDown", "PostgresDown", "HighErrorRatio"} <= named


def test_a_value_nobody_fills_in_is_refused() -> None:
    """A forgotten placeholder is a mistake, not an empty string."""
    with pytest.raises(PracticeError, match="FORGOTTEN"):
        platform_manifests.fill_manifests("url: @FORGOTTEN@", {})


def test_a_cluster_of_the_users_own_chooses_its_addresses(identity: Identity) -> None:
    """No Service asks for an address of our ranges there."""
    filled = platform_manifests.manifest_values(
        PlatformChoices(PlatformAddresses(), "http://intake", "token", "/volumes", "kind"), identity
    )
    services = of(platform_manifests.render_manifests("platform", filled), "Service")

    assert not [name for name, service in services.items() if "clusterIP" in service["spec"]]


def test_rollouts_have_an_earlier_release_to_return_to(objects: list[Manifest]) -> None:
    """It differs from the present one in the image only, and that image is built."""
    earlier = of(platform_manifests.earlier_releases(objects), "Deployment")
    present = of(objects, "Deployment")

    assert sorted(earlier) == ["auth-service", "user-service"]
    for name, deployment in earlier.items():
        expected = copy.deepcopy(present[name])
        expected["spec"]["template"]["spec"]["containers"][0]["image"] = f"adaptive/{name}:1.4.1"
        assert deployment == expected


def test_passwords_stay_when_the_platform_is_applied_again(identity: Identity) -> None:
    """The database on disk still knows them; another platform has others."""
    again = Identity(identity.folder).make()

    assert again.password("platform") == identity.password("platform")
    assert identity.password("platform") != identity.password("outage_reader")
    assert len(identity.password("platform")) == 32


def test_the_ingress_certificate_is_for_the_public_names(identity: Identity) -> None:
    """It is signed by the authority that the shell trusts, whose key nobody has any more."""
    certificate = x509.load_pem_x509_certificate(identity.certificate.read_bytes())
    authority = x509.load_pem_x509_certificate(identity.authority.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    certificate.verify_directly_issued_by(authority)
    assert "*.adaptivelearning.com" in names.get_values_for_type(x509.DNSName)
    assert sorted(path.name for path in identity.folder.iterdir()) == ["ca.crt", "seed", "tls.crt", "tls.key"]


def deployment(replicas: int, **status: int) -> dict[str, Any]:
    """A Deployment of the second generation."""
    return {
        "kind": "Deployment",
        "metadata": {"generation": 2},
        "spec": {"replicas": replicas},
        "status": {"observedGeneration": 2, **status},
    }


@pytest.mark.parametrize(
    ("item", "wrong"),
    [
        pytest.param(deployment(2, availableReplicas=2, updatedReplicas=2), "", id="whole"),
        pytest.param(deployment(0), "", id="parked on purpose"),
        pytest.param(deployment(2, availableReplicas=1, updatedReplicas=2), "1 of 2 ready", id="one missing"),
        pytest.param(deployment(2, availableReplicas=2, updatedReplicas=1), "2 of 2 ready", id="rolling out"),
        pytest.param(
            deployment(2, availableReplicas=2, updatedReplicas=2, observedGeneration=1),
            "2 of 2 ready",
            id="not seen by its controller yet",
        ),
        pytest.param({"kind": "DaemonSet", "spec": {}, "status": {}}, "0 of 0 ready", id="no node yet"),
    ],
)
def test_a_workload_is_whole_when_all_its_present_pods_are_ready(item: dict[str, Any], wrong: str) -> None:
    """Old pods do not count, nor does a status from before the change."""
    assert platform_health.lacking_health(item) == wrong


class Answering(Kubectl):
    """A cluster that answers every read with one object."""

    def read(self, *words: str) -> dict[str, Any]:
        """Answer for a cluster named after its namespace's labels."""
        labels = {"marked": {adopt.LABEL: "allowed"}, "refused": {adopt.LABEL: "no"}}.get(self.context, {})
        return {} if self.context == "empty" else {"metadata": {"name": NAMESPACE, "labels": labels}}


def test_a_marked_cluster_is_adopted() -> None:
    """The label says that drills are allowed."""
    adopt.refuse_unmarked(Answering(None, "marked"))


@pytest.mark.parametrize(
    ("context", "why"),
    [("empty", "does not exist"), ("unmarked", "is not marked"), ("refused", "is not marked")],
)
def test_an_unmarked_cluster_is_refused(context: str, why: str) -> None:
    """The sentence says how to mark it."""
    with pytest.raises(PracticeError, match=f"{why}.*label namespace {NAMESPACE} outage.dev/drills=allowed"):
        adopt.refuse_unmarked(Answering(None, context))
