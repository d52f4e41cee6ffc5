"""`outage practice`: the cluster and the platform to practise on."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from blocks.settings import Settings
from outage.text.durations import duration_in_words

if TYPE_CHECKING:
    from practice.host.narration import Narrate


@click.group("practice")
def practice_group() -> None:
    """The practice cluster and the platform that runs on it."""


@practice_group.command("up")
@click.option("--context", help="Use this context of your kubeconfig instead of a local cluster.")
@click.option("--intake-url", help="With --context: where its Alertmanager reaches the intake.")
def practice_up(context: str | None, intake_url: str | None) -> None:
    """Raise the practice ground, or repair what is missing of it."""
    from practice import ground

    if intake_url and not context:
        raise click.UsageError("--intake-url belongs to --context; the local cluster knows its own way")
    began = time.monotonic()
    with plain_narration():
        ground.raise_ground_up(context, say_with_times(began), intake_url=intake_url)
    say_with_times(began)(f"the practice ground is up{f' on {context}' if context else ''}")


@practice_group.command("status")
@click.option("--json", "as_json", is_flag=True, help="The versioned shape of docs/json.md.")
def practice_status(as_json: bool) -> None:
    """Say what runs, where, since when, and what is wrong with it."""
    from practice import ground

    with plain_narration():
        lines = ground.ground_status()
    if as_json:
        click.echo(json.dumps({"version": 1, "parts": [as_document(line) for line in lines]}, indent=2))
    elif not lines:
        click.echo("there is no local practice cluster: `outage practice up` raises one")
    else:
        for line in lines:
            click.echo(as_text(line, datetime.now(UTC)))
    sys.exit(0 if lines and not any(line.wrong for line in lines) else 1)


@practice_group.command("down")
def practice_down() -> None:
    """Remove the local practice ground and everything it left on this machine; caches stay."""
    from practice import ground

    with plain_narration():
        ground.take_ground_down(click.echo)


@practice_group.command("install")
def practice_install() -> None:
    """Install our own chart on the practice cluster: alerts are answered in there from then on."""
    from practice.in_cluster.install_release import install_release

    refuse_second_responder(Settings())
    began = time.monotonic()
    with plain_narration():
        install_release(say_with_times(began))


def refuse_second_responder(settings: Settings) -> None:
    """Two that know nothing of each other would answer the same outage, each by its own record.

    Raises:
        click.ClickException: This machine's own stack is up and answers for the practice platform.
    """
    from practice import places
    from stack.processes.supervisor import supervisor_state

    state = supervisor_state(settings, "supervisor")
    if state and state.process.alive and settings.platform_file == places.practice_home() / "platform.yaml":
        raise click.ClickException(
            f"install on the practice cluster: the stack of {settings.home} answers for it; `outage down` first"
        )


@practice_group.command("uninstall")
def practice_uninstall() -> None:
    """Take our own chart off the practice cluster, its record with it; the ground stays."""
    from practice.in_cluster.install_release import remove_release

    with plain_narration():
        remove_release(say_with_times(time.monotonic()))


@practice_group.command("kubeconfig")
def print_kubeconfig() -> None:
    """Print the path of the local cluster's kubeconfig."""
    from practice import ground

    with plain_narration():
        click.echo(ground.ground_kubeconfig())


@practice_group.command("images")
@click.argument("to", type=click.Path(file_okay=False, path_type=Path))
def practice_images(to: Path) -> None:
    """Write the platform's image archives to a folder, to load them into a cluster of your own."""
    from practice import ground

    with plain_narration():
        for path in ground.ground_images(to, say_with_times(time.monotonic())):
            click.echo(path)


@practice_group.command("node")
@click.argument("what", type=click.Choice(["stop", "start"]))
@click.argument("name")
def practice_node(what: str, name: str) -> None:
    """Stop or start a node's kubelet, kube-scheduler or kube-controller-manager: no API can, and a drill needs it."""
    from practice import ground

    with plain_narration():
        click.echo(ground.ground_node(what, name))


@practice_group.command("shell", context_settings={"ignore_unknown_options": True})
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def practice_shell(command: tuple[str, ...]) -> None:
    """Open a shell in which the runbook's commands work as they stand, or run COMMAND in it."""
    from practice.cluster import runbook_shell
    from practice.host import machine

    with plain_narration():
        machine.refuse_unprivileged()
        words = runbook_shell.shell_command(command)
    os.execvpe(words[0], words, runbook_shell.shell_environment())  # noqa: S606  (becoming the shell is the point)


@contextmanager
def plain_narration() -> Iterator[None]:
    """End with one sentence when something stands in the way, and in order when asked to stop."""
    from practice.practice_errors import PracticeError

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except PracticeError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"the machine said no: {error}") from error
    finally:
        signal.signal(signal.SIGTERM, before)


def say_with_times(began: float) -> Callable[[str], None]:
    """Return a voice that puts the time since the beginning before each line."""

    def say(text: str) -> None:
        minutes, seconds = divmod(round(time.monotonic() - began), 60)
        click.echo(f"{minutes:3d}:{seconds:02d}  {text}")

    return say


def as_text(line: "Narrate", now: datetime) -> str:
    """Return one part as a line for a person."""
    age = f"up {duration_in_words(now - line.since)}" if line.since else "-"
    return f"{line.what:<26} {line.where:<34} {age:<14} {line.wrong or 'ok'}"


def as_document(line: "Narrate") -> dict[str, str | None]:
    """Return one part as JSON has it."""
    since = line.since.isoformat() if line.since else None
    return {"what": line.what, "where": line.where, "since": since, "wrong": line.wrong}
