"""From where something counts: said once, with a reason."""

import ast
import re
from pathlib import Path

import pytest

import outage.diagnosis.thresholds as numbers

DIAGNOSIS = Path(numbers.__file__).parent
ROOMS = [*(one for one in sorted(DIAGNOSIS.iterdir()) if one.is_dir()), DIAGNOSIS.parent / "mitigation"]
OWN = re.compile(
    r"timedelta\((?:seconds|minutes|hours|days)=\d"  # a window
    r"|cutoff=[\d.]"  # a likeness
    r"|^[A-Z_]+ = 0?\.\d"  # a share
    r"|total_seconds\(\) [<>]"
)
OF_ONE_MECHANISM = {"SLACK = timedelta(seconds=5)", "HIGHEST = 0.2", "WEIGHTY = 0.2"}
"""What a probe may be late, and what parts of a score are worth."""


def test_every_threshold_has_its_reason() -> None:
    """A number without one is changed by the next who stumbles over it."""
    body = ast.parse(Path(numbers.__file__).read_text(encoding="utf-8")).body
    bare = [
        ast.unparse(line)
        for line, after in zip(body, [*body[1:], None], strict=True)
        if isinstance(line, ast.Assign)
        and not (isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant))
    ]

    assert bare == []


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: str(room.name))
def test_no_room_has_a_window_a_share_or_a_likeness_of_its_own(room: Path) -> None:
    """Seven rules had a `LATELY`, with five values."""
    own = [
        f"{path.name}: {line.strip()}"
        for path in sorted(room.rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if OWN.search(line) and line not in OF_ONE_MECHANISM
    ]

    assert own == []


def test_scores_are_in_the_order_in_which_they_are_needed() -> None:
    """To be shown, to be joined to a cause that is believed, to be acted upon."""
    assert 0 < numbers.LEAST_SCORE < numbers.SHARED_FROM < numbers.BELIEVED_FROM < 1
