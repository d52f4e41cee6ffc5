"""Faults fit what stands there, or say why they do not; on the practice platform and on one that nobody described."""

from pathlib import Path

import pytest

from bench.specimen_files import read_specimen
from outage.diagnosis.cause import Cause
from outage.incidents.severity import Severity
from outage.kubernetes.json_patch import patched_object
from outage.kubernetes.objects import dig
from outage.platforms.platform_file import load_platform
from outage.snapshots.snapshot import Snapshot, Usage
from outage.verification.drills.fault_templates import (
    TEMPLATES,
    FaultChoice,
    fault_choices,
    fault_template,
    nearest_names,
    unknown_fault,
)
from outage.verification.drills.fitted_fault import FittedFault
from practice.faults import fault_catalogue
from tests.outage.verification.drills.stranger import SHOP, front, look, named

HOUSE = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="module")
def healthy() -> Snapshot:
    """A real picture of the practice platform while all is well."""
    return read_specimen(HOUSE / "tests/specimens/bundles/healthy.json.gz")


def choice(fault: str, service: str, snapshot: Snapshot | None = None) -> FaultChoice:
    """What becomes of one fault on one service of the shop."""
    found = fault_choices(snapshot or look(), SHOP, [service])
    return next(one for one in found if one.fault == fault)


def fitted(fault: str, service: str, snapshot: Snapshot | None = None) -> FittedFault:
    """One that fits."""
    found = choice(fault, service, snapshot)
    assert found.fitted, found.reason
    return found.fitted


def test_every_fault_fits_some_service_of_a_real_platform(healthy: Snapshot) -> None:
    """And each of its patches can be carried out on the object as it stands there."""
    platform = load_platform(HOUSE / "practice/platform.yaml")

    found = [one for one in fault_choices(healthy, platform) if one.fitted]

    assert {one.fault for one in found} == {one.name for one in TEMPLATES}
    for one in found:
        for blow in one.fitted.fault.blows if one.fitted else ():
            target = blow.target
            if blow.patch and (live := healthy.get(target.kind, target.namespace, target.name)):
                assert patched_object(live, tuple(blow.patch)) != live


def test_every_template_expects_causes_that_exist(healthy: Snapshot) -> None:
    """And one that the practice ground breaks by itself, too, expects the same first cause there."""
    ground = {fault.name: fault.expected.causes for fault in fault_catalogue()}
    platform = load_platform(HOUSE / "practice/platform.yaml")

    for one in fault_choices(healthy, platform):
        if one.fitted:
            expected = one.fitted.fault.expected.causes
            assert all(Cause(name) for name in expected)
            assert not expected or set(expected) & set(ground.get(one.fault, expected))


@pytest.mark.parametrize(
    ("fault", "service", "why"),
    [
        ("bad-probe", "mailer", "mailer has no readiness probe of a port to break"),
        ("eager-liveness", "ledger", "ledger has no liveness probe to break"),
        ("anti-affinity", "mailer", "mailer has one replica, which keeps away from nobody"),
        ("claim-name", "checkout", "checkout mounts no volume claim"),
        ("wrong-address", "mailer", "no variable of mailer holds the address of a service of this platform"),
        ("wrong-credential", "mailer", "mailer is not known to use the platform's database"),
        ("config-reference", "mailer", "mailer reads no ConfigMap"),
        ("secret-reference", "mailer", "mailer reads no Secret"),
        ("config-key-missing", "mailer", "mailer reads no single key of a ConfigMap or Secret"),
        ("service-selector", "mailer", "mailer has no Service in front of it"),
        ("wrong-backend", "ledger", "no ingress of shop leads to ledger"),
        ("limit-range", "mailer", "mailer has no memory limit that a limit range could refuse"),
        ("blocking-session", "checkout", "checkout is not the platform's database"),
        (
            "bad-image",
            "parked",
            "deployment/parked in shop is parked at zero replicas: there is nothing to break",
        ),
        ("rolling-update", "ledger", "a restart of ledger takes all of its pods: users would feel it"),
        ("maintenance", "checkout", "there is no second node that takes pods"),
        ("two-at-once", "mailer", "mailer has no Service in front of it"),
        ("bad-image", "gone", "deployment/gone in shop is not there"),
        ("bad-image", "cart", "shop has no service cart"),
    ],
)
def test_what_does_not_fit_says_why(fault: str, service: str, why: str) -> None:
    """One sentence about what was looked at."""
    found = choice(fault, service)

    assert (found.fitted, found.reason) == (None, why)


