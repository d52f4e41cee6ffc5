import pytest
from click.testing import CliRunner

from cli import COMMANDS, group
from cli.machine.completion_command import SHELLS, completions_for_kubectl


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_gets_its_own_words(shell: str) -> None:
    """Made by click, for the program's own name."""
    said = CliRunner().invoke(group, ["completion", shell])

    assert said.exit_code == 0
    assert f"_OUTAGE_COMPLETE={shell}_complete" in said.output


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        pytest.param([""], set(COMMANDS), id="every command"),
        pytest.param(["in"], {"incidents", "investigate"}, id="commands that begin so"),
        pytest.param(["investigate", "--no"], {"--no-exec"}, id="an option"),
        pytest.param(["completion", ""], set(SHELLS), id="a choice"),
        pytest.param(["platform", "ch"], {"check"}, id="a command of a group"),
        pytest.param(["nonsense", ""], set(), id="nothing fits"),
    ],
)
def test_kubectl_is_told_what_may_follow(words: list[str], offered: set[str]) -> None:
    """In the shape that kubectl reads: a value, a tab, its help; and last what to do about files."""
    said = completions_for_kubectl(words)

    assert {line.partition("\t")[0] for line in said[:-1]} >= offered
    assert said[-1] == ":4"


def test_files_are_left_to_the_shell() -> None:
    """It knows them better."""
    assert completions_for_kubectl(["route", "deliv"])[-1] == ":0"


def test_help_stands_alone() -> None:
    """It names every command, where things are kept, what an exit status means and how to stop all writing."""
    said = CliRunner().invoke(group, ["--help"]).output

    assert all(f"  {name} " in said for name in COMMANDS)
    assert all(word in said for word in ("OUTAGE_HOME", "Exit status", "outage_kill_switch", "First steps"))
