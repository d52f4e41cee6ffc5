"""Host and port as two settings of a file: what proxies and clients are told, in YAML, JSON and INI."""

import pytest

from outage.diagnosis.hypothesis import Hypothesis
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.town import Town

WRITTEN = [
    "endpoint:\n  address:\n    socket_address:\n      address: seats\n      port_value: <port>\n",
    "backend:\n  host: seats\n  port: <port>\n",
    '{"host": "seats", "port": <port>, "pool": 8081}',
    "[seats]\nhost = seats\nport = <port>\n",
    "seats.host=seats\nseats.port=<port>\n",
    "server: 'seats'\nport: '<port>'\n",
]


def first(text: str) -> Hypothesis | None:
    """A proxy that reads this, and fails."""
    one = Town()
    one.app("seats", "acme/seats:8")
    one.put("ConfigMap", "edge-conf", data={"edge.conf": text})
    volume = {"volumes": [{"name": "c", "configMap": {"name": "edge-conf"}}]}
    one.app("edge", "acme/edge:1", pod=volume)
    one.log(
        "edge", '"GET /seats/12 HTTP/1.1" 503 UF 0 156 "10.96.7.7:8081" upstream_reset{connection_timeout}'
    )
    found = diagnose(one.snapshot(), one.platform()).hypotheses
    return found[0] if found else None


@pytest.mark.parametrize("written", WRITTEN)
def test_a_port_that_its_service_does_not_have_is_put_right_where_it_stands(written: str) -> None:
    """One number is changed, and no other one that looks like it."""
    one = first(written.replace("<port>", "8081"))

    assert one is not None
    assert (one.cause, one.about.name) == ("wrong-address", "edge-conf")
    assert one.repair is not None
    assert one.repair.changes[0].patch[0]["value"] == written.replace("<port>", "8080")


@pytest.mark.parametrize("written", WRITTEN)
def test_the_port_that_it_has_is_not_to_blame(written: str) -> None:
    """Whatever the proxy complains of."""
    one = first(written.replace("<port>", "8080"))

    assert one is None or one.cause != "wrong-address"


OTHERS = [
    "seats_host: seats\nmetrics_port: 8081\n",
    "host: seats\nname: x\nport: 8081\n",
    "host: seats\n\n\nport: 8081\n",
]


@pytest.mark.parametrize("text", OTHERS)
def test_a_port_of_something_else_is_not_that_hosts(text: str) -> None:
    """Two settings belong together by their names and by standing side by side."""
    one = first(text)

    assert one is None or one.cause != "wrong-address"


def test_where_a_program_listens_itself_is_no_call() -> None:
    """Its own Service translates that port."""
    one = Town()
    one.put("ConfigMap", "seats-conf", data={"app.yaml": "server:\n  host: seats\n  port: 9000\n"})
    volume = {"volumes": [{"name": "c", "configMap": {"name": "seats-conf"}}]}
    one.app("seats", "acme/seats:8", port=9000, pod=volume)
    one.get("Service", "seats")["spec"]["ports"][0]["port"] = 80
    one.log("seats", "ERROR java.net.SocketTimeoutException: Read timed out: bank.example")

    found = diagnose(one.snapshot(), one.platform()).hypotheses

    assert "wrong-address" not in [each.cause for each in found]
