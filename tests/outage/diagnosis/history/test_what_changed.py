"""What changed around the first bad sign: who, when, from what to what, on the path of what fails and nowhere else."""

from collections.abc import Callable

import pytest

from outage.diagnosis.history.recorded_change import ChangedField, ChangeKind, RecordedChange
from outage.diagnosis.hypothesis import Diagnosis
from outage.kubernetes.trim import trim_object
from outage.reports.investigation_report import investigation_in_words
from outage.reports.markdown import diagnosis_in_markdown
from tests.outage.diagnosis.worlds.breaking import crash
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_objects import SHOP, Manifest, ago, condition, meta
from tests.outage.diagnosis.worlds.shop_snapshot import Ground, platform

Pen = Callable[[Ground], None]


def shop() -> Ground:
    """The healthy shop; auth reads a ConfigMap and a Secret."""
    ground = Ground()
    ground.put(
        "ConfigMap", {"metadata": meta("settings"), "data": {"MODE": "fast", "app.conf": "a=1\nb=2\nc=3\n"}}
    )
    ground.put("Secret", {"metadata": meta("login"), "data": {"password": "hash:1111111111111111"}})
    sources: list[Manifest] = [{"configMapRef": {"name": "settings"}}, {"secretRef": {"name": "login"}}]
    made = [one for one in ground.objects["ReplicaSet"] if one["metadata"]["name"] == "auth-aaa"]
    for one in (
        *(each["spec"]["template"] for each in (ground.get("Deployment", "auth"), *made)),
        *ground.pods("auth"),
    ):
        one["spec"]["containers"][0]["envFrom"] = sources
    return ground


def broken(pen: Pen, good: bool = True) -> Diagnosis:
    """The diagnosis of the shop after this change; two minutes later auth is not ready."""
    ground = shop()
    baseline = ground.baseline() if good else None
    pen(ground)
    ground.fail("auth", minutes=1)
    return diagnose(ground.snapshot(), platform(), baseline)


def config(ground: Ground) -> None:
    """A value."""
    ground.touch("ConfigMap", "settings", manager="kubectl-edit")["data"]["MODE"] = "slow"


def config_file(ground: Ground) -> None:
    """One line of a file."""
    ground.touch("ConfigMap", "settings", manager="kubectl-edit")["data"]["app.conf"] = "a=1\nb=9\nc=3\n"


def secret(ground: Ground) -> None:
    """A password."""
    ground.touch("Secret", "login", manager="vault")["data"]["password"] = "hash:2222222222222222"


def service(ground: Ground) -> None:
    """The selector of what auth calls."""
    ground.touch("Service", "redis", manager="helm")["spec"]["selector"]["tier"] = "front"


def namespace_label(ground: Ground) -> None:
    """A label."""
    ground.touch("Namespace", SHOP, manager="terraform")["metadata"]["labels"] = {"team": "b"}


