"""What somebody put into the pods: a webhook's change, a second container, a variable given twice."""

import pytest

from tests.outage.diagnosis.rules.test_regressions import rolled, says
from tests.outage.diagnosis.worlds.breaking import crash, log
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.otel_demo import Bazaar
from tests.outage.diagnosis.worlds.otel_demo_faults import Change, told
from tests.outage.diagnosis.worlds.shop_snapshot import Ground, ago, meta, platform


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


def twice(bazaar: Bazaar) -> None:
    """Cart got a variable twice when the platform was made."""
    values = [{"name": "MODE", "value": value} for value in ("a", "b")]
    bazaar.both("cart")(lambda spec: spec["containers"][0]["env"].extend(map(dict, values)))


def twice_and_released(bazaar: Bazaar) -> None:
    """It has a new image since."""
    twice(bazaar)
    bazaar.container("cart")["image"] += "-next"
    rolled(bazaar, "cart")


def twice_since(bazaar: Bazaar) -> None:
    """It is given twice since four minutes ago."""
    bazaar.container("cart")["env"] += [{"name": "MODE", "value": value} for value in ("a", "b")]
    rolled(bazaar, "cart")


@pytest.mark.parametrize(
    ("change", "causes"),
    [
        pytest.param(twice, [], id="of old"),
        pytest.param(twice_and_released, [], id="of old, in a new release"),
        pytest.param(twice_since, ["duplicate-env"], id="since a moment ago"),
    ],
)
def test_a_variable_given_twice_has_been_lived_with(change: Change, causes: list[str]) -> None:
    """Its log grumbles of something else."""

    def both(bazaar: Bazaar) -> None:
        change(bazaar)
        says(bazaar, "cart", "error: client went away", 40)

    assert [one.cause for one in told(both).hypotheses][:1] == causes
