"""What tests of the bazaar share: pods that end or are refused, and what is said of them."""

from collections.abc import Callable

from outage.diagnosis.hypothesis import Diagnosis, Hypothesis
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.otel_demo import Bazaar, stranger
from tests.outage.diagnosis.worlds.shop_objects import Manifest, condition

Change = Callable[[Bazaar], None]
ENDED = {"exitCode": 1, "reason": "Error"}
NO_PLACE = (
    "0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, "
)


def crash(bazaar: Bazaar, name: str, how: str = "recreated") -> None:
    """Pods of the changed template keep ending."""
    getattr(bazaar, how)(name, waiting=("CrashLoopBackOff", "back-off 40s"), last=ENDED, restarts=4)


def refused(bazaar: Bazaar, name: str, text: str, mark: str = "5d8f7c9b64") -> None:
    """New pods of the workload are refused, with the ReplicaFailure condition that the controller writes."""
    state = condition("ReplicaFailure", "True", 3, "FailedCreate", text)
    bazaar.workload(name)["status"]["conditions"].append(state)
    bazaar.event(bazaar.get("ReplicaSet", f"{name}-{mark}"), "FailedCreate", "Error creating: " + text)


def hook(name: str, kind: str) -> Manifest:
    """A webhook about new pods."""
    rules = [{"resources": ["pods"], "operations": ["CREATE"], "apiGroups": [""]}]
    client = {"service": {"name": f"{name}-svc", "namespace": "gatekeeper"}}
    hooks = [{"name": f"{name}.policy.test", "rules": rules, "clientConfig": client}]
    return {"kind": kind, "metadata": {"name": name}, "webhooks": hooks}


def first(change: Change) -> Hypothesis:
    """The likeliest cause of the broken bazaar."""
    bazaar = Bazaar()
    change(bazaar)
    said = diagnose(bazaar.snapshot(), stranger())
    assert said.hypotheses, [one.says for one in said.findings]
    return said.hypotheses[0]


def told(change: Change) -> Diagnosis:
    """What is said of the changed bazaar by one who knows its namespace only."""
    bazaar = Bazaar()
    change(bazaar)
    return diagnose(bazaar.snapshot(), stranger())


def stands_first(change: Change, cause: str, about: str, wanted: str | None) -> None:
    """Say that the cause stands first, about the right object, with a repair and the value that should stand there."""
    one = first(change)

    assert (one.cause, one.about.name) == (cause, about), one.reasons
    assert wanted is None or one.wanted == wanted
    assert one.repair is not None


def payment_at_zero(bazaar: Bazaar) -> None:
    """Payment, which no address names, was scaled to zero four minutes ago."""
    bazaar.silent()
    payment = bazaar.touch("Deployment", "payment")
    payment["spec"]["replicas"], payment["status"] = 0, {}
    bazaar.empty("payment")
    bazaar.endpoints("payment", 0)
    text = "Scaled down replica set payment-5d8f7c9b64 from 1 to 0"
    bazaar.event(payment, "ScalingReplicaSet", text, 4, "Normal")
