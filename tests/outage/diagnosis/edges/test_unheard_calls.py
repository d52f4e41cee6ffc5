"""Callers that ask elsewhere and processes that hear themselves alone: suspected where a call was seen to fail."""

from outage.diagnosis.hypothesis import Hypothesis
from outage.snapshots.snapshot import ListeningSocket, Probe, Reach
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_objects import SHOP
from tests.outage.diagnosis.worlds.shop_snapshot import Ground, platform

ANYWHERE = "0.0.0.0"  # noqa: S104  (what a process listens on, nothing that is bound here)


def shop(*, reached: bool = False) -> Ground:
    """The shop, whose user was tried to reach auth."""
    ground = Ground()
    tried = Reach(
        namespace=SHOP,
        source="deployment/user",
        target=f"auth.{SHOP}:3001",
        reached=reached,
        answer="refused",
    )
    ground.extra["reach"] = (tried,)
    return ground


def heard(ground: Ground, address: str, port: int = 3001) -> None:
    """What was read inside the pods of auth."""
    ground.extra["sockets"] = tuple(
        ListeningSocket(namespace=SHOP, pod=one["metadata"]["name"], address=address, port=port)
        for one in ground.pods("auth")
    )


def causes(ground: Ground) -> dict[str, Hypothesis]:
    """What is suspected, by its name."""
    return {one.cause: one for one in diagnose(ground.snapshot(), platform()).hypotheses}


def on_host(ground: Ground, **fields: object) -> None:
    """Put user on its nodes' network."""
    for spec in (
        ground.get("Deployment", "user")["spec"]["template"]["spec"],
        *(one["spec"] for one in ground.pods("user")),
    ):
        spec.update(hostNetwork=True, **fields)


def test_a_process_that_is_heard_by_all_is_innocent() -> None:
    """Also when the call fails for another reason."""
    ground = shop()
    heard(ground, ANYWHERE)

    assert "not-listening" not in causes(ground)


def test_a_loopback_socket_of_who_is_reached_accuses_nobody() -> None:
    """A call that arrives needs no explanation."""
    ground = shop(reached=True)
    heard(ground, "127.0.0.1")

    assert "not-listening" not in causes(ground)


def test_a_process_that_hears_its_own_pod_alone_is_suspected() -> None:
    """A person has to tell it another address."""
    ground = shop()
    heard(ground, "127.0.0.1")

    found = causes(ground)["not-listening"]

    assert str(found.about) == "deployment/auth in shop"
    assert "3001 on 127.0.0.1 alone" in found.says
    assert found.repair is None


def test_on_the_nodes_network_with_the_policy_for_it_is_innocent() -> None:
    """Its names are those of the cluster."""
    ground = shop()
    on_host(ground, dnsPolicy="ClusterFirstWithHostNet")

    assert "wrong-resolver" not in causes(ground)


def test_a_caller_on_the_nodes_network_asks_the_wrong_resolver() -> None:
    """The policy that is made for it heals it."""
    ground = shop()
    on_host(ground, dnsPolicy="ClusterFirst")

    found = causes(ground)["wrong-resolver"]

    assert str(found.about) == "deployment/user in shop"
    assert found.repair is not None
    assert found.repair.changes[0].patch == (
        {"op": "replace", "path": "/spec/template/spec/dnsPolicy", "value": "ClusterFirstWithHostNet"},
    )


def test_in_the_middle_of_a_rollout_the_new_pods_are_the_callers() -> None:
    """The old ones resolve every name; it is not they who complain."""
    ground = shop()
    ground.get("Deployment", "user")["spec"]["template"]["spec"]["dnsPolicy"] = "Default"
    ground.pods("user")[-1]["spec"]["dnsPolicy"] = "Default"

    assert causes(ground)["wrong-resolver"].repair is not None


def edge(class_name: str, classes: tuple[str, ...], status: int = 404) -> dict[str, Hypothesis]:
    """What is suspected when users get this from an Ingress of that class."""
    ground = Ground()
    ground.objects["Ingress"][0]["spec"]["ingressClassName"] = class_name
    for one in classes:
        ground.put("IngressClass", {"metadata": {"name": one}, "spec": {"controller": "example.org/x"}})
    url = "https://api.shop.test/auth/health"
    ground.extra["probes"] = (Probe(url=url, service="auth", status=status),)
    return causes(ground)


def test_a_class_that_nobody_serves_is_suspected_when_users_are_hurt() -> None:
    """The only other class is what it should be."""
    found = edge("ngnix", ("nginx",))["ingress-class-unserved"]

    assert (found.live, found.wanted) == ("ngnix", "nginx")


def test_a_class_is_innocent_when_it_is_served_or_users_are_or_classes_were_not_seen() -> None:
    """Somebody may watch it without its being written down."""
    assert "ingress-class-unserved" not in edge("nginx", ("nginx",))
    assert "ingress-class-unserved" not in edge("ngnix", ("nginx",), status=200)
    assert "ingress-class-unserved" not in edge("ngnix", ())
