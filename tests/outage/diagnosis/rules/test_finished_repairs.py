"""The remedies that rules share: each names the field that it writes, and carries its usual risk."""

from collections.abc import Callable

import pytest

from outage.diagnosis.cause import Cause
from outage.diagnosis.hypothesis import Action
from outage.diagnosis.known_good.known_objects import KnownObjects
from outage.diagnosis.remedies.finished_repairs import (
    ABSENT,
    ANTI_AFFINITY,
    NODE_AFFINITY,
    Words,
    close_node,
    create_again,
    draw_anew,
    drop_fields,
    hold_actor,
    open_node,
    prefer_terms,
    put_fields_back,
    retarget,
    scale_to,
    take_away,
)
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.remedies.single_repairs import create_change
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.weighing.strength import Trust
from outage.kubernetes.field_differences import FieldDifference
from outage.kubernetes.objects import ObjectRef
from outage.value import Manifest

AUTH = ObjectRef(kind="Deployment", name="auth", namespace="shop")
SERVICE = ObjectRef(kind="Service", name="auth", namespace="shop")
WORDS = Words("Mend it", "It works.")
PORT = FieldDifference(pointer="/spec/ports/0/port", live=80, wanted=8080)
KNOWN = KnownObjects(manifest={}, source="the baseline", trust=Trust.BASELINE)
TERM = {"topologyKey": "kubernetes.io/hostname"}


def suspect(about: ObjectRef = AUTH) -> SuspectDraft:
    """One about which nothing is known yet."""
    return SuspectDraft(cause=Cause.UNKNOWN, about=about, says="it fails", explains=set())


def workload(affinity: Manifest) -> Manifest:
    """A workload whose template has this affinity."""
    meta = {"name": AUTH.name, "namespace": AUTH.namespace}
    return {"kind": AUTH.kind, "metadata": meta, "spec": {"template": {"spec": {"affinity": affinity}}}}


def prefer() -> SuspectDraft:
    """Anti-affinity that is preferred from now on."""
    required = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [TERM]}}
    return prefer_terms(suspect(), workload(required), ANTI_AFFINITY, "They run.")


USUAL: list[tuple[Remedy, Callable[[], SuspectDraft]]] = [
    (Remedy.PUT_BACK, lambda: put_fields_back(suspect(), KNOWN, [PORT], "It works.")),
    (Remedy.CREATE_AGAIN, lambda: create_again(suspect(), {"metadata": {"name": "auth"}}, "It is there.")),
    (Remedy.RETARGET, lambda: retarget(suspect(), AUTH, [PORT], WORDS)),
    (Remedy.DROP, lambda: drop_fields(suspect(), AUTH, ["/spec/paused"], WORDS, live=True)),
    (Remedy.PREFER, prefer),
    (Remedy.SCALE, lambda: scale_to(suspect(), AUTH, 2, WORDS, live=0)),
    (Remedy.DRAW_ANEW, lambda: draw_anew(suspect(), AUTH, {}, "it is gone", "It is there.")),
    (Remedy.CORDON, lambda: close_node(suspect(), WORDS)),
    (Remedy.UNCORDON, lambda: open_node(suspect(), "It takes pods.")),
    (Remedy.TAKE_AWAY, lambda: take_away(suspect(), WORDS)),
    (Remedy.HOLD, lambda: hold_actor(suspect(), "The load falls.", live=3)),
]


@pytest.mark.parametrize(("remedy", "mended"), USUAL, ids=[one.name.lower() for one, _ in USUAL])
def test_a_remedy_has_the_risk_that_the_page_of_causes_names(
    remedy: Remedy, mended: Callable[[], SuspectDraft]
) -> None:
    """What people read and what policy weighs are one."""
    repair = mended().repair

    assert repair is not None
    assert {change.risk for change in repair.changes} == {remedy.risk}


