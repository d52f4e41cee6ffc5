"""Whatever the sentences are, the answer is the same: facts decide, prose is for people."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.golden_diagnoses import PLATFORM
from bench.specimen_files import baseline_of, read_specimen
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.sign_reading import read_signs
from outage.diagnosis.hypothesis import Diagnosis
from outage.incidents.incident import Incident
from outage.kubernetes.objects import ObjectRef
from outage.mitigation import mitigations
from outage.plans.planning import plan_for, repair_targets
from outage.platforms.platform import Platform
from outage.platforms.platform_file import load_platform
from outage.snapshots.baseline import Baseline
from outage.snapshots.case import Case
from outage.snapshots.case_index import CaseIndex
from outage.snapshots.snapshot import Snapshot
from outage.verification.lasting_signs import lasting_signs
from tests.outage.diagnosis.rules.test_fault_classes import CLASSES
from tests.outage.diagnosis.worlds.breaking import Change
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.otel_demo import Bazaar
from tests.outage.diagnosis.worlds.otel_demo import stranger as bazaar_stranger
from tests.outage.diagnosis.worlds.otel_demo_faults import payment_at_zero
from tests.outage.diagnosis.worlds.shop_snapshot import Ground
from tests.outage.diagnosis.worlds.shop_snapshot import platform as shop_platform

PICTURES = sorted((Path(__file__).resolve().parents[3] / "specimens").rglob("*.json.gz"))
HEALTHY = next(path for path in PICTURES if path.name == "healthy.json.gz")
SENTENCES = frozenset(
    {"says", "reason", "reasons", "evidence_for", "evidence_against", "settle", "why", "expected", "summary"}
    | {"causes", "take_back", "unknowns"}
)
"""What people read, by the names that it has in every value."""
MISLEADING = (
    "its selector matches 0 pods",
    "80% of requests fail, new since the baseline: no such host",
    'exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1, configmap "app-config" not found',
    'failed calling webhook "x" unreachable not-ready Insufficient memory i/o timeout',
    "deployment/auth in shop cannot use postgres: answers 503, it eases the outage and heals no cause",
)
Scramble = Callable[[], str]


def scrambler(start: str, seed: int) -> Scramble:
    """Makes another sentence each time: random bytes, and at times what a program might fall for."""
    chance, number = Random(seed), count()  # noqa: S311 - the same sentences in every run
    return lambda: (
        start
        + chance.choice(("", *MISLEADING))
        + chance.randbytes(chance.randrange(30)).decode("latin-1")
        + str(next(number))
    )


def scrambled(value: Any, other: Scramble) -> Any:
    """Our JSON with every sentence of it replaced."""
    if isinstance(value, dict):
        return {key: _other(key, inner, other) for key, inner in value.items()}
    return [scrambled(one, other) for one in value] if isinstance(value, list) else value


def _other(key: str, value: Any, other: Scramble) -> Any:
    if key in SENTENCES:
        return [other() for _ in value] if isinstance(value, list) else other()
    return scrambled(value, other)


def bare(value: Any) -> Any:
    """Our JSON without any sentence."""
    if isinstance(value, dict):
        return {key: bare(inner) for key, inner in value.items() if key not in SENTENCES}
    return [bare(one) for one in value] if isinstance(value, list) else value


def told(diagnosis: Diagnosis) -> Any:
    """All of a diagnosis but its sentences."""
    return bare(diagnosis.model_dump(mode="json"))


def with_other_signs(other: Scramble) -> Callable[[CaseIndex], Signs]:
    """The reading of signs whose sentences are replaced before any rule sees them."""

    def read(index: CaseIndex) -> Signs:
        found = read_signs(index).all
        return Signs(index, [one.model_copy(update={"says": other()}) for one in found])

    return read


def answer(
    seen: Snapshot, platform: Platform, baseline: Baseline | None, other: Scramble | None = None
) -> Diagnosis:
    """The diagnosis of a picture, with its signs' sentences as they are or scrambled."""
    with pytest.MonkeyPatch.context() as patch:
        if other is not None:
            patch.setattr("outage.diagnosis.read_signs", with_other_signs(other))
        return diagnose(seen, platform, baseline)


