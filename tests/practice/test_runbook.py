"""The runbook is read whole."""

from tests.practice.runbook import RUNBOOK, commands


def test_every_command_of_the_runbook_is_found() -> None:
    """No line that starts with a tool's name is left out."""
    tools = ("kubectl ", "curl ", "nslookup ", "psql ", "time ")
    typed = [line for line in RUNBOOK.read_text().splitlines() if line.startswith(tools)]
    found = commands(RUNBOOK.read_text())

    assert len(typed) == 58
    assert [command.text.splitlines()[0] for command in found if command.text.startswith(tools)] == typed


def test_a_command_of_several_lines_stays_one() -> None:
    """The database queries and the loop over the services are typed whole."""
    several = [command.text for command in commands(RUNBOOK.read_text()) if "\n" in command.text]

    assert [text.split()[0] for text in several] == ["psql", "for", "kubectl", "kubectl"]
    assert several[0].endswith("WHERE datname = 'adaptive_learning';\"")
    assert several[1].endswith("done")


def test_psql_runs_beside_the_port_forward_typed_before_it() -> None:
    """Both queries over localhost get the port-forward of their block."""
    beside = [command.beside for command in commands(RUNBOOK.read_text()) if command.text.startswith("psql")]

    assert beside == ["kubectl port-forward svc/postgres 5432:5432 -n adaptive-learning-production &"] * 2