def test_what_is_broken_already_is_not_broken_again() -> None:
    """Nothing could be learned from it."""
    assert (
        "no pod of deployment/mailer in shop is ready" in choice("bad-image", "mailer", look(Pod=())).reason
    )


@pytest.mark.parametrize(("mebibytes", "fits"), [(4, False), (40, True), (None, True)])
def test_who_needs_little_memory_is_given_no_limit(mebibytes: int | None, fits: bool) -> None:
    """Nobody would notice; who was not measured is taken for a program like others."""
    used = [] if mebibytes is None else [mebibytes * 1024 * 1024]
    usage = tuple(
        Usage(kind="Pod", name="ledger-0", namespace="shop", cpu_cores=0.1, memory_bytes=one) for one in used
    )

    found = choice("memory-limit", "ledger", look().model_copy(update={"usage": usage}))

    assert bool(found.fitted) is fits


def test_an_autoscaled_service_is_not_scaled_to_zero() -> None:
    """Its autoscaler would argue with the drill."""
    scaler = named(
        "HorizontalPodAutoscaler", "c", spec={"scaleTargetRef": {"kind": "Deployment", "name": "checkout"}}
    )

    found = choice("scaled-to-zero", "checkout", look(HorizontalPodAutoscaler=(scaler,)))

    assert found.reason == "an autoscaler decides how many replicas checkout has"


@pytest.mark.parametrize(
    "image", ["shop/checkout", "registry:5000/shop/checkout:1.0", "shop/checkout@sha256:0a"]
)
def test_only_the_tag_of_an_image_is_wrong(image: str) -> None:
    """A wrong repository would be another fault."""
    deployment = look().kind("Deployment")[0]
    body = patched_object(
        deployment, ({"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": image},)
    )

    blow = fitted("bad-image", "checkout", look(Deployment=(body,))).fault.blows[0]

    stem = image.partition("@")[0].removesuffix(":1.0")
    assert blow.patch[0]["value"] == f"{stem}:outage-drill-missing"


def test_a_wrong_address_is_that_of_what_it_calls() -> None:
    """The rest of the variable stays as it was."""
    assert fitted("wrong-address", "checkout").fault.blows[0].patch == [
        {
            "op": "replace",
            "path": "/spec/template/spec/containers/0/env/0/value",
            "value": "ledger-old.shop.svc:5432",
        }
    ]


def test_an_address_with_a_password_in_it_is_passed_over() -> None:
    """What a drill breaks is recorded."""
    deployment = look().kind("Deployment")[0]
    url = {"name": "DB_URL", "value": "postgres://app:secret@ledger/x"}
    body = patched_object(
        deployment, ({"op": "replace", "path": "/spec/template/spec/containers/0/env", "value": [url]},)
    )

    assert (
        "no variable of checkout holds"
        in choice("wrong-address", "checkout", look(Deployment=(body,))).reason
    )


def test_a_taint_strikes_the_nodes_that_take_pods_and_keeps_their_own() -> None:
    """A node that its owner cordoned is left alone."""
    blows = fitted("node-taints", "checkout").fault.blows

    assert [str(one.target) for one in blows] == ["node/node-1", "deployment/checkout in shop"]


