"""`outage policy`: say in sentences what the policy file allows."""

import sys
from pathlib import Path

import click

from outage.policies.policy_file import check_policy
from outage.policies.policy_sentences import policy_in_sentences
from outage.policies.quorum import unreachable_quorums


@click.group("policy")
def policy_group() -> None:
    """Explain what the policy file allows."""


@policy_group.command("check")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="The file as the program reads it, and the sentences.")
def policy_check_command(file: Path | None, as_json: bool) -> None:
    """Read a policy file and say in sentences what it allows; a mistake is one sentence with its line.

    FILE is the one that the program itself would use when it is left out.
    """
    path = file or _in_force()
    read = check_policy(path)
    if as_json:
        import orjson

        body = {
            "version": 1,
            "file": str(path),
            "policy": read.model_dump(mode="json"),
            "allows": policy_in_sentences(read),
            "unreachable": unreachable_quorums(read),
        }
        sys.stdout.buffer.write(orjson.dumps(body, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        return
    click.echo(f"{path} can be used.")
    for sentence in policy_in_sentences(read):
        click.echo(f"- {sentence}")
    if gaps := unreachable_quorums(read):
        raise click.ClickException(f"{path}: {'; '.join(gaps)}")


def _in_force() -> Path:
    from blocks.settings import Settings

    return Path(Settings().policy_file)
