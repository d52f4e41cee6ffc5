"""Another platform, without a platform file: causes that are named and that nothing recorded mends."""

import pytest

from tests.outage.diagnosis.worlds.otel_demo import Bazaar
from tests.outage.diagnosis.worlds.otel_demo_faults import Change, crash, first
from tests.outage.diagnosis.worlds.otel_demo_objects import HOME, named


def role_narrowed(bazaar: Bazaar) -> None:
    """A role was edited, and a log in JSON says what is forbidden since."""
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}]
    bazaar.put("Role", {"metadata": named("operator"), "rules": rules})
    bazaar.touch("Role", "operator")
    subjects = [{"kind": "ServiceAccount", "name": "bazaar", "namespace": HOME}]
    role = {"kind": "Role", "name": "operator"}
    bazaar.put("RoleBinding", {"metadata": named("operator"), "subjects": subjects, "roleRef": role})
    user = 'User \\"system:serviceaccount:bazaar:bazaar\\" cannot patch resource \\"configmaps\\"'
    bazaar.log("kafka", '{"err":"configmaps \\"x\\" is forbidden: ' + user + '"}')


def crash_of_old(bazaar: Bazaar) -> None:
    """A program that ran for days begins to end; nothing around it changed."""
    crash(bazaar, "payment", "fails")
    bazaar.log("payment", "TypeError: Cannot read properties of undefined (reading 'number')")


def no_repository(bazaar: Bazaar) -> None:
    """A registry that says "denied" of a repository it has not, and no pull secret was ever named."""
    bazaar.container("cart")["image"] = "open-telemetri/demo:2"
    text = "pull access denied, repository does not exist or may require authorization"
    for pod in bazaar.recreated("cart", waiting=("ImagePullBackOff", "Back-off")):
        bazaar.event(pod, "Failed", "Failed to pull image: " + text)


def intruder(bazaar: Bazaar) -> None:
    """A second container was put before the app and took its port."""
    proxy = {"name": "proxy", "image": "envoy:1", "ports": [{"containerPort": 8080}]}
    bazaar.spec("payment")["containers"].insert(0, proxy)
    crash(bazaar, "payment")
    bazaar.log("payment", "Error: listen EADDRINUSE: address already in use 0.0.0.0:8080")


def deleted(bazaar: Bazaar) -> None:
    """A Deployment is gone with all that it owned."""
    bazaar.drop("Deployment", "payment")
    bazaar.drop("ReplicaSet", "payment-5d8f7c9b64")
    bazaar.empty("payment")
    bazaar.endpoints("payment", 0)


UNMENDED = [
    (role_narrowed, "rbac-narrowed", "operator"),
    (crash_of_old, "application-error", "payment"),
    (no_repository, "bad-image", "cart"),
    (intruder, "container-port-clash", "payment"),
    (deleted, "workload-missing", "payment"),
]


@pytest.mark.parametrize(
    ("change", "cause", "about"), [pytest.param(*one, id=str(one[0].__doc__)) for one in UNMENDED]
)
def test_what_nothing_recorded_mends_is_named_and_left_to_a_person(
    change: Change, cause: str, about: str
) -> None:
    """No value is invented."""
    one = first(change)

    assert (one.cause, one.about.name) == (cause, about), one.reasons
    assert one.repair is None
    assert one.settle