def test_the_session_that_blocks_takes_no_traffic_and_holds_no_secret() -> None:
    """Its pod has labels that the network lets through, and the Service in front of the client chooses it not."""
    policy = named("NetworkPolicy", "ledger", spec={"podSelector": {"matchLabels": {"app": "ledger"}}})
    services = (
        front("ledger", 5432),
        named("Service", "checkout", spec={"selector": {"app": "checkout", "tier": "back"}}),
    )

    fault = fitted("blocking-session", "ledger", look(NetworkPolicy=(policy,), Service=services)).fault

    job = fault.blows[0].manifest or {}
    assert dig(job, "spec.template.metadata.labels") == {"app": "checkout", "outage-drill": "report"}
    login = [one for one in dig(job, "spec.template.spec.containers.0.env") if one["name"].startswith("PG")]
    assert {one["name"]: one["valueFrom"]["secretKeyRef"]["name"] for one in login if "valueFrom" in one} == {
        "PGUSER": "login",
        "PGPASSWORD": "login",
    }
    assert [one.do for one in fault.mends] == ["sql"]


@pytest.mark.parametrize(
    ("fault", "service", "down", "felt", "wide"),
    [
        pytest.param("bad-image", "checkout", 0, False, False, id="a rollout that waits takes nobody away"),
        pytest.param("bad-image", "ledger", 1, True, False, id="a StatefulSet takes its one pod first"),
        pytest.param("scaled-to-zero", "checkout", 2, True, False, id="every pod"),
        pytest.param("service-selector", "checkout", 0, True, False, id="pods that nothing reaches"),
        pytest.param("node-cordons", "checkout", 0, False, True, id="nodes are everybody's"),
        pytest.param("dns-down", "checkout", 0, True, True, id="so is the DNS"),
    ],
)
def test_the_blast_is_known_before(fault: str, service: str, down: int, felt: bool, wide: bool) -> None:
    """Pods that go down, whether users feel it, whether the whole cluster is struck."""
    blast = fitted(fault, service).blast

    assert (blast.pods_down, blast.felt, blast.cluster_wide) == (down, felt, wide)
    assert blast.objects


@pytest.mark.parametrize(
    ("fault", "service", "severities"),
    [
        pytest.param("bad-image", "checkout", (Severity.P2,), id="the old pods serve everybody"),
        pytest.param("scaled-to-zero", "checkout", (Severity.P2,), id="nobody depends on it"),
        pytest.param("bad-image", "ledger", (Severity.P1, Severity.P2), id="its caller may be down too"),
        pytest.param("dns-down", "checkout", (), id="others are struck"),
        pytest.param("rolling-update", "checkout", (), id="there is nothing to be found"),
    ],
)
def test_how_bad_it_may_be_found_is_known_before(
    fault: str, service: str, severities: tuple[Severity, ...]
) -> None:
    """By the same rule that measures it, from the service alone to all that depend on it."""
    assert fitted(fault, service).fault.expected.severity == severities


@pytest.mark.parametrize(
    ("strategy", "down"),
    [
        ({"type": "Recreate"}, 2),
        ({"rollingUpdate": {"maxUnavailable": "50%"}}, 1),
        ({"rollingUpdate": {"maxUnavailable": 2}}, 2),
    ],
)
def test_the_strategy_says_how_many_pods_a_rollout_takes(strategy: dict[str, object], down: int) -> None:
    """As Kubernetes counts: percentages are rounded down."""
    deployment = look().kind("Deployment")[0]
    body = {**deployment, "spec": {**deployment["spec"], "strategy": strategy}}

    assert fitted("bad-image", "checkout", look(Deployment=(body,))).blast.pods_down == down


def test_nearest_names_are_offered_for_one_that_nobody_knows() -> None:
    """As they are likely to have been meant; for nonsense, where the names are listed."""
    names = [one.name for one in TEMPLATES]

    assert nearest_names("Bad-Imge", names)[0] == "bad-image"
    assert "did you mean bad-image" in unknown_fault("bad-imge", names)
    assert "`outage drill --list`" in unknown_fault("qqqq", names)
    assert fault_template("../policy") is None
