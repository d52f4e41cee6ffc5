"""Routine changes while logs grumble as they always do: what was said before, or is over, accuses nobody.

Each innocent stands beside the same change with a complaint that is new since then and goes on.
"""

import pytest

from outage.diagnosis.findings.log_news import kinds_while_well
from outage.snapshots.case import Case
from tests.outage.diagnosis.rules.test_regressions import REFUSED, rolled, says
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.otel_demo import Bazaar, stranger
from tests.outage.diagnosis.worlds.otel_demo_faults import Change, payment_at_zero, told
from tests.outage.diagnosis.worlds.otel_demo_objects import HOME, born, named
from tests.outage.diagnosis.worlds.shop_objects import COREFILE

ALWAYS = tuple(range(3000, 0, -95))
"""Every minute and a half, long before any of these changes and until now."""
NOT_LET_IN = "error: password authentication failed for user shop"
NO_PARTNER = "dial tcp: lookup api.partner.example on 10.96.0.10:53: no such host"
MAY_NOT = f'pods is forbidden: User "system:serviceaccount:{HOME}:bazaar" cannot list resource "pods" in API'


def causes_of(change: Change, who: str, line: str, seconds: tuple[int, ...]) -> list[str]:
    """What is said of a change, while somebody said this so long ago."""

    def both(bazaar: Bazaar) -> None:
        change(bazaar)
        says(bazaar, who, line, *seconds)

    return [one.cause for one in told(both).hypotheses]


def setting(name: str, value: str, minutes: float = 4) -> Change:
    """Payment got a setting and was rolled out; every pod is ready."""

    def change(bazaar: Bazaar) -> None:
        bazaar.container("payment")["env"].append({"name": name, "value": value})
        rolled(bazaar, "payment", minutes)

    return change


PORT, PASSWORD, ADDRESS = (
    setting("PORT", "9999", 40),
    setting("DB_PASSWORD", "next"),
    setting("KAFKA_ADDR", "kafka:9092"),
)


@pytest.mark.parametrize(
    ("change", "who", "line", "seconds", "causes"),
    [
        pytest.param(PORT, "checkout", REFUSED, ALWAYS, [], id="its caller always complains"),
        pytest.param(PORT, "checkout", REFUSED, (700, 600), [], id="its caller complained and is content"),
        pytest.param(PASSWORD, "payment", NOT_LET_IN, (239, 236), [], id="not let in until it was ready"),
        pytest.param(
            ADDRESS, "payment", "error: kafka:9092 refused", (236,), [], id="not connected until it was ready"
        ),
        pytest.param(PORT, "checkout", REFUSED, (600, 40), ["bad-env"], id="its caller complains since"),
        pytest.param(PASSWORD, "payment", NOT_LET_IN, (40,), ["wrong-credential"], id="it is not let in"),
        pytest.param(
            ADDRESS, "payment", "error: kafka:9092 refused", (40,), ["wrong-address"], id="it cannot connect"
        ),
    ],
)
def test_a_setting_is_blamed_only_for_what_is_new_and_goes_on(
    change: Change, who: str, line: str, seconds: tuple[int, ...], causes: list[str]
) -> None:
    """Logs are read to before the change, however long ago that was."""
    assert causes_of(change, who, line, seconds) == causes


@pytest.mark.parametrize(
    ("seconds", "heard", "causes"),
    [
        pytest.param((40,), False, [], id="one bad request is no trend"),
        pytest.param((190, 40), True, [], id="the baseline has heard it before"),
        pytest.param((190, 100, 40), False, ["bad-image"], id="new, and again and again"),
    ],
)
def test_a_release_that_complains_itself_is_blamed_when_it_goes_on(
    seconds: tuple[int, ...], heard: bool, causes: list[str]
) -> None:
    """A baseline knows what each workload says while all is well."""
    bazaar = Bazaar()
    known = bazaar.baseline()
    bazaar.container("payment")["image"] += "-next"
    rolled(bazaar, "payment")
    says(bazaar, "payment", "error: the page was not written", *seconds)
    index = Case(snapshot=bazaar.snapshot(), platform=stranger()).index
    kinds = kinds_while_well(index, None) if heard else {f"deployment/payment in {HOME}": ()}
    known = known.model_copy(update={"log_templates": kinds})

    assert [one.cause for one in diagnose(bazaar.snapshot(), stranger(), known).hypotheses] == causes


def rotated(bazaar: Bazaar) -> None:
    """The Secret of payment was written four minutes ago, and nobody was restarted."""
    bazaar.put("Secret", {"metadata": named("payment"), "data": {"PASSWORD": "hash"}})
    read = [{"secretRef": {"name": "payment"}}]
    bazaar.both("payment")(lambda spec: spec["containers"][0].update(envFrom=read))
    bazaar.touch("Secret", "payment")


