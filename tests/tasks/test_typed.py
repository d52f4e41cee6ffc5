"""The words of an evidence can be typed as they stand."""

import shlex

import pytest

from blocks.statements import ACTIVITY, NUMBERS, REPLICAS, STATISTICS
from outage.evidence import Evidence
from outage.platform import Platform, Service
from tasks.observe import monitoring, postgres, web
from tasks.observe.budget import Budget
from tasks.observe.looking import Looks
from tasks.probe.reach import look_at_reach
from tests.blocks.fake_api import fake_api
from tests.tasks.test_looking import NOON, shop


def test_all_connections_of_a_service_are_tried_inside_its_pod() -> None:
    """Without `sh -c`, whatever follows the first semicolon would run on the reader's own machine."""
    called = [Service(name=name, workload=f"deployment/{name}", service=name, port=80) for name in ("a", "b")]
    caller = Service(name="web", workload="deployment/web", depends_on=("a", "b"))
    platform = Platform(name="shop", namespace="shop", services=(caller, *called))
    with fake_api(shop()) as (cluster, _):
        looks = Looks(Budget(), lambda: NOON)
        looks.all(look_at_reach(looks, cluster, platform, [], []))
    found: Evidence = looks.evidence[0]

    assert shlex.split(found.words) == [
        *("kubectl", "exec", "deployment/web", "-n", "shop", "--", "sh", "-c"),
        "nc -zv a.shop 80; nc -zv b.shop 80",
    ]


@pytest.mark.parametrize("statement", [NUMBERS, STATISTICS, ACTIVITY, REPLICAS])
def test_a_statement_is_typed_as_it_is_asked(statement: str) -> None:
    """In one word of the shell, without anything that the shell would replace."""
    words = shlex.split(postgres.typed("shop", statement))

    assert words == ["psql", "-d", "shop", "-c", " ".join(statement.split())]
    assert not set('$`\\"') & set(statement)


def test_a_query_is_typed_at_an_address_or_through_the_api_server() -> None:
    """A Service's name means nothing to curl."""
    path = "/api/v1/query?query=up"

    assert monitoring.typed("https://prom.example/", path) == f"curl 'https://prom.example{path}'"
    assert monitoring.typed("monitoring/prometheus", path) == (
        f"kubectl get --raw '/api/v1/namespaces/monitoring/services/prometheus:9090/proxy{path}'"
    )


@pytest.mark.parametrize(
    ("url", "address", "words"),
    [
        pytest.param("http://a.b/", None, "curl -f http://a.b/", id="a public name"),
        pytest.param(
            "http://a.b/", "1.2.3.4", "curl -f --resolve a.b:80:1.2.3.4 http://a.b/", id="its own port"
        ),
        pytest.param(
            "https://a.b/?x=1&y=2",
            "1.2.3.4:8443",
            "curl -f --connect-to a.b:443:1.2.3.4:8443 'https://a.b/?x=1&y=2'",
            id="another port",
        ),
    ],
)
def test_a_request_is_typed_with_the_address_it_went_to(url: str, address: str | None, words: str) -> None:
    """Or a person would ask another server."""
    assert web.typed(url, address, None) == words
