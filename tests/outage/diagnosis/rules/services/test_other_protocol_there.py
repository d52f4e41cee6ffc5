"""A Service that leads to the wrong one of two ports: callers find another protocol there."""

import pytest

from outage.diagnosis.hypothesis import Diagnosis
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.town import Town

UNLIKE = (
    'desc = "error reading server preface: http2: frame too large, note that the frame header looked like"'
)


def found(line: str, edited: bool = True, more: tuple[int, ...] = ()) -> Diagnosis:
    """Pods with a port for gRPC and one for HTTP; the Service leads to the latter since it was edited."""
    one = Town()
    ports = [{"name": "grpc", "containerPort": 9090}, {"name": "http", "containerPort": 8080}]
    ports += [{"containerPort": number} for number in more]
    one.app("geo", "acme/geo:5", port=9090, container={"ports": ports})
    one.app("router", "acme/router:5", env={"GEO_ADDR": "geo:9090"})
    service = one.touch("Service", "geo", 10) if edited else one.get("Service", "geo")
    service["spec"]["ports"][0]["targetPort"] = 8080
    one.log("router", f"rpc error: code = Unavailable {line}")
    return diagnose(one.snapshot(), one.platform())


def test_the_other_port_is_set() -> None:
    """There are two, and this one is not it."""
    first = found(UNLIKE).hypotheses[0]

    assert (first.cause, first.about.name) == ("service-target-port", "geo")
    assert first.repair is not None
    assert first.repair.changes[0].patch[0]["value"] == 9090


def test_of_several_others_none_is_guessed() -> None:
    """A person knows which."""
    first = found(UNLIKE, more=(9091,)).hypotheses[0]

    assert (first.cause, first.about.name, first.repair) == ("service-target-port", "geo", None)


@pytest.mark.parametrize(("line", "edited"), [(UNLIKE, False), ("desc = quota used up", True)])
def test_a_service_as_it_always_was_or_another_complaint_blames_no_port(line: str, edited: bool) -> None:
    """What changed, or what is said, must point to it."""
    assert "service-target-port" not in [one.cause for one in found(line, edited).hypotheses]
