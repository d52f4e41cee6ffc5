"""The words of an evidence can be typed as they stand."""

import shlex
from datetime import timedelta

import pytest

from blocks.postgres.statements import ACTIVITY, NUMBERS, REPLICAS, STATISTICS
from outage.platforms.platform import Platform, Service
from outage.snapshots.evidence import Evidence
from outage.snapshots.snapshot import Rates
from tasks.observe import collect_database, collect_monitoring
from tasks.observe.budget import Budget
from tasks.observe.collector import Collector
from tasks.observe.inside.reachability import collect_reach, typed_curl
from tests.blocks.fake_api import fake_api
from tests.tasks.shop_api import NOON, shop


def test_all_connections_of_a_service_are_tried_inside_its_pod() -> None:
    """Without `sh -c`, whatever follows the first semicolon would run on the reader's own machine."""
    called = [Service(name=name, workload=f"deployment/{name}", service=name, port=80) for name in ("a", "b")]
    caller = Service(name="web", workload="deployment/web", depends_on=("a", "b"))
    platform = Platform(name="shop", namespace="shop", services=(caller, *called))
    with fake_api(shop()) as (cluster, _):
        looks = Collector(Budget(), lambda: NOON)
        looks.all(collect_reach(looks, cluster, platform, [], []))
    found: Evidence = looks.evidence[0]

    assert shlex.split(found.words) == [
        *("kubectl", "exec", "deployment/web", "-n", "shop", "--", "sh", "-c"),
        "nc -zv a.shop 80; nc -zv b.shop 80",
    ]


@pytest.mark.parametrize("statement", [NUMBERS, STATISTICS, ACTIVITY, REPLICAS])
def test_a_statement_is_typed_as_it_is_asked(statement: str) -> None:
    """In one word of the shell, without anything that the shell would replace."""
    words = shlex.split(collect_database.typed_psql("shop", statement))

    assert words == ["psql", "-d", "shop", "-c", " ".join(statement.split())]
    assert not set('$`\\"') & set(statement)


def test_a_query_is_typed_at_an_address_or_through_the_api_server() -> None:
    """A Service's name means nothing to curl."""
    path = "/api/v1/query?query=up"

    assert (
        collect_monitoring.typed_query("https://prom.example/", path) == f"curl 'https://prom.example{path}'"
    )
    assert collect_monitoring.typed_query("monitoring/prometheus", path) == (
        f"kubectl get --raw '/api/v1/namespaces/monitoring/services/prometheus:9090/proxy{path}'"
    )


@pytest.mark.parametrize(
    ("rates", "says"),
    [
        pytest.param(
            Rates(service="auth", error_ratio=0.5, error_ratio_before=0.01, latency_seconds=0.2),
            "auth  errors 50.0% against 1.0% 1 h ago  latency 0.200 s against nothing earlier",
            id="an hour ago, and nothing at all",
        ),
        pytest.param(
            Rates(
                service="auth",
                latency_seconds=0.2,
                latency_seconds_before=0.1,
                latency_age=timedelta(minutes=25),
            ),
            "auth  errors not seen against nothing earlier  latency 0.200 s against 0.100 s 25 min ago",
            id="a ground that was raised 25 minutes ago",
        ),
    ],
)
def test_rates_say_what_they_are_compared_with(rates: Rates, says: str) -> None:
    """Twice as slow as in the minute before tells less than twice as slow as an hour ago."""
    assert collect_monitoring.describe_rates(rates) == says


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
    assert typed_curl(url, address, None) == words
