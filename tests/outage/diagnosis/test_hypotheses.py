"""What a hypothesis says: what adds up, what is one outage and what are two, what is unknown, what is hidden."""

from datetime import timedelta

import pytest

from outage.diagnosis.cause import Cause
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength
from outage.kubernetes.objects import ObjectRef
from tests.outage.diagnosis.worlds.breaking import first, log, probes_fail
from tests.outage.diagnosis.worlds.breaking_pods import bad_command
from tests.outage.diagnosis.worlds.breaking_scale import scaled_to_zero
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_snapshot import NOON, Ground, meta, platform


def test_reasons_add_up_to_the_score() -> None:
    """A responder can follow the number."""
    one = first(scaled_to_zero)

    assert one.score == pytest.approx(
        min(1.0, sum(float(line.split(" ", 1)[0]) for line in one.reasons)), abs=0.011
    )


def draft() -> SuspectDraft:
    """A cause that contradicts a known good form."""
    about = ObjectRef(kind="Service", name="auth", namespace="shop")
    found = SuspectDraft(cause=Cause.SERVICE_SELECTOR, about=about, says="it selects nothing", explains={"a"})
    return found.add(Strength.CONTRADICTED, "no pod has these labels")


def test_a_suspect_that_is_weighed_does_not_change_under_the_weigher() -> None:
    """A rule may go on with its draft, as one that gives the same draft twice does."""
    found = draft()
    weighed = found.finished()

    found.add(Doubt.LONG_UNCHANGED).explains.add("b")
    found.evidence_for.append("seen later")

    assert weighed == draft().finished()


def test_who_weighs_a_suspect_against_others_leaves_it_as_it_is() -> None:
    """What a rival takes from it stands in the new one alone."""
    weighed = draft().finished()

    doubted = weighed.adding(Doubt.EXPLAINED, "another explains the same").explaining({"b"})

    assert (weighed.doubts, weighed.explains) == ((), {"a"})
    assert (doubted.doubts, doubted.explains) == ((Doubt.EXPLAINED,), {"a", "b"})
    assert doubted.score < weighed.score


def test_of_two_strengths_the_greater_one_stands() -> None:
    """Whichever is said first."""
    stated = draft().add(Strength.STATED, "the cluster says so").finished()
    again = draft().add(Strength.LAST_RESORT, "nothing else fits").finished()

    assert (stated.strength, again.strength) == (Strength.STATED, Strength.CONTRADICTED)
    assert len(stated.parts) == len(again.parts) == 1


def test_two_causes_at_once_are_two_hypotheses() -> None:
    """A bad image here and a selector there have nothing to do with each other."""
    ground = Ground()
    bad_command(ground)
    ground.touch("Service", "content", 3)["spec"]["selector"]["track"] = "gold"
    ground.endpoints("content", 0)

    said = diagnose(ground.snapshot(), platform())

    assert {(one.cause, one.about.name) for one in said.hypotheses} == {
        ("bad-command", "auth"),
        ("service-selector", "content"),
    }


def test_dependents_of_a_failing_service_are_no_causes_of_their_own() -> None:
    """User and scheduler fail because auth does."""
    ground = Ground()
    bad_command(ground)
    for name in ("user", "scheduler"):
        ground.fail(name)
        log(ground, name, "error: dial tcp auth:3001: connection refused")

    said = diagnose(ground.snapshot(), platform())

    assert [(one.cause, one.about.name) for one in said.hypotheses] == [("bad-command", "auth")]


def test_what_nothing_explains_is_unknown() -> None:
    """Unknown is an answer, with what to look at."""
    ground = Ground()
    probes_fail(ground, "auth")

    said = diagnose(ground.snapshot(), platform())

    assert [one.cause for one in said.hypotheses] == ["unknown"]
    assert said.hypotheses[0].repair is None
    assert said.hypotheses[0].settle


def test_a_decoy_from_long_ago_is_not_the_cause() -> None:
    """An old default deny was there when all was well."""
    ground = Ground()
    spec = {"podSelector": {}, "policyTypes": ["Ingress"]}
    ground.put("NetworkPolicy", {"metadata": meta("default-deny"), "spec": spec})
    bad_command(ground)

    said = diagnose(ground.snapshot(), platform())

    assert [one.cause for one in said.hypotheses] == ["bad-command"]


def test_onset_is_the_first_failure() -> None:
    """Not the moment of the picture."""
    one = first(bad_command)

    assert one.onset == NOON - timedelta(minutes=2)


def test_no_password_reaches_a_hypothesis() -> None:
    """What is written back is in the patch; what people read is hidden."""
    ground = Ground()
    ground.container("auth")["env"].append({"name": "DATABASE_PASSWORD", "value": "hunter2hunter2"})
    ground.container("auth")["env"][0]["value"] = "postgres://auth:hunter3hunter3@postgres:5433/shop"
    ground.roll("auth")

    said = diagnose(ground.snapshot(), platform())

    words = [one.model_copy(update={"repair": None}).model_dump_json() for one in said.hypotheses]
    words += [one.repair.summary for one in said.hypotheses if one.repair]
    assert said.hypotheses
    assert not any("hunter" in text for text in words)