def plan_of(diagnosis: Diagnosis, seen: Snapshot) -> Any:
    """The plan for the first cause, but for its sentences and the hash over them."""
    first = diagnosis.hypotheses[:1]
    incident = Incident(id="inc-1", key="k", title="t", opened_at=seen.taken_at)
    return [
        bare(
            plan_for(one, incident, 1, live(one.repair is not None, one, seen), seen.taken_at).model_dump(
                mode="json"
            )
        )
        for one in first
    ]


def live(repairable: bool, one: Any, seen: Snapshot) -> dict[ObjectRef, Any]:
    """What the plan would write, as it stands in the picture."""
    targets = repair_targets(one) if repairable else ()
    return {about: seen.get(about.kind, about.namespace, about.name) for about in targets}


def same_answer(seen: Snapshot, platform: Platform, baseline: Baseline | None, other: Scramble) -> None:
    """Diagnosis, severity, mitigations and plan are the same but for their sentences."""
    was, now = answer(seen, platform, baseline), answer(seen, platform, baseline, other)
    again = Diagnosis.model_validate(scrambled(was.model_dump(mode="json"), other))

    assert told(now) == told(was)
    for one in (now, again):
        case = Case(snapshot=seen, platform=platform)
        ways, known = mitigations(one, case), mitigations(was, case)
        assert [bare(way.model_dump(mode="json")) for way in ways] == [
            bare(way.model_dump(mode="json")) for way in known
        ]
        assert plan_of(one, seen) == plan_of(was, seen)


@pytest.fixture(scope="module")
def practice() -> tuple[Platform, Baseline]:
    """What the practice ground is, and what it looks like while it is well."""
    return load_platform(PLATFORM), baseline_of(read_specimen(HEALTHY))


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name.removesuffix(".json.gz"))
def test_a_recorded_picture_is_answered_alike_whatever_the_signs_say(
    path: Path, practice: tuple[Platform, Baseline]
) -> None:
    """Rewording a sentence can neither make a right diagnosis wrong nor a plan another one."""
    platform, baseline = practice
    known = baseline if len(path.name) % 2 else None

    same_answer(read_specimen(path), platform, known, scrambler("", len(path.name)))


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.sampled_from([change for change, *_ in CLASSES]), st.text(max_size=30), st.integers(0, 10_000))
def test_a_broken_shop_is_answered_alike_whatever_the_signs_say(
    change: Change, start: str, seed: int
) -> None:
    """One world for each class of fault, and no sentence that any of them needs."""
    ground = Ground()
    baseline = ground.baseline()
    change(ground)

    same_answer(ground.snapshot(), shop_platform(), baseline, scrambler(start, seed))


@settings(max_examples=5, deadline=None, derandomize=True)
@given(st.text(max_size=30), st.integers(0, 10_000))
def test_a_broken_stranger_is_answered_alike_whatever_the_signs_say(start: str, seed: int) -> None:
    """Of somebody else's application nothing is known but its objects."""
    bazaar = Bazaar()
    payment_at_zero(bazaar)

    same_answer(bazaar.snapshot(), bazaar_stranger(), None, scrambler(start, seed))


@pytest.mark.parametrize("name", ["two-at-once", "service-selector", "bad-image"])
def test_what_lasts_of_an_outage_is_told_alike_whatever_the_signs_say(
    name: str, practice: tuple[Platform, Baseline]
) -> None:
    """Whether a change stays is decided from signs, objects and facts."""
    platform, baseline = practice
    path = next(one for one in PICTURES if one.name == f"{name}.json.gz")
    seen = answer(read_specimen(path), platform, baseline)
    other = Diagnosis.model_validate(scrambled(seen.model_dump(mode="json"), scrambler("", 7)))

    assert lasting_signs(other) == lasting_signs(seen)


def test_every_sign_that_is_read_has_facts(practice: tuple[Platform, Baseline]) -> None:
    """A sign without facts would tell no rule anything."""
    platform, baseline = practice
    found = [
        one
        for path in PICTURES[::4]
        for one in read_signs(
            Case(snapshot=read_specimen(path), platform=platform, baseline=baseline).index
        ).all
    ]

    assert [one for one in found if one.facts is None or one.facts.sign is not one.sign] == []
