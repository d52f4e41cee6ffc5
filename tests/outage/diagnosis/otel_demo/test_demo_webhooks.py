"""Another platform, whose pods a webhook changes: when that is a cause, and when it is everyday life."""

from collections.abc import Callable

import pytest

from outage.diagnosis.hypothesis import Diagnosis
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.otel_demo import Bazaar, stranger
from tests.outage.diagnosis.worlds.shop_objects import Manifest, ago

TRACE = "Traceback (most recent call last): KeyError"
RUNNING = {"running": {"startedAt": ago(days=9)}}
BACK_OFF = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}}


def crashing(bazaar: Bazaar) -> Manifest:
    """Cart ends by itself, again and again, and says why."""
    last = {"reason": "Error", "exitCode": 1}
    (pod,) = bazaar.fails("cart", waiting=("CrashLoopBackOff", "back-off 40s"), last=last, restarts=4)
    bazaar.log("cart", TRACE, previous=True)
    return pod


def add_sidecar(pod: Manifest, fails: bool = False) -> None:
    """The webhook's container, in one pod."""
    pod["spec"]["containers"].append({"name": "proxy", "image": "mesh/proxy:1"})
    state = {"ready": not fails, "restartCount": 4 if fails else 0, "state": BACK_OFF if fails else RUNNING}
    pod["status"]["containerStatuses"].append({"name": "proxy", **state})


def sidecar_is_well(bazaar: Bazaar) -> None:
    """The sidecar that was put in runs, and the program beside it does not."""
    add_sidecar(crashing(bazaar))


def scarce_devices(bazaar: Bazaar) -> None:
    """The template asks for a resource whose name has a dot, and the pod has it so."""
    pods = [bazaar.spec("cart"), *(one["spec"] for one in bazaar.pods("cart"))]
    for spec in [*pods, bazaar.get("ReplicaSet", "cart-5d8f7c9b64")["spec"]["template"]["spec"]]:
        spec["containers"][0]["resources"] = {"limits": {"nvidia.com/gpu": "1"}}
    crashing(bazaar)


def all_pods_have_it(bazaar: Bazaar) -> None:
    """Every pod gets the same variable, and all others are ready with it."""
    crashing(bazaar)
    for pod in bazaar.objects["Pod"]:
        pod["spec"]["containers"][0]["env"].append({"name": "AGENT_HOST", "value": "10.0.0.9"})


def another_container_is_changed(bazaar: Bazaar) -> None:
    """The template's own second container was changed and is well."""
    helper = {"name": "helper", "image": "helper:1"}
    bazaar.both("cart")(lambda spec: spec["containers"].append(dict(helper)))
    (pod,) = bazaar.pods("cart")
    pod["spec"]["containers"].append({**helper, "image": "mirror/helper:1"})
    crashing(bazaar)
    pod["status"]["containerStatuses"].append({"name": "helper", "ready": True, "state": RUNNING})


def sidecar_fails(bazaar: Bazaar) -> None:
    """What was put in is what fails."""
    (pod,) = bazaar.fails("cart")
    pod["status"]["containerStatuses"][0].update(ready=True, state=RUNNING)
    add_sidecar(pod, fails=True)


def its_own_command(bazaar: Bazaar) -> None:
    """The failing container runs something else than its template says."""
    crashing(bazaar)["spec"]["containers"][0]["command"] = ["/bin/false"]


def a_variable_of_its_own(bazaar: Bazaar) -> None:
    """Only the failing pod has the variable."""
    crashing(bazaar)["spec"]["containers"][0]["env"].append({"name": "MODE", "value": "off"})


def told(change: Callable[[Bazaar], None]) -> Diagnosis:
    """What is said of it, in sight of the whole cluster."""
    bazaar = Bazaar()
    change(bazaar)
    return diagnose(bazaar.snapshot(), stranger())


INNOCENT = [sidecar_is_well, scarce_devices, all_pods_have_it, another_container_is_changed]
GUILTY = [sidecar_fails, its_own_command, a_variable_of_its_own]


@pytest.mark.parametrize("change", [pytest.param(one, id=str(one.__doc__)) for one in INNOCENT])
def test_a_webhook_that_changes_what_does_not_fail_is_no_cause(change: Callable[[Bazaar], None]) -> None:
    """The crash is the program's own, and is told so."""
    assert [one.cause for one in told(change).hypotheses] == ["application-error"]


@pytest.mark.parametrize("change", [pytest.param(one, id=str(one.__doc__)) for one in GUILTY])
def test_a_webhook_is_suspected_where_what_it_changed_fails(change: Callable[[Bazaar], None]) -> None:
    """The failing container, or one that was put in and fails."""
    assert "webhook-mutates-pods" in [one.cause for one in told(change).hypotheses]
