"""`outage completion`: the shell offers our commands and options; `kubectl outage …` offers the same."""

import sys

import click
from click.shell_completion import ShellComplete, get_completion_class

SHELLS = ("bash", "zsh", "fish")
COBRA_NO_FILES = ":4"
"""What kubectl's own completion ends with when file names would be nonsense."""


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def completion_command(shell: str) -> None:
    r"""Print what makes SHELL complete our commands.

    \b
    bash:  outage completion bash >> ~/.bashrc
    zsh:   outage completion zsh >> ~/.zshrc
    fish:  outage completion fish > ~/.config/fish/completions/outage.fish

    `kubectl outage …` completes as soon as kubectl's own completion is loaded.
    """
    from cli import group

    kind = get_completion_class(shell)
    assert kind is not None, shell  # noqa: S101 - click knows the three that it offers
    click.echo(kind(group, {}, "outage", "_OUTAGE_COMPLETE").source())


def complete_for_kubectl() -> None:
    """Be `kubectl_complete-outage`: kubectl asks it what may follow these words, the last one unfinished."""
    for line in completions_for_kubectl(sys.argv[1:]):
        click.echo(line)


def completions_for_kubectl(words: list[str]) -> list[str]:
    """What may stand for the last word, one a line with its help behind a tab, as kubectl reads it."""
    from cli import group

    before, unfinished = words[:-1], words[-1] if words else ""
    found = ShellComplete(group, {}, "outage", "_OUTAGE_COMPLETE").get_completions(before, unfinished)
    plain = [one for one in found if one.type == "plain"]
    if len(plain) < len(found):
        return [":0"]  # file names: the shell knows them itself
    return [*(f"{one.value}\t{one.help}" if one.help else str(one.value) for one in plain), COBRA_NO_FILES]
