"""A Service's port with another name or number than its callers and routes ask for goes back field by field."""

from typing import Any

import pytest

from tests.outage.diagnosis.worlds.breaking import probes_fail
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_snapshot import Ground, platform

HTTP = {"name": "http", "port": 3001, "protocol": "TCP", "targetPort": "http"}
METRICS = {"name": "metrics", "port": 9100, "protocol": "TCP", "targetPort": "http"}


@pytest.mark.parametrize(
    ("ports", "fields"),
    [
        pytest.param([HTTP | {"name": "web"}], {"0/name": "http"}, id="another name"),
        pytest.param([HTTP | {"port": 80}], {"0/port": 3001}, id="another number"),
        pytest.param(
            [HTTP | {"name": "web", "port": 80}],
            {"0/name": "http", "0/port": 3001},
            id="another name and number",
        ),
        pytest.param([METRICS, HTTP | {"name": "web"}], {"1/name": "http"}, id="beside one that was added"),
    ],
)
def test_a_port_that_routes_and_callers_miss_gets_its_fields_back(
    ports: list[dict[str, Any]], fields: dict[str, Any]
) -> None:
    """The route is as it was when all was well: it is not led after the Service, and no port is only taken away."""
    ground = Ground()
    healthy = ground.baseline()
    ground.get("Service", "auth")["spec"]["ports"] = ports
    ground.touch("Service", "auth", 2)
    probes_fail(ground, "auth")

    first = diagnose(ground.snapshot(), platform(), healthy).hypotheses[0]

    assert (first.cause, first.about.name) == ("service-target-port", "auth")
    assert first.repair
    written = {op["path"]: op.get("value") for op in first.repair.changes[0].patch if op["op"] != "remove"}
    assert {f"/spec/ports/{path}": value for path, value in fields.items()}.items() <= written.items()
