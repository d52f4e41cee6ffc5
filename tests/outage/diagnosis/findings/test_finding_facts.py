"""A finding's sentence is made of its facts, and records of before there were facts are still read."""

import json
from datetime import timedelta

import pytest

from outage.diagnosis.findings.facts import Facts, Sign
from outage.diagnosis.findings.facts.sign_facts import (
    ContainerEndFacts,
    ErrorRatioFacts,
    NoEndpointsFacts,
    ProbeFacts,
    UnreadyPodFacts,
)
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.hypothesis import Diagnosis
from outage.kubernetes.objects import ObjectRef

AUTH = ObjectRef(kind="Service", name="auth", namespace="shop")
STORED_BEFORE = {
    "at": "2030-01-01T12:00:00Z",
    "assessment": {"severity": "P2", "reason": "one is down", "impact": {"services": 4}},
    "findings": [
        {
            "sign": "service-without-endpoints",
            "about": {"kind": "Service", "name": "auth", "namespace": "shop"},
            "says": "service/auth in shop: has no ready endpoint; its selector matches 0 pods",
        }
    ],
    "hypotheses": [
        {"cause": "bad-image", "about": AUTH.model_dump(), "says": "no image", "score": 0.9},
        {
            "cause": "unknown",
            "about": AUTH.model_dump(),
            "says": "more pods",
            "score": 0.2,
            "reasons": ["it eases the outage and heals no cause", "what it eases: signs without a cause"],
            "repair": {"summary": "Scale auth to 3", "changes": []},
        },
    ],
}
"""A phase's result as the program kept it before findings had facts."""


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        pytest.param(
            NoEndpointsFacts(selected=0),
            "service/auth in shop: has no ready endpoint; its selector matches 0 pods",
            id="a Service without endpoints",
        ),
        pytest.param(
            ProbeFacts(sign=Sign.PROBE_FAILING, url="https://shop/auth", status=503),
            "https://shop/auth answers 503",
            id="a URL that answers with an error",
        ),
        pytest.param(
            ErrorRatioFacts(service="auth", ratio=0.5, before=0.01, age=timedelta(hours=1)),
            "auth: 50% of requests fail, 1% 1 h ago",
            id="requests that fail",
        ),
        pytest.param(
            ContainerEndFacts(sign=Sign.POD_RESTARTED, container="app", exit_code=1, quoted="Error"),
            "service/auth in shop: container app restarted, last with Error 1",
            id="a container that ended once",
        ),
    ],
)
def test_the_sentence_is_made_of_the_facts(facts: Facts, says: str) -> None:
    """People read what the program knows."""
    assert Finding.of(AUTH, facts).says == says


def test_facts_come_back_from_the_record_as_they_were() -> None:
    """A response that is run again decides from the same facts."""
    found = Finding.of(AUTH, ProbeFacts(sign=Sign.HEALTH_FAILING, url="u", quoted="refused"))

    assert Finding.model_validate(json.loads(found.model_dump_json())) == found


def test_what_leaves_the_diagnosis_holds_no_secret() -> None:
    """Facts quote the cluster, and the cluster may say a password."""
    found = Finding.of(AUTH, UnreadyPodFacts(quoted="login failed: password=hunter22")).shareable()

    assert "hunter22" not in found.model_dump_json()


def test_a_diagnosis_that_was_stored_before_there_were_facts_is_read() -> None:
    """It tells people what it told, and the program nothing that only a sentence says."""
    read = Diagnosis.model_validate(STORED_BEFORE)

    assert read.findings[0].says == STORED_BEFORE["findings"][0]["says"]  # type: ignore[index]
    assert (read.findings[0].facts, read.findings[0].quoted) == (None, "")
    assert (len(read.hypotheses), len(read.mitigations)) == (1, 1)
