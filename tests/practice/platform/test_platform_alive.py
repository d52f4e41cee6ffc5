"""The platform as it runs: what the manifests promise is true on the cluster."""

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from practice import places
from practice.cluster import cluster_layout
from practice.platform import platform_health
from practice.platform.kubectl import Kubectl
from practice.platform.platform_manifests import LOCAL, NAMESPACE

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("ground")]

OPEN_POSTGRES_TO_WEB_APP = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "test-opens-postgres", "namespace": NAMESPACE},
    "spec": {
        "podSelector": {"matchLabels": {"app": "postgres"}},
        "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "web-app"}}}]}],
    },
}


@pytest.fixture
def kubectl() -> Kubectl:
    """The cluster's administrator."""
    return Kubectl(places.practice_kubeconfig(), cluster_layout.CONTEXT)


def until(look: Callable[[], bool], seconds: float) -> bool:
    """Look twice a second until it is true, or time is up."""
    end = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.5)
    return found


def prometheus(kubectl: Kubectl, path: str) -> Any:
    """What Prometheus answers, through the API server."""
    proxy = "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/api/v1"
    return json.loads(kubectl.run("get", "--raw", f"{proxy}/{path}"))["data"]


def value(kubectl: Kubectl, query: str) -> float | None:
    """The first value of an instant query; None when it gives none."""
    result = prometheus(kubectl, f"query?query={quote(query)}")["result"]
    return float(result[0]["value"][1]) if result else None


def test_every_public_health_route_answers_over_tls() -> None:
    """As users see it: the public name, the certificate of our authority, status 200."""
    assert platform_health.failing_endpoints(LOCAL.ingress, places.public_authority()) == []


def test_an_unknown_path_of_a_service_is_not_found() -> None:
    """A route reaches its service, not just anything that says 200."""
    found = platform_health.ask_users_url(
        LOCAL.ingress, "api.adaptivelearning.com", "/auth/nothing", places.public_authority()
    )

    assert found == 404


def test_users_are_served_all_the_time(kubectl: Kubectl) -> None:
    """Traffic flows on every route, and a healthy platform refuses none of it."""
    enough = "sum(rate(traffic_requests_total[30s]))"
    failing = 'sum(rate(traffic_requests_total{code!="200"}[20s])) or vector(0)'

    assert until(lambda: (value(kubectl, enough) or 0) > 3, 40)
    assert until(lambda: value(kubectl, failing) == 0, 60)


def test_prometheus_reaches_all_it_should(kubectl: Kubectl) -> None:
    """Every target is up, and each job has some."""

    def all_up() -> bool:
        targets = prometheus(kubectl, "targets?state=active")["activeTargets"]
        jobs = {target["labels"]["job"] for target in targets}
        wanted = {"pods", "ingress", "kube-state-metrics", "nodes", "prometheus", "alertmanager"}
        return jobs == wanted and all(target["health"] == "up" for target in targets)

    assert until(all_up, 60)


def test_only_the_watchdog_fires_when_all_is_well(kubectl: Kubectl) -> None:
    """Alerting works, and nobody is called."""
    assert until(lambda: platform_health.firing_alerts(kubectl) == [], 60)
    watchdog = [alert for alert in prometheus(kubectl, "alerts")["alerts"] if alert["state"] == "firing"]
    assert [alert["labels"]["alertname"] for alert in watchdog] == ["Watchdog"]


def test_the_autoscalers_know_the_load(kubectl: Kubectl) -> None:
    """metrics-server answers kubectl and both HorizontalPodAutoscalers."""

    def known() -> bool:
        lines = kubectl.run("get", "hpa", "-n", NAMESPACE, "--no-headers").splitlines()
        return len(lines) == 2 and all(re.search(r"cpu: \d+%/", line) for line in lines)

    assert until(known, 60)
    assert re.search(r"node-1 +\d+m", kubectl.run("top", "nodes"))


def reaches_postgres(kubectl: Kubectl, deployment: str) -> bool:
    """Tell whether a deployment's pod can open a connection to Postgres."""
    words = (
        "exec",
        f"deployment/{deployment}",
        "-n",
        NAMESPACE,
        "--",
        "nc",
        "-z",
        "-w",
        "2",
        "postgres",
        "5432",
    )
    return kubectl.attempt(*words).returncode == 0


@pytest.fixture
def opened(kubectl: Kubectl) -> Iterator[Callable[[], None]]:
    """Open Postgres to web-app for a while."""
    yield lambda: kubectl.apply([OPEN_POSTGRES_TO_WEB_APP])
    kubectl.run("delete", "networkpolicy", "test-opens-postgres", "-n", NAMESPACE, "--ignore-not-found")


def test_network_policies_are_enforced(kubectl: Kubectl, opened: Callable[[], None]) -> None:
    """Who owns data gets in, who does not is kept out until a policy says otherwise."""
    assert reaches_postgres(kubectl, "scheduler-service")
    assert not reaches_postgres(kubectl, "web-app")

    opened()
    assert until(lambda: reaches_postgres(kubectl, "web-app"), 15)

    kubectl.run("delete", "networkpolicy", "test-opens-postgres", "-n", NAMESPACE)
    assert until(lambda: not reaches_postgres(kubectl, "web-app"), 15)


def query(kubectl: Kubectl, role: str, sql: str) -> tuple[int, str]:
    """Run SQL as a role, inside the database's pod."""
    inside = ("psql", "-U", role, "-d", "adaptive_learning", "-Atc", sql)
    answer = kubectl.attempt("exec", "deployment/postgres", "-n", NAMESPACE, "-c", "postgres", "--", *inside)
    return answer.returncode, (answer.stdout + answer.stderr).strip()


def test_the_responder_reads_the_database_and_changes_nothing(kubectl: Kubectl) -> None:
    """The reading role sees everybody's sessions and may write nowhere."""
    assert query(kubectl, "outage_reader", "SELECT count(*) FROM users") == (0, "50")
    assert query(kubectl, "outage_reader", "SELECT pg_has_role('pg_read_all_stats', 'member')") == (0, "t")
    code, told = query(kubectl, "outage_reader", "DELETE FROM users")
    assert code != 0
    assert "read-only" in told or "permission denied" in told


def test_the_writing_role_may_end_sessions_and_read_no_data(kubectl: Kubectl) -> None:
    """It can end a session of the platform; the learners' rows are not its business."""
    assert query(kubectl, "outage_writer", "SELECT pg_has_role('pg_signal_backend', 'member')") == (0, "t")
    code, told = query(kubectl, "outage_writer", "SELECT * FROM users")
    assert code != 0
    assert "permission denied" in told
