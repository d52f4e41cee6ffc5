"""The `outage` command: every family of commands is imported only when it is called."""

import importlib
import sys

import click
from click.shell_completion import CompletionItem

from blocks.log_redaction import redact_logs
from outage.errors import OutageError

COMMANDS = {
    "up": (
        "cli.machine.stack_commands:stack_up_command",
        "Start what answers outages: Prefect, the record, the runner, the intake.",
    ),
    "status": (
        "cli.machine.stack_commands:stack_status_command",
        "Say in one line each what runs, where, since when, and what is wrong.",
    ),
    "down": ("cli.machine.stack_commands:stack_down_command", "Stop all of that."),
    "drill": (
        "cli.drills.drill_command:drill_command",
        "Break something on the practice ground and answer the outage.",
    ),
    "incidents": ("cli.incident_commands:incidents_command", "List incidents, newest first."),
    "show": (
        "cli.incident_commands:show_command",
        "Show one incident: phases, causes, plan, approvals, steps, times.",
    ),
    "page": ("cli.incident_commands:page_command", "Write an incident's page as one HTML file."),
    "route": ("cli.alert_commands:route_command", "Say where an alert would go, and why."),
    "report": ("cli.alert_commands:report_command", "Tell of an outage that no alert tells of."),
    "explain": ("cli.incident_commands:explain_command", "Print one incident's reasoning."),
    "approve": ("cli.people.answer_commands:approve_command", "Say yes to a waiting plan."),
    "decline": ("cli.people.answer_commands:decline_command", "Say no to a waiting plan."),
    "oncall": (
        "cli.people.on_call_command:on_call_command",
        "Say who is on call, why, and when nobody will be.",
    ),
    "people": (
        "cli.people.people_commands:people_group",
        "Attach proofs to the people whom the policy names.",
    ),
    "ack": ("cli.people.incident_acts:ack_command", "Take an incident: calls stop, and a clock starts."),
    "act": (
        "cli.people.act_commands:act_group",
        "Have one of the runbook's actions planned, shown and asked about.",
    ),
    "lead": (
        "cli.people.lead_commands:lead_command",
        "Lead an incident: nothing is written without your yes.",
    ),
    "handover": ("cli.people.lead_commands:handover_command", "Give an incident to another person."),
    "close": ("cli.people.lead_commands:close_command", "End what you mended, after one look."),
    "note": (
        "cli.people.incident_acts:note_command",
        "Write a note on an incident's timeline, or escalate it.",
    ),
    "timeline": (
        "cli.people.incident_acts:timeline_command",
        "Print an incident's timeline, or prove it unchanged.",
    ),
    "postmortem": (
        "cli.people.post_incident_commands:post_mortem_command",
        "Write an incident's post-mortem, prefilled from the record.",
    ),
    "actions": (
        "cli.people.post_incident_commands:actions_command",
        "List what is left to do after incidents, or say that it is done.",
    ),
    "evidence": (
        "cli.people.evidence_command:evidence_command",
        "Put all that is known of an incident into one file, without secrets.",
    ),
    "channel": (
        "cli.people.channel_commands:channel_group",
        "Test the channels through which people are told.",
    ),
    "publish": (
        "cli.people.channel_commands:publish_command",
        "Say yes to what waits to be told in public.",
    ),
    "investigate": (
        "cli.investigate_command:investigate_command",
        "Look at a cluster and say what is wrong; read-only, needs only a kubeconfig.",
    ),
    "platform": ("cli.platform_commands:platform_group", "Discover or check the platform file."),
    "baseline": ("cli.baseline_commands:baseline_group", "Record, show or compare the known-good picture."),
    "policy": ("cli.policy_commands:policy_group", "Explain what the policy file allows."),
    "doctor": (
        "cli.doctor_command:doctor_command",
        "Prove rights, reachability and versions before an outage does.",
    ),
    "install": (
        "cli.machine.install_commands:install_command",
        "Have systemd keep all of that, through reboots.",
    ),
    "uninstall": ("cli.machine.install_commands:uninstall_command", "Take those units away again."),
    "worker": (
        "cli.machine.worker_command:worker_command",
        "Carry the responses of a work pool, beside the cluster that they heal.",
    ),
    "worker-role": (
        "cli.machine.worker_role_command:worker_role_command",
        "Make the database role of a pool's worker: it sees its own platforms alone.",
    ),
    "backup": ("cli.machine.backup_commands:backup_command", "Write the whole record into one file."),
    "restore": ("cli.machine.backup_commands:restore_command", "Put the record back from such a file."),
    "mcp": (
        "cli.machine.mcp_command:mcp_command",
        "Answer other programs over the Model Context Protocol; read-only.",
    ),
    "completion": (
        "cli.machine.completion_command:completion_command",
        "Print what makes a shell complete these commands.",
    ),
    "practice": ("cli.practice_commands:practice_group", "Raise, show and take down the practice cluster."),
}
"""Command → `module:function` that holds it, and its one line of help.

A dictionary, so that `outage investigate` never pays for Prefect's import.
"""


class Lazy(click.Group):
    """A group that imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order a responder meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, function = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), function)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """What may follow, without importing any command for its help."""
        fitting = [(name, line) for name, (_, line) in COMMANDS.items() if name.startswith(incomplete)]
        options = super(click.Group, self).shell_complete(ctx, incomplete)
        return [*(CompletionItem(name, help=line) for name, line in fitting), *options]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


EPILOG = """
\b
First steps:
  outage investigate -n NAMESPACE            what is wrong there; read-only, a kubeconfig is enough
  outage platform discover -n NAMESPACE -o platform.yaml
                                             what your platform is; read it, it is yours then
  outage up                                  from now on alerts are answered on this machine
  outage COMMAND --help                      what a command does, takes and gives back

\b
Files: everything of ours is in OUTAGE_HOME (~/.local/share/outage): platform.yaml, policy.yaml, the
record, logs, tokens. Every setting is a variable OUTAGE_…; what `outage up` chose stands in stack.json.

\b
Exit status: 0 done and well; 1 not done, or something is wrong, said in one sentence; 2 not understood;
130 interrupted. With --json the answer is alone on standard output, in the shape of docs/json.md.

To stop all writing at once, set the Prefect variable outage_kill_switch to a reason.
"""


@click.group(
    cls=Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=EPILOG,
)
@click.version_option(package_name="outage", message="outage %(version)s")
def group() -> None:
    """Answer an outage: triage, investigate, resolve, verify, with a person's yes before anything is written."""


def outage_main() -> None:
    """Run the command line; our own errors become one sentence and exit status 1."""
    redact_logs()
    try:
        status = group.main(standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)  # click hands `Exit(1)` back instead of raising it
    except click.Abort:
        click.echo("outage: interrupted; nothing more is done", err=True)
        sys.exit(130)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(wrong.exit_code)
    except OutageError as error:
        click.echo(f"outage: {error}", err=True)
        sys.exit(1)
