"""One table says who acknowledges, leads, hands over and closes, with a command each."""

from pathlib import Path

import pytest

from cli import COMMANDS
from outage.people.incident_roles import ROLES, Role, RoleRules, role_of

README = (Path(__file__).resolve().parents[3] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("rules", ROLES, ids=lambda one: str(one.role))
def test_each_role_has_a_command_that_exists_and_a_line_of_the_readme(rules: RoleRules) -> None:
    """The table that people read is the one that the program goes by."""
    assert rules.command.startswith(f"outage {rules.role} ID ")
    assert str(rules.role) in COMMANDS
    assert f"| `{rules.command}` | {rules.who} | {rules.does} |" in README


def test_every_role_stands_in_the_table_once() -> None:
    """Else two lines could say two things."""
    assert [one.role for one in ROLES] == list(Role)
    assert role_of(Role.LEAD).act == "leads"
