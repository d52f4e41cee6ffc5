"""Probes that time out since the template gives less CPU."""

import pytest

from outage.diagnosis.hypothesis import Diagnosis
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.town import Town

LATE = 'Liveness probe failed: Get "http://10.1.1.1:8080/live": context deadline exceeded (Client.Timeout exceeded)'
REFUSED = 'Liveness probe failed: Get "http://10.1.1.1:8080/live": connect: connection refused'


def found(said: str, cpu: str = "50m", image: str = "acme/matcher:6") -> Diagnosis:
    """A program whose new pods are killed by their liveness probe."""
    one = Town()
    probe = {"httpGet": {"path": "/live", "port": 8080}, "periodSeconds": 10, "failureThreshold": 3}
    whole = {"resources": {"limits": {"cpu": "2", "memory": "512Mi"}}, "livenessProbe": probe}
    one.app("matcher", "acme/matcher:6", replicas=2, container=whole)
    one.container("matcher")["resources"] = {"limits": {"cpu": cpu, "memory": "512Mi"}}
    one.container("matcher")["image"] = image
    one.roll("matcher", 12)
    one.crash("matcher", 143)
    for pod in one.pods("matcher"):
        one.event(pod, "Unhealthy", said)
    return diagnose(one.snapshot(), one.platform())


def test_the_cut_is_named_and_undone() -> None:
    """The program was well with what it had."""
    first = found(LATE).hypotheses[0]

    assert (first.cause, first.about.name, first.live) == ("bad-template", "matcher", "50m")
    assert first.repair is not None


@pytest.mark.parametrize(
    ("said", "cpu", "image"),
    [(REFUSED, "50m", "acme/matcher:6"), (LATE, "2", "acme/matcher:6"), (LATE, "50m", "acme/matcher:7")],
    ids=["refused", "the same CPU", "another release"],
)
def test_what_is_not_slow_or_has_another_reason_blames_no_cpu(said: str, cpu: str, image: str) -> None:
    """A refusal is no slowness, and a new release may be slow by itself."""
    told = [one.says for one in found(said, cpu, image).hypotheses]

    assert not [one for one in told if "cpu" in one]
