"""What a reading role would not see, said before an outage asks for it."""

from typing import Any

import pytest

from outage.platforms.database_rights import ReadingRights, blind_spots

WELL = {"role": "outage_reader", "sees_others": True, "read_only_itself": False, "reserved": True}


def said(**more: Any) -> list[tuple[str, bool]]:
    """The blind spots of a role that is well, but for this."""
    return list(blind_spots(ReadingRights(**{**WELL, **more})))


def test_a_role_with_every_right_has_no_blind_spot() -> None:
    """Healthy first."""
    assert said() == []


@pytest.mark.parametrize(
    ("lacks", "cure"),
    [
        pytest.param(
            {"sees_others": False}, "GRANT pg_read_all_stats TO outage_reader", id="others' sessions"
        ),
        pytest.param({"read_only_itself": True}, "RESET default_transaction_read_only", id="its own default"),
        pytest.param({"reserved": False}, "GRANT pg_use_reserved_connections", id="no reserved connection"),
    ],
)
def test_each_blind_spot_comes_with_its_cure(lacks: dict[str, Any], cure: str) -> None:
    """A person can act on it."""
    ((says, curable),) = said(**lacks)

    assert cure in says
    assert curable


def test_what_an_old_server_cannot_have_is_told_and_not_held_against_the_role() -> None:
    """Only an upgrade would help."""
    ((says, curable),) = said(reserved=None)

    assert "PostgreSQL 16" in says
    assert not curable