def policy(ground: Ground) -> None:
    """A policy that was not there."""
    made = {**meta("deny"), "creationTimestamp": ago(minutes=2), "managedFields": []}
    ground.put("NetworkPolicy", {"metadata": made, "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}})


def cordon(ground: Ground) -> None:
    """The node of a pod."""
    ground.touch("Node", "node-1", manager="kubectl-cordon")["spec"]["unschedulable"] = True


def long_ago(ground: Ground) -> None:
    """A write that nobody connects with what fails now."""
    ground.touch("ConfigMap", "settings", minutes=110)


def config_and_service(ground: Ground) -> None:
    """A value, and a Service that is gone."""
    config(ground)
    ground.drop("Service", "redis")


def told(found: Diagnosis, name: str) -> RecordedChange:
    """The change of the object of this name."""
    return next(one for one in found.changes if one.about.name == name)


CHANGED: dict[str, tuple[Pen, str, str, ChangedField | None]] = {
    "a ConfigMap's value": (
        config, "settings", "kubectl-edit", ChangedField(field="data.MODE", was="fast", now="slow"),
    ),
    "a line of a file": (
        config_file, "settings", "kubectl-edit", ChangedField(field="data.app.conf", was="b=2", now="b=9"),
    ),
    "a Secret, never its value": (
        secret, "login", "vault", ChangedField(field="data.password", was="(hidden)", now="(hidden)"),
    ),
    "a Service that is called": (
        service, "redis", "helm", ChangedField(field="spec.selector.tier", was="(absent)", now="front"),
    ),
    "a label of the namespace": (
        namespace_label, SHOP, "terraform",
        ChangedField(field="metadata.labels", was="(absent)", now='{"team": "b"}'),
    ),
    "a node": (
        cordon, "node-1", "kubectl-cordon",
        ChangedField(field="spec.unschedulable", was="(absent)", now="true"),
    ),
    "a policy that was made": (policy, "deny", "", None),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGED)
def test_a_change_is_told_with_its_writer_and_from_what_to_what(name: str) -> None:
    """Whatever kind of object it is."""
    pen, about, by, field = CHANGED[name]

    found = told(broken(pen), about)

    assert found.by == by
    assert list(found.fields) == ([field] if field else [])
    assert found.kind is (ChangeKind.CHANGED if field else ChangeKind.MADE)


def test_where_nothing_fails_nothing_is_told() -> None:
    """A change of a healthy platform is nobody's business here."""
    ground = shop()
    config(ground)

    assert diagnose(ground.snapshot(), platform(), None).changes == ()


def test_without_a_baseline_the_writer_and_the_time_are_told_still() -> None:
    """And no field is guessed."""
    found = told(broken(config, good=False), "settings")

    assert (found.by, found.fields, found.at is not None) == ("kubectl-edit", (), True)


def test_without_a_baseline_the_fields_that_the_writer_owns_are_told() -> None:
    """What stood there nobody knows."""

    def pen(ground: Ground) -> None:
        written = ground.touch("ConfigMap", "settings", manager="kubectl-edit")
        written["metadata"]["managedFields"][-1]["fieldsV1"] = {"f:data": {"f:MODE": {}}}
        trim_object(written, "salt")

    found = told(broken(pen, good=False), "settings")

    assert found.fields == (ChangedField(field="data.MODE"),)
    assert found.says == "configmap/settings in shop was changed by kubectl-edit: data.MODE"


def test_what_changed_hours_before_is_left_out() -> None:
    """As is what was made with the namespace."""
    found = broken(long_ago)

    assert "settings" not in [one.about.name for one in found.changes]
    assert ChangeKind.MADE not in [one.kind for one in found.changes]


def test_what_lies_on_no_failing_path_is_left_out() -> None:
    """The ConfigMap of somebody else changed at the same time."""

    def pen(ground: Ground) -> None:
        ground.put("ConfigMap", {"metadata": meta("foreign"), "data": {"A": "1"}})
        ground.touch("ConfigMap", "foreign")

    assert "foreign" not in [one.about.name for one in broken(pen, good=False).changes]


def test_a_release_is_told_against_the_revision_before() -> None:
    """With the names of container and variable instead of their numbers."""
    ground = shop()
    ground.container("auth")["env"].append({"name": "LIMIT", "value": "7"})
    crash(ground, "auth")

    found = told(diagnose(ground.snapshot(), platform(), None), "auth")

    assert found.against == "revision 1"
    assert found.fields == (
        ChangedField(field="spec.template.spec.containers[auth].env[LIMIT]", was="(absent)", now="7"),
    )


def test_what_is_gone_is_told_without_a_time() -> None:
    """It comes after those that have one."""
    found = broken(config_and_service)

    assert found.changes[-1].kind is ChangeKind.REMOVED
    assert str(found.changes[-1].about) == "service/redis in shop"


def test_a_number_of_pods_is_told_from_the_controllers_event_with_who_set_it() -> None:
    """Its newest one, and only if it is the present number."""

    def pen(ground: Ground) -> None:
        live = ground.get("Deployment", "redis")
        live["spec"]["replicas"] = 0
        entry = {
            "manager": "kubectl-scale",
            "operation": "Update",
            "time": ago(minutes=2),
            "subresource": "scale",
        }
        live["metadata"]["managedFields"].append(entry)
        ground.event(
            "Deployment",
            "redis",
            "ScalingReplicaSet",
            "Scaled down replica set redis-aaa to 0 from 1",
            4,
            "Normal",
        )

    found = [one for one in broken(pen, good=False).changes if one.kind is ChangeKind.SCALED]

    assert [(one.by, one.fields) for one in found] == [
        ("kubectl-scale", (ChangedField(field="spec.replicas", was="1", now="0"),))
    ]


def test_the_runs_of_one_cronjob_are_one_line() -> None:
    """With their number."""

    def pen(ground: Ground) -> None:
        for minutes in (5, 10, 15):
            owner = [{"kind": "CronJob", "name": "tidy", "controller": True}]
            status = {
                "startTime": ago(minutes=minutes),
                "conditions": [condition("Complete", "True", minutes)],
            }
            ground.put("Job", {"metadata": meta(f"tidy-{minutes}", ownerReferences=owner), "status": status})

    found = told(broken(pen, good=False), "tidy")

    assert (found.kind, found.runs) == (ChangeKind.RAN, 3)
    assert found.says == "cronjob/tidy in shop ran 3 times"


def test_people_read_the_change_with_its_time_and_age() -> None:
    """On a terminal and in the report."""
    ground = shop()
    baseline = ground.baseline()
    config(ground)
    ground.fail("auth", minutes=1)
    snapshot = ground.snapshot()
    found = diagnose(snapshot, platform(), baseline)

    line = "configmap/settings was changed by kubectl-edit: data.MODE fast → slow (before: the baseline)"
    assert f"11:58:00 (2 min ago): {line}" in investigation_in_words(found, snapshot)
    assert "### What changed" in diagnosis_in_markdown(found)
