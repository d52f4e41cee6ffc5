"""`outage people add | list`: attach a proof to a person whom the policy names."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
import pyotp
import qrcode

from blocks.installation.platform_files import PlatformFiles
from blocks.record.people.person_codes import ProofFolder, code_step
from blocks.settings import Settings
from outage.policies.policy import Policy
from outage.policies.policy_file import check_policy
from outage.text.handle import ANYBODY, read_handle


@click.group("people")
def people_group() -> None:
    """Attach proofs to the people whom the policy names."""


@people_group.command("list")
def people_list_command() -> None:
    """List the people of the policy, and who has a proof."""
    settings = Settings()
    folder, policies = ProofFolder(Path(settings.home)), known_policies(settings)
    for handle in named_people(policies):
        proofs = ["codes"] if folder.person_secret(read_handle(handle)) else []
        in_chat = any((one := policy.people.get(handle)) and one.slack for policy in policies)
        proofs += ["Slack"] if in_chat else []
        words = f"proven by {' and '.join(proofs)}" if proofs else "no proof"
        click.echo(f"{handle:20} {words}")


@people_group.command("add")
@click.argument("name")
@click.option(
    "--renew", is_flag=True, help="Replace the proof that they have: the old device counts no more."
)
def people_add_command(name: str, renew: bool) -> None:
    """Attach a proof to a person: shows a QR code once, for an authenticator app, and asks for a code of it."""
    settings = Settings()
    known = named_people(known_policies(settings))
    if name not in known:
        raise click.UsageError(f"the policy names no `{name}`; it has {', '.join(known) or 'nobody'}")
    folder = ProofFolder(Path(settings.home))
    if folder.person_secret(read_handle(name)) and not renew:
        raise click.UsageError(f"{name} has a proof already; `--renew` replaces it")
    secret = pyotp.random_base32()
    code = qrcode.QRCode(border=1)
    code.add_data(pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name="outage"))
    code.print_ascii(invert=True)
    click.echo(f"or type it in by hand: {secret}\nNobody sees it again.")
    typed = click.prompt("A code that your device shows now", hide_input=True)
    if code_step(secret, typed, datetime.now(UTC)) is None:
        raise click.ClickException(f"add {name}: the code does not fit; nothing is kept, begin again")
    folder.keep_secret(read_handle(name), secret)
    click.echo(f"{name} is proven by codes from now on")


def known_policies(settings: Settings) -> list[Policy]:
    """The policy, and those of platforms that have their own.

    Raises:
        FileError: The policy file cannot be used. Permanent.
    """
    check_policy(Path(settings.policy_file))
    return list(PlatformFiles(settings).policies().values())


def named_people(policies: Sequence[Policy]) -> list[str]:
    """Handles that the policies name, each once."""
    people = [name for policy in policies for name in policy.people]
    groups = [one for policy in policies for group in policy.approvers.values() for one in group]
    return list(dict.fromkeys(one for one in [*people, *groups] if one != ANYBODY))
