"""A drifted ConfigMap goes back, and only who took the wrong value over starts anew."""

from outage.diagnosis.hypothesis import Action
from outage.kubernetes.json_patch import patched_object
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_objects import SHOP, ago, meta
from tests.outage.diagnosis.worlds.shop_snapshot import Ground, platform


def shared(ground: Ground) -> None:
    """One ConfigMap that every service reads into its environment."""
    ground.put("ConfigMap", {"metadata": meta("app-config", SHOP), "data": {"DATABASE_HOST": "postgres"}})
    for name in ("auth", "user", "scheduler", "content"):
        older = ground.get("ReplicaSet", f"{name}-aaa")["spec"]["template"]["spec"]["containers"][0]
        for container in (ground.container(name), older):
            container["envFrom"] = [{"configMapRef": {"name": "app-config"}}]


def drifted(minutes: float = 5) -> Ground:
    """The database's address in it was changed."""
    ground = Ground()
    shared(ground)
    config = ground.get("ConfigMap", "app-config")
    config["data"]["DATABASE_HOST"] = "postgres-old"
    config["metadata"]["managedFields"] = [{"manager": "kubectl-edit", "time": ago(minutes=minutes)}]
    for one in ground.objects["Pod"]:
        for status in one["status"].get("containerStatuses", []):
            status["state"] = {"running": {"startedAt": ago(minutes=100)}}
    return ground


def repair(ground: Ground) -> list[tuple[Action, str]]:
    """What the first hypothesis would do."""
    well = Ground()
    shared(well)
    said = diagnose(ground.snapshot(), platform(), well.baseline())
    first = said.hypotheses[0]
    assert (first.cause, first.about.name) == ("config-drift", "app-config")
    return [(one.action, one.target.name) for one in first.repair.changes] if first.repair else []


def test_who_started_before_the_change_goes_on_in_peace() -> None:
    """Seven restarts for one wrong value would be an outage of their own."""
    ground = drifted()
    ground.roll("auth", waiting=("CrashLoopBackOff", "back-off"), last={"exitCode": 1, "reason": "Error"})

    assert repair(ground) == [(Action.PATCH, "app-config"), (Action.RESTART, "auth")]


def test_when_nobody_knows_since_when_it_is_wrong_every_reader_starts_anew() -> None:
    """A change without a date may be in every pod."""
    ground = drifted()
    ground.get("ConfigMap", "app-config")["metadata"].pop("managedFields")
    ground.get("ConfigMap", "app-config")["metadata"]["generation"] = 2
    ground.roll("auth", waiting=("CrashLoopBackOff", "back-off"), last={"exitCode": 1, "reason": "Error"})

    assert {name for action, name in repair(ground) if action is Action.RESTART} == {
        "auth",
        "user",
        "scheduler",
        "content",
    }


def test_a_config_map_that_was_emptied_is_filled_again() -> None:
    """JSON Patch adds to no map that is not there: the map comes first."""
    ground = drifted()
    del ground.get("ConfigMap", "app-config")["data"]
    ground.roll("auth", waiting=("CrashLoopBackOff", "back-off"), last={"exitCode": 1, "reason": "Error"})
    well = Ground()
    shared(well)
    first = diagnose(ground.snapshot(), platform(), well.baseline()).hypotheses[0]
    assert first.repair is not None

    whole = patched_object(ground.get("ConfigMap", "app-config"), first.repair.changes[0].patch)

    assert whole["data"] == {"DATABASE_HOST": "postgres"}
