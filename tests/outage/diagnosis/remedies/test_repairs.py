"""What the repair of a cause changes, and what it leaves alone."""

import copy

from outage.diagnosis.hypothesis import Action
from tests.outage.diagnosis.worlds.breaking import crash, first
from tests.outage.diagnosis.worlds.breaking_config import missing_secret
from tests.outage.diagnosis.worlds.breaking_database import blocked
from tests.outage.diagnosis.worlds.breaking_scale import scaled_to_zero
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_snapshot import Ground, ago, meta, platform


def test_scaling_back_restores_the_count_of_the_event() -> None:
    """Not one pod, and not whatever the file says."""
    one = first(scaled_to_zero)

    assert one.repair is not None
    assert one.repair.changes[0].action is Action.SCALE
    assert one.repair.changes[0].patch[0]["value"] == 2


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