@pytest.mark.parametrize(
    ("line", "seconds", "causes"),
    [
        pytest.param(NOT_LET_IN, ALWAYS, [], id="it always refuses somebody"),
        pytest.param(NOT_LET_IN, (235, 230), [], id="it was refused for a moment"),
        pytest.param(NO_PARTNER, ALWAYS, [], id="it never found that host"),
        pytest.param(NOT_LET_IN, (200, 40), ["stale-env"], id="it is refused since"),
        pytest.param(
            "error: getaddrinfo ENOTFOUND db-1", (40,), ["stale-env"], id="it looks for what is gone"
        ),
    ],
)
def test_who_holds_an_old_value_is_restarted_only_when_that_hurts(
    line: str, seconds: tuple[int, ...], causes: list[str]
) -> None:
    """Its pods are ready: what they complained of before the change, they live with."""
    assert causes_of(rotated, "payment", line, seconds) == causes


def rewrite(bazaar: Bazaar) -> None:
    """The Corefile always gave the shop a name of its own within the cluster."""
    block = "    rewrite name api.shop.example frontend.bazaar.svc.cluster.local\n"
    text = COREFILE.replace("    loop\n", block + "    loop\n")
    meta = {"name": "coredns", "namespace": "kube-system", **born()}
    bazaar.put("ConfigMap", {"metadata": meta, "data": {"Corefile": text}})


@pytest.mark.parametrize(
    ("line", "causes"),
    [
        pytest.param(NO_PARTNER, [], id="a name outside is lost"),
        pytest.param("error: getaddrinfo ENOTFOUND cart", ["dns-rewritten"], id="a Service's name is lost"),
    ],
)
def test_the_corefile_is_accused_of_lost_names_of_the_cluster_alone(line: str, causes: list[str]) -> None:
    """A partner's name may be lost while the DNS is well."""
    assert causes_of(rewrite, "frontend", line, (40,)) == causes


def role(bazaar: Bazaar) -> None:
    """The role of all accounts was edited four minutes ago."""
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    bazaar.put("Role", {"metadata": named("reader"), "rules": rules})
    to = {"kind": "Role", "name": "reader"}
    subjects = [{"kind": "ServiceAccount", "name": "bazaar", "namespace": HOME}]
    bazaar.put("RoleBinding", {"metadata": named("reader"), "roleRef": to, "subjects": subjects})
    bazaar.touch("Role", "reader")


@pytest.mark.parametrize(
    ("seconds", "causes"),
    [
        pytest.param(ALWAYS, [], id="it was never allowed"),
        pytest.param((40,), ["rbac-narrowed"], id="it is forbidden since"),
    ],
)
def test_a_role_is_accused_only_of_what_was_allowed_before_it_was_edited(
    seconds: tuple[int, ...], causes: list[str]
) -> None:
    """Some programs always ask for more than they may."""
    assert causes_of(role, "cart", MAY_NOT, seconds) == causes


@pytest.mark.parametrize(
    ("line", "seconds", "causes"),
    [
        pytest.param("error: client went away", (40,), [], id="somebody grumbles"),
        pytest.param("error: request timed out", ALWAYS, [], id="somebody always loses calls"),
        pytest.param("error: request timed out", (10,), ["scaled-to-zero"], id="somebody loses calls since"),
    ],
)
def test_a_parked_workload_is_started_only_for_calls_that_are_lost_since(
    line: str, seconds: tuple[int, ...], causes: list[str]
) -> None:
    """Nobody is known to call it, so that a complaint of whatever proves nothing."""
    assert causes_of(payment_at_zero, "checkout", line, seconds) == causes


@pytest.mark.parametrize(
    ("line", "causes"),
    [
        pytest.param(NO_PARTNER, [], id="a name outside that begins like it"),
        pytest.param("dial tcp: lookup api: no such host", ["wrong-address"], id="the name itself"),
    ],
)
def test_a_word_that_may_be_an_address_is_one_only_when_that_name_is_lost(
    line: str, causes: list[str]
) -> None:
    """`api:40` is a weight until somebody looks for `api`."""
    change = setting("WEIGHTS", "web:60,api:40")

    assert causes_of(change, "payment", line, (190, 40))[:1] == causes


def local(bazaar: Bazaar) -> None:
    """Cart answers outside callers only on its node since four minutes ago; a load balancer leads there."""
    bazaar.get("Service", "cart")["spec"]["type"] = "LoadBalancer"
    bazaar.touch("Service", "cart")["spec"]["externalTrafficPolicy"] = "Local"


@pytest.mark.parametrize(
    ("seconds", "causes"),
    [
        pytest.param(ALWAYS, [], id="as they always did"),
        pytest.param((236,), [], id="for a moment"),
        pytest.param((190, 40), ["traffic-policy-local"], id="since then"),
    ],
)
def test_an_edited_service_is_accused_only_of_what_callers_still_lose(
    seconds: tuple[int, ...], causes: list[str]
) -> None:
    """Whoever always complained, or did so while it was edited, says nothing of the edit."""
    assert causes_of(local, "frontend", "error: connect cart:8080 timed out", seconds) == causes
