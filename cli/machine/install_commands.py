"""`outage install | uninstall`: the stack as systemd units, through reboots."""

import click

from blocks.settings import Settings


@click.command("install")
@click.option("--user", "of_user", is_flag=True, help="For your own systemd instead of the machine's.")
@click.option("--print", "show", is_flag=True, help="Print the units; change nothing.")
def install_command(of_user: bool, show: bool) -> None:
    """Write, check, enable and start a systemd unit for each process, in place of `outage up`.

    Each is started again whatever ends it, and when it shows no sign of life for a while. `outage status` tells
    what runs; `systemctl stop outage.target` stops it. The settings of this moment are kept in stack.json.
    """
    from stack.stack_up import settled_settings
    from stack.units.install_units import install_units
    from stack.units.unit_files import unit_files

    if show:
        for name, text in unit_files(settled_settings(Settings()), of_user=of_user).items():
            click.echo(f"# {name}\n{text}")
        return
    install_units(Settings(), click.echo, of_user=of_user)


@click.command("uninstall")
def uninstall_command() -> None:
    """Stop, disable and remove the units; the record and your files stay."""
    from stack.units.install_units import uninstall_units

    click.echo(
        "removed" if uninstall_units(Settings(), click.echo) else "no units were installed for this home"
    )