@pytest.mark.parametrize(
    ("found", "field", "live", "wanted"),
    [
        (put_fields_back(suspect(), KNOWN, [PORT], ""), "spec.ports.0.port", "80", "8080"),
        (retarget(suspect(), AUTH, [PORT], WORDS), "spec.ports.0.port", "80", "8080"),
        (
            retarget(suspect(), AUTH, [PORT], WORDS, wanted="the usual"),
            "spec.ports.0.port",
            "80",
            "the usual",
        ),
        (drop_fields(suspect(), AUTH, ["/spec/a~1b"], WORDS, live="x"), "spec.a/b", "x", ABSENT),
        (scale_to(suspect(), AUTH, 0, WORDS, live=3), "spec.replicas", "3", "0"),
        (open_node(suspect(), ""), "spec.unschedulable", "true", ABSENT),
    ],
)
def test_a_remedy_names_the_field_that_it_writes(
    found: SuspectDraft, field: str, live: str, wanted: str
) -> None:
    """Diagnosis and plan speak of the same place."""
    assert (found.field, found.live, found.wanted) == (field, live, wanted)


def test_a_known_good_form_that_is_put_back_speaks_for_the_cause() -> None:
    """By where it comes from, in words."""
    found = put_fields_back(suspect(), KNOWN, [PORT], "It works.")

    assert found.parts[0].part is Trust.BASELINE
    assert found.parts[0].says == "the baseline has spec.ports.0.port = 8080"


def test_what_is_preferred_from_now_on_joins_what_was_preferred_before() -> None:
    """The wish stays, and so do all others."""
    there = {"weight": 1, "preference": {"matchExpressions": []}}
    required = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "disk"}]}]}
    affinity = {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": required,
            "preferredDuringSchedulingIgnoredDuringExecution": [there],
        }
    }

    found = prefer_terms(suspect(), workload(affinity), NODE_AFFINITY, "They run.")

    assert found.repair is not None
    drop, add = found.repair.changes[0].patch
    assert drop["op"] == "remove"
    assert add["value"] == [there, {"weight": 100, "preference": required["nodeSelectorTerms"][0]}]


def test_a_service_that_is_made_again_gets_an_address_from_the_server() -> None:
    """The old one may be another's by now; one that is headless stays so."""
    ports = [{"port": 80}]
    usual = {"spec": {"clusterIP": "10.0.0.7", "clusterIPs": ["10.0.0.7"], "ports": ports}}
    headless = {"spec": {"clusterIP": "None", "clusterIPs": ["None"], "ports": ports}}

    made = [create_change(SERVICE, one, "it is gone", "It is there.").manifest for one in (usual, headless)]

    assert made[0] == {"apiVersion": "v1", "kind": "Service", "spec": {"ports": ports}}
    assert made[1] == {"apiVersion": "v1", "kind": "Service", **headless}


@pytest.mark.parametrize(
    ("kind", "version"),
    [
        ("ConfigMap", "v1"),
        ("StatefulSet", "apps/v1"),
        ("Ingress", "networking.k8s.io/v1"),
        ("RoleBinding", "rbac.authorization.k8s.io/v1"),
    ],
)
def test_what_is_made_again_has_the_version_of_its_kind(kind: str, version: str) -> None:
    """Lists of the API server leave it out."""
    about = ObjectRef(kind=kind, name="one", namespace="shop")

    made = create_again(suspect(about), {"metadata": {"name": "one"}}, "It is there.")

    assert made.repair is not None
    change = made.repair.changes[0]
    assert change.action is Action.CREATE
    assert change.manifest == {"apiVersion": version, "kind": kind, "metadata": {"name": "one"}}


def test_a_job_is_suspended_and_never_scaled() -> None:
    """It can be resumed."""
    found = hold_actor(suspect(ObjectRef(kind="Job", name="load", namespace="shop")), "Calm.", live=1)

    assert found.repair is not None
    assert found.repair.changes[0].patch == ({"op": "add", "path": "/spec/suspend", "value": True},)
    assert (found.field, found.wanted) == ("spec.suspend", "true")
