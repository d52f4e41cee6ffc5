"""Another platform, without a platform file: what is no address of a Service is not taken for one."""

from collections.abc import Callable

import pytest

from tests.outage.diagnosis.worlds.otel_demo import Bazaar
from tests.outage.diagnosis.worlds.otel_demo_faults import Change, crash, first, told
from tests.outage.diagnosis.worlds.otel_demo_objects import named
from tests.outage.diagnosis.worlds.shop_objects import Manifest

HALF_AN_HOUR = 30


def rolled(bazaar: Bazaar, name: str, value: str) -> None:
    """Cart was given a setting half an hour ago, and its new pods are well."""
    bazaar.container("cart")["env"].append({"name": name, "value": value})
    bazaar.touch("Deployment", "cart", HALF_AN_HOUR)


def of_old(bazaar: Bazaar, caller: str, name: str, value: str) -> None:
    """A component has had a setting since the platform was made."""
    bazaar.both(caller)(lambda spec: spec["containers"][0]["env"].append({"name": name, "value": value}))
    for pod in bazaar.pods(caller):
        pod["spec"]["containers"][0]["env"].append({"name": name, "value": value})


def image(bazaar: Bazaar) -> None:
    """A setting names an image."""
    rolled(bazaar, "RUNNER_IMAGE", "node:20")


def image_in_a_path(bazaar: Bazaar) -> None:
    """A setting names an image of a registry's library, called as a Service of ours is."""
    rolled(bazaar, "BASE", "library/kafka:39")


def version(bazaar: Bazaar) -> None:
    """A setting names a distribution and its version."""
    rolled(bazaar, "BASE", "ubuntu:22.04")


def version_like_a_service(bazaar: Bazaar) -> None:
    """A setting names a program and its version, called as a Service of ours is."""
    rolled(bazaar, "DIALECT", "postgresql:16")


def level(bazaar: Bazaar) -> None:
    """Arguments hold pairs of a word and a number."""
    bazaar.container("cart")["args"] = ["--log-level", "info:10", "--retry=backoff:30", "--image=node:20"]
    bazaar.touch("Deployment", "cart", HALF_AN_HOUR)


def owner(bazaar: Bazaar) -> None:
    """A setting names a workload that has no Service."""
    rolled(bazaar, "SERVICE_OWNER", "accounting")


def in_the_hosts_file(bazaar: Bazaar) -> None:
    """The pod's own hosts file knows the host."""
    bazaar.spec("cart")["hostAliases"] = [{"ip": "10.0.0.9", "hostnames": ["vault", "kafka"]}]
    rolled(bazaar, "VAULT_ADDR", "http://vault:8200")
    rolled(bazaar, "BROKER_ADDR", "kafka:19092")


def in_another_domain(bazaar: Bazaar) -> None:
    """The pods search another domain too."""
    bazaar.spec("cart")["dnsConfig"] = {"searches": ["corp.example.com"]}
    rolled(bazaar, "LDAP_HOST", "ldap:389")


def restarted_only(bazaar: Bazaar) -> None:
    """A workload with an address of what was never installed was scaled or labelled a while ago."""
    of_old(bazaar, "cart", "ZIPKIN_ADDR", "zipkin:9411")
    bazaar.touch("Deployment", "cart", HALF_AN_HOUR)


QUIET = [
    image,
    image_in_a_path,
    version,
    version_like_a_service,
    level,
    owner,
    in_the_hosts_file,
    in_another_domain,
    restarted_only,
]


@pytest.mark.parametrize("change", [pytest.param(one, id=str(one.__doc__)) for one in QUIET])
def test_what_is_no_address_gives_no_sign(change: Change) -> None:
    """Though the template is young."""
    said = told(change)

    assert [one.says for one in said.findings] == []
    assert [(one.cause, one.about.name, one.reasons) for one in said.hypotheses] == []


def old_image(bazaar: Bazaar) -> str:
    """An image is named."""
    of_old(bazaar, "cart", "RUNNER_IMAGE", "node:20")
    return "cart"


def never_installed(bazaar: Bazaar) -> str:
    """What was never installed is named."""
    of_old(bazaar, "cart", "ZIPKIN_ADDR", "zipkin:9411")
    return "cart"


