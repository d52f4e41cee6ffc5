"""A sample has every layer in proportion, and the same seed draws it again."""

from collections import Counter

import pytest

from bench.drills.fault_sample import (
    LAYERS,
    NO_OUTAGE,
    UNSORTED,
    sample_in_words,
    stratified_sample,
    stratum_of,
)
from outage.diagnosis.cause import Cause
from practice.faults import fault_catalogue, quiet_faults

CATALOGUE = (*quiet_faults(), *fault_catalogue())


@pytest.mark.parametrize("size", [1, 30, 45, 1000])
def test_every_layer_is_there_however_small_the_sample(size: int) -> None:
    """At least as many as were asked for, and no more than there are."""
    strata = Counter(map(stratum_of, CATALOGUE))
    drawn = stratified_sample(CATALOGUE, size, seed=7)
    counted = Counter(map(stratum_of, drawn))

    assert set(counted) == set(strata)
    assert len(drawn) == len(set(drawn_names := [one.name for one in drawn])) == len(drawn_names)
    assert min(len(CATALOGUE), size) <= len(drawn) <= len(CATALOGUE)
    assert all(counted[name] <= count for name, count in strata.items())


def test_shares_follow_the_catalogue() -> None:
    """Within one row of what is due, where it is more than one."""
    strata = Counter(map(stratum_of, CATALOGUE))
    counted = Counter(map(stratum_of, stratified_sample(CATALOGUE, 40, seed=1)))

    for name, count in strata.items():
        due = 40 * count / len(CATALOGUE)
        assert abs(counted[name] - max(1, due)) <= 1.5, name


def test_the_same_seed_draws_the_same_faults_whatever_their_order() -> None:
    """And another one others."""
    first = stratified_sample(CATALOGUE, 30, seed=1)

    assert stratified_sample(tuple(reversed(CATALOGUE)), 30, seed=1) == first
    assert stratified_sample(CATALOGUE, 30, seed=2) != first
    assert "seed 1:" in sample_in_words(first, 1)


def test_every_cause_has_a_layer_and_what_is_no_outage_one_of_its_own() -> None:
    """Only what no rule of a layer gives is unsorted."""
    assert set(LAYERS) == {str(one) for one in Cause}
    assert {stratum_of(one) for one in quiet_faults() if not one.expected.causes} == {NO_OUTAGE}
    assert [one for one in fault_catalogue() if stratum_of(one) == UNSORTED][2:] == []
