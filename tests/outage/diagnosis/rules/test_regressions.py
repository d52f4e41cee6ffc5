"""Pods that are ready on a template of four minutes ago, while somebody complains: since then, before, or just then."""

from collections.abc import Callable

import pytest

from outage.snapshots.snapshot import LogTail
from tests.outage.diagnosis.worlds.otel_demo import Bazaar
from tests.outage.diagnosis.worlds.otel_demo_faults import crash, told
from tests.outage.diagnosis.worlds.otel_demo_objects import DAYS, HOME, replica_set_of
from tests.outage.diagnosis.worlds.shop_objects import ago

REFUSED = "error: connect payment:8080 connection refused"
NOT_FOUND = "error: getaddrinfo ENOTFOUND valkey-cart"


def says(bazaar: Bazaar, name: str, line: str, *seconds: int) -> None:
    """Let its first pod log the line so long ago."""
    text = "\n".join(f"{ago(seconds=at)} {line}" for at in seconds)
    pod = bazaar.pods(name)[0]["metadata"]["name"]
    tail = LogTail(namespace=HOME, pod=pod, container=name, previous=False, text=text)
    bazaar.extra["logs"] = (*bazaar.extra.get("logs", ()), tail)


def rolled(bazaar: Bazaar, name: str, minutes: float = 4) -> None:
    """Roll the changed template out: every pod is ready."""
    bazaar.patched(name, minutes, healthy=True)
    bazaar.status(name, 1, minutes)


def port(bazaar: Bazaar) -> None:
    """The process of payment listens elsewhere."""
    bazaar.container("payment")["env"].append({"name": "PORT", "value": "9999"})
    rolled(bazaar, "payment")


def command(bazaar: Bazaar) -> None:
    """Payment does something else."""
    bazaar.container("payment")["command"] = ["sleep", "9999"]
    rolled(bazaar, "payment")


def release(bazaar: Bazaar) -> None:
    """Payment has another image, whose command is another one."""
    bazaar.container("payment")["image"] += "-next"
    command(bazaar)


def memory(bazaar: Bazaar) -> None:
    """Payment may use more memory, which nobody minds."""
    bazaar.container("payment")["resources"]["limits"]["memory"] = "240Mi"
    rolled(bazaar, "payment")


@pytest.mark.parametrize(
    ("change", "line", "seconds", "causes"),
    [
        pytest.param(port, REFUSED, (), [], id="nobody complains"),
        pytest.param(command, "error: connect kafka:9092 refused", (40,), [], id="of somebody else"),
        pytest.param(port, REFUSED, (238, 232), [], id="only while the pods were replaced"),
        pytest.param(port, REFUSED, (600, 40), [], id="before the change as well"),
        pytest.param(memory, REFUSED, (40,), [], id="the change cannot be why"),
        pytest.param(release, REFUSED, (40,), ["bad-image"], id="half a release is not taken back"),
        pytest.param(port, REFUSED, (180, 40), ["bad-env"], id="since the environment was changed"),
        pytest.param(command, REFUSED, (180, 40), ["bad-command"], id="since the command was changed"),
    ],
)
def test_a_change_is_blamed_for_what_callers_say_since_then(
    change: Callable[[Bazaar], None], line: str, seconds: tuple[int, ...], causes: list[str]
) -> None:
    """Nothing fails by itself: every pod is ready, and only the callers' logs tell."""

    def both(bazaar: Bazaar) -> None:
        change(bazaar)
        says(bazaar, "checkout", line, *seconds)

    said = told(both).hypotheses

    assert [one.cause for one in said] == causes
    assert all(one.about.name == "payment" and one.repair for one in said)


def test_a_change_of_three_hours_ago_has_been_lived_with() -> None:
    """Who complains now complains of something younger."""

    def change(bazaar: Bazaar) -> None:
        bazaar.container("payment")["command"] = ["sleep", "9999"]
        rolled(bazaar, "payment", minutes=180)
        says(bazaar, "checkout", REFUSED, 40)

    assert told(change).hypotheses == ()


@pytest.mark.parametrize(
    ("line", "others", "causes"),
    [
        pytest.param("error: connect valkey-cart:6379 refused", (), [], id="it finds the name"),
        pytest.param(NOT_FOUND, ("accounting",), [], id="others do not find names either"),
        pytest.param(NOT_FOUND, (), ["bad-template"], id="it alone does not find it"),
    ],
)
def test_a_changed_dns_policy_is_blamed_when_it_alone_finds_no_names(
    line: str, others: tuple[str, ...], causes: list[str]
) -> None:
    """When several do not find names, it is the DNS."""

    def change(bazaar: Bazaar) -> None:
        bazaar.spec("cart")["dnsPolicy"] = "Default"
        rolled(bazaar, "cart")
        says(bazaar, "cart", line, 40)
        for other in others:
            says(bazaar, other, "error: getaddrinfo ENOTFOUND postgresql", 40)

    assert [one.cause for one in told(change).hypotheses] == causes


@pytest.mark.parametrize(
    ("host", "causes"),
    [
        pytest.param("tracing", [], id="another name"),
        pytest.param("kafka", ["bad-template"], id="the name it fails to reach"),
    ],
)
def test_an_alias_is_blamed_for_the_name_that_it_leads_elsewhere(host: str, causes: list[str]) -> None:
    """An entry in the pod's hosts file overrules the DNS."""

    def change(bazaar: Bazaar) -> None:
        bazaar.spec("checkout")["hostAliases"] = [{"ip": "10.0.0.1", "hostnames": [host]}]
        rolled(bazaar, "checkout")
        says(bazaar, "checkout", "error: connect kafka:9092 connection refused", 40)

    assert [one.cause for one in told(change).hypotheses] == causes


def test_what_only_a_still_older_template_has_otherwise_is_no_change() -> None:
    """The template before had the same account; only the one before that had another."""

    def change(bazaar: Bazaar) -> None:
        older = replica_set_of(bazaar.workload("cart"), "4b7d", 0, DAYS * 2)
        older["spec"]["template"]["spec"]["serviceAccountName"] = "once"
        older["status"] = {"replicas": 0}
        bazaar.put("ReplicaSet", older)
        bazaar.container("cart")["env"].append({"name": "MODE", "value": "shout"})
        crash(bazaar, "cart", "patched")

    assert told(change).hypotheses[0].cause == "bad-env"
