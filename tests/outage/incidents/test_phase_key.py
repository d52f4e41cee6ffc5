"""The names of phases in the record: old records are read with them."""

import pytest

from outage.incidents.phase_key import (
    ENDED,
    TRIAGED,
    KeptPhase,
    PhaseKey,
    investigated,
    planned_as,
    resolved_as,
    taken_back_as,
    verified_as,
)


@pytest.mark.parametrize(
    ("key", "spelled", "phase", "attempt"),
    [
        (TRIAGED, "triage", KeptPhase.TRIAGE, None),
        (investigated(2), "investigate-2", KeptPhase.INVESTIGATE, 2),
        (planned_as(1), "plan-1", KeptPhase.PLAN, 1),
        (resolved_as(1), "resolve-1", KeptPhase.RESOLVE, 1),
        (verified_as(12), "verify-12", KeptPhase.VERIFY, 12),
        (taken_back_as(3), "take-back-3", KeptPhase.TAKE_BACK, 3),
        (ENDED, "ended", KeptPhase.ENDED, None),
    ],
)
def test_a_phase_is_spelled_and_read_alike(
    key: PhaseKey, spelled: str, phase: KeptPhase, attempt: int | None
) -> None:
    """As the record has held them since its first version."""
    read = PhaseKey.parse(spelled)

    assert key == read == spelled
    assert (read.phase, read.attempt) == (phase, attempt)


@pytest.mark.parametrize("text", ["", "triage-1", "investigate", "investigate-0", "take-back-", "soak-1"])
def test_what_no_phase_is_kept_under_is_refused(text: str) -> None:
    """A spelling mistake would read as "not finished yet" and do the phase again."""
    with pytest.raises(ValueError, match=r"is not a valid KeptPhase|it comes"):
        PhaseKey.parse(text)