def name_outside(bazaar: Bazaar) -> str:
    """A name outside is called, which lists no ports."""
    spec = {"type": "ExternalName", "externalName": "db.example.com", "ports": [{"port": 80}]}
    bazaar.put("Service", {"metadata": named("orders-db"), "spec": spec})
    of_old(bazaar, "checkout", "DB_ADDR", "orders-db:5432")
    return "checkout"


def straight_to_the_pods(bazaar: Bazaar) -> str:
    """A Service without an address of its own hands out its pods, which serve another port."""
    ports = [{"name": "x", "port": 80, "targetPort": 6379}]
    bazaar.get("Service", "valkey-cart")["spec"].update(clusterIP="None", ports=ports)
    return "cart"


OLD = [old_image, never_installed, name_outside, straight_to_the_pods]


@pytest.mark.parametrize("change", [pytest.param(one, id=str(one.__doc__)) for one in OLD])
def test_an_address_of_old_is_not_accused_of_its_callers_crash(change: Callable[[Bazaar], str]) -> None:
    """The caller ends by itself, and its log speaks of no address."""

    def crashing(bazaar: Bazaar) -> None:
        ill = change(bazaar)
        crash(bazaar, ill, "fails")
        bazaar.log(ill, "Traceback: KeyError FOO", previous=True)

    assert {one.cause for one in told(crashing).hypotheses} == {"application-error"}


def rolled_wrong(bazaar: Bazaar, setting: Manifest) -> None:
    """Cart was given a setting four minutes ago, and its new pods are ready."""
    bazaar.container("cart")["env"].append(setting)
    bazaar.patched("cart", healthy=True)
    bazaar.status("cart", 1)


def slip(bazaar: Bazaar) -> None:
    """A new template names a host that is nearly called as a Service of ours, in a setting that says nothing."""
    rolled_wrong(bazaar, {"name": "CACHE", "value": "valkey-crt:6379"})


def by_scheme(bazaar: Bazaar) -> None:
    """A new template names the host of a URL that nobody has."""
    rolled_wrong(bazaar, {"name": "HOOK", "value": "http://nowhere:8080/"})


def unknown_to_the_log(bazaar: Bazaar) -> None:
    """A new template names a host without a port, and the log says that nobody knows it."""
    rolled_wrong(bazaar, {"name": "SEARCH_BACKEND", "value": "opensearch"})
    bazaar.log("cart", "Error: getaddrinfo ENOTFOUND opensearch")


def port_of_the_pods(bazaar: Bazaar) -> None:
    """A new template names a port that neither the Service nor its pods have, and the log says so."""
    bazaar.get("Service", "valkey-cart")["spec"]["clusterIP"] = "None"
    bazaar.container("cart")["env"][1]["value"] = "valkey-cart:6380"
    bazaar.patched("cart", healthy=True)
    bazaar.status("cart", 1)
    bazaar.log("cart", "dial tcp valkey-cart:6380: connect: connection refused")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(one, id=str(one.__doc__))
        for one in (slip, by_scheme, unknown_to_the_log, port_of_the_pods)
    ],
)
def test_an_address_that_leads_nowhere_is_found(change: Change) -> None:
    """By its spelling, by its likeness or by the log."""
    one = first(change)

    assert (one.cause, one.about.name) == ("wrong-address", "cart"), one.reasons
    assert one.repair is not None


def test_the_service_of_a_host_setting_is_missed() -> None:
    """A setting that can only mean a host names a workload whose Service is gone."""

    def change(bazaar: Bazaar) -> None:
        of_old(bazaar, "checkout", "PAYMENT_HOST", "payment")
        bazaar.both("checkout")(lambda spec: spec["containers"][0]["env"].pop(2))
        bazaar.pods("checkout")[0]["spec"]["containers"][0]["env"].pop(2)
        bazaar.drop("Service", "payment")
        bazaar.drop("EndpointSlice", "payment-b7x")

    one = first(change)

    assert (one.cause, one.about.name) == ("service-missing", "payment")


def test_a_host_outside_that_refuses_is_not_said_to_be_no_service() -> None:
    """Who is refused has found the host."""

    def change(bazaar: Bazaar) -> None:
        bazaar.both("cart")(lambda spec: spec.update(dnsConfig={"searches": ["corp.example.com"]}))
        of_old(bazaar, "cart", "LDAP_HOST", "ldap:389")
        bazaar.log("cart", "Error: connect ECONNREFUSED ldap:389")

    assert "wrong-address" not in {one.cause for one in told(change).hypotheses}
