"""What a probe's words prove, and what the length of a container's life tells of its liveness probe."""

from typing import Any

import pytest

from outage.diagnosis.hypothesis import Diagnosis
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.otel_demo import Bazaar, stranger
from tests.outage.diagnosis.worlds.shop_objects import Manifest, ago

ASKS: Manifest = {"httpGet": {"path": "/healthz", "port": 8080}}
PANIC = {"exitCode": 2, "reason": "Error"}
GET = 'Readiness probe failed: Get "http://10.1.0.1:8080/healthz": '
RESET = GET + "read tcp 10.0.0.1:5->10.1.0.1:8080: read: connection reset by peer"
TLS_ALERT = (
    GET + r'net/http: HTTP/1.x transport connection broken: malformed HTTP response "\x15\x03\x01\x00\x02"'
)
FRAMES = (
    GET + r'net/http: HTTP/1.x transport connection broken: malformed HTTP response "\x00\x00\x06\x04\x00"'
)


def probed(bazaar: Bazaar, **probes: Manifest) -> None:
    """Give cart these probes since the platform was made."""
    bazaar.both("cart")(lambda spec: spec["containers"][0].update(probes))
    for pod in bazaar.pods("cart"):
        pod["spec"]["containers"][0].update(probes)


def runs(bazaar: Bazaar, young: bool, text: str, scheme: str = "HTTP") -> None:
    """A container that runs and stays, whose readiness probe is answered in this way."""
    probed(bazaar, readinessProbe={"httpGet": {**ASKS["httpGet"], "scheme": scheme}})
    pods = bazaar.recreated("cart") if young else bazaar.fails("cart")
    for pod in pods:
        pod["status"]["containerStatuses"][0]["state"] = {"running": {"startedAt": ago(minutes=4)}}
        bazaar.event(pod, "Unhealthy", text)


def said_of(bazaar: Bazaar) -> Diagnosis:
    """The diagnosis by one who knows the namespace only."""
    return diagnose(bazaar.snapshot(), stranger())


def test_a_probe_that_meets_the_end_of_a_panicking_process_does_not_hide_the_panic() -> None:
    """EOF is what a process leaves behind that dies while it is asked."""
    bazaar = Bazaar()
    probed(bazaar, readinessProbe=ASKS)
    for pod in bazaar.fails("cart", waiting=("CrashLoopBackOff", "back-off"), last=PANIC, restarts=4):
        bazaar.event(pod, "Unhealthy", GET + "EOF")
    bazaar.log("cart", "panic: runtime error", "goroutine 1 [running]:", previous=True)

    assert [one.cause for one in said_of(bazaar).hypotheses] == ["application-error"]


@pytest.mark.parametrize(
    ("young", "text", "scheme", "cause", "wanted"),
    [
        pytest.param(False, RESET, "HTTP", "unknown", None, id="a reset of an old probe proves nothing"),
        pytest.param(True, RESET, "HTTP", "probe-protocol", None, id="a reset of a young probe is a hint"),
        pytest.param(True, TLS_ALERT, "HTTP", "probe-protocol", "HTTPS", id="a TLS alert asks for HTTPS"),
        pytest.param(
            True, FRAMES, "HTTP", "probe-protocol", "tcpSocket on 8080", id="HTTP/2 frames are not TLS"
        ),
        pytest.param(
            True,
            "Readiness probe failed: http: server gave HTTP response to HTTPS client",
            "HTTPS",
            "probe-protocol",
            "HTTP",
            id="a plain answer asks for HTTP",
        ),
    ],
)
def test_only_an_answer_of_another_protocol_changes_the_probe(
    young: bool, text: str, scheme: str, cause: str, wanted: str | None
) -> None:
    """A repair is offered where the answer itself names the protocol."""
    bazaar = Bazaar()
    runs(bazaar, young, text, scheme)

    first = said_of(bazaar).hypotheses[0]

    assert (first.cause, first.wanted, first.repair is not None) == (cause, wanted, wanted is not None)


def lives(bazaar: Bazaar, seconds: int, delay: int, exit_code: int = 143, **pod_spec: Any) -> None:
    """A young container that lives so long, again and again, while its liveness probe fails."""
    probe = {**ASKS, "initialDelaySeconds": delay, "periodSeconds": 10, "failureThreshold": 3}
    bazaar.container("cart")["livenessProbe"] = {**probe, "timeoutSeconds": 2}
    bazaar.spec("cart").update(pod_spec)
    ends = {"exitCode": exit_code, "startedAt": ago(seconds=seconds + 30), "finishedAt": ago(seconds=30)}
    for pod in bazaar.recreated("cart", waiting=("CrashLoopBackOff", "back-off"), last=ends, restarts=5):
        bazaar.event(pod, "Unhealthy", "Liveness probe failed: dial tcp 10.1.0.1:8080: connection refused")
    bazaar.log("cart", "INFO loading caches 40%", previous=True)


@pytest.mark.parametrize(
    ("seconds", "delay", "exit_code", "cause"),
    [
        pytest.param(700, 0, 137, "application-error", id="twelve minutes of life were no start"),
        pytest.param(8, 15, 1, "application-error", id="it ended before the probe could"),
        pytest.param(45, 15, 1, "application-error", id="it ended by itself"),
        pytest.param(45, 15, 143, "liveness-too-eager", id="told to stop when patience ended"),
        pytest.param(76, 15, 137, "liveness-too-eager", id="killed after the time of grace"),
        pytest.param(30, 0, 0, "liveness-too-eager", id="it obeys and ends well"),
    ],
)
def test_a_liveness_probe_is_too_eager_when_life_ends_with_its_patience(
    seconds: int, delay: int, exit_code: int, cause: str
) -> None:
    """Neither a long life nor an end of its own is the probe's fault."""
    bazaar = Bazaar()
    lives(bazaar, seconds, delay, exit_code)

    assert said_of(bazaar).hypotheses[0].cause == cause


def test_a_pod_that_was_ready_and_lost_it_needs_no_time_to_start() -> None:
    """Its readiness is probed, and it had it for days."""
    bazaar = Bazaar()
    probed(bazaar, livenessProbe={**ASKS, "periodSeconds": 10}, readinessProbe=ASKS)
    ends = {"exitCode": 137, "startedAt": ago(seconds=80), "finishedAt": ago(seconds=30)}
    for pod in bazaar.fails("cart", waiting=("CrashLoopBackOff", "back-off"), last=ends, restarts=5):
        bazaar.event(pod, "Unhealthy", "Liveness probe failed: context deadline exceeded")

    assert said_of(bazaar).hypotheses[0].cause == "application-error"


def test_a_patient_probe_is_given_still_more_time_and_keeps_its_timeout() -> None:
    """A startup probe of less than the present patience would make it worse."""
    bazaar = Bazaar()
    lives(bazaar, 180, 150)

    repair = said_of(bazaar).hypotheses[0].repair

    assert repair is not None
    (patch,) = repair.changes[0].patch
    assert patch["value"] == {**ASKS, "timeoutSeconds": 2, "periodSeconds": 5, "failureThreshold": 72}
