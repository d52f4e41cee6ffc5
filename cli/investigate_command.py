"""`outage investigate`: the same eyes without the rest. Read-only; needs nothing but a kubeconfig."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import orjson

from blocks.installation.secret_salt import installation_salt
from blocks.kubernetes import Cluster
from outage.diagnosis import diagnose
from outage.errors import ClusterMissing, ClusterUnreachable
from outage.platforms.discovery import discover_platform
from outage.platforms.platform import Platform
from outage.platforms.platform_file import load_platform
from outage.reports.first_screen import first_answer_in_words
from outage.reports.investigation_report import investigation_in_json, investigation_in_words
from outage.snapshots.bundle import read_bundle_files, save_case
from outage.snapshots.case import Case
from outage.snapshots.snapshot import Snapshot
from tasks.observe import Budget, collect_snapshot
from tasks.observe.budget import paused_garbage
from tasks.observe.focus import Focus, focus_namespaces


@click.command("investigate")
@click.option("--context", help="Context of the kubeconfig; the current one by default.")
@click.option("--kubeconfig", type=click.Path(), help="kubectl's own by default.")
@click.option(
    "-n", "--namespace", "namespaces", multiple=True, help="Look closely here; may stand more than once."
)
@click.option(
    "--platform", "platform_file", type=click.Path(path_type=Path), help="The platform file, if there is one."
)
@click.option("--json", "as_json", is_flag=True, help="The versioned shape of docs/json.md.")
@click.option(
    "--save", "save_to", type=click.Path(path_type=Path), help="Write a redacted bundle into this folder."
)
@click.option(
    "--from",
    "read_from",
    type=click.Path(path_type=Path),
    help="Answer from a bundle instead of a cluster: ours, a Troubleshoot support bundle or a must-gather archive.",
)
@click.option("--within", "seconds", default=45.0, show_default=True, help="Seconds that looking may take.")
@click.option(
    "--no-exec", "no_exec", is_flag=True, help="Run nothing in pods, forward no port, log in to no database."
)
def investigate_command(
    context: str | None,
    kubeconfig: str | None,
    namespaces: tuple[str, ...],
    platform_file: Path | None,
    as_json: bool,
    save_to: Path | None,
    read_from: Path | None,
    seconds: float,
    no_exec: bool,
) -> None:
    """Look at a cluster and say what is wrong, how badly, and why; nothing is changed.

    By default it also enters: it tries connections from inside pods (kubectl exec), and asks a database about
    itself through a port-forward, with the reading role of a Secret that it recognises. --no-exec leaves both out.
    What the objects alone tell is said on stderr at once, while logs and programs are still being looked at.
    """
    written = load_platform(platform_file) if platform_file else None
    if read_from:
        case = read_bundle_files(read_from, discover_platform, salt=installation_salt(), wanted=namespaces)
        case = case.model_copy(update={"platform": written}) if written else case
    else:
        cluster = Cluster.from_kubeconfig(kubeconfig, context)
        time = timedelta(seconds=seconds)
        first = None if as_json else show_first_answer
        case = look_around(cluster, namespaces, written, time, entering=not no_exec, first=first)
    if save_to:
        save_case(case, save_to, installation_salt())
        click.echo(f"saved to {save_to}", err=True)
    with paused_garbage():
        diagnosis = diagnose(case)
    if as_json:
        sys.stdout.buffer.write(
            orjson.dumps(investigation_in_json(diagnosis, case.snapshot), option=orjson.OPT_INDENT_2) + b"\n"
        )
    else:
        click.echo(investigation_in_words(diagnosis, case.snapshot), nl=False)


def _now() -> datetime:
    return datetime.now(UTC)


def show_first_answer(case: Case) -> None:
    """Say on stderr what the objects alone tell; the answer itself follows on stdout."""
    click.echo(first_answer_in_words(diagnose(case)), err=True)


def look_around(
    cluster: Cluster,
    namespaces: tuple[str, ...],
    written: Platform | None,
    time: timedelta,
    *,
    entering: bool = True,
    first: Callable[[Case], None] | None = None,
) -> Case:
    """Look at the platform of the file, at the named namespaces, or at those where something is ill.

    Args:
        cluster: The reading door.
        namespaces: Those that were named; none lets the ill pods choose.
        written: The platform file, if there is one.
        time: For choosing the place and looking at it together.
        entering: Whether programs may be run in pods, and the database logged in to.
        first: Is given what the objects alone show, before the rest is looked at.

    Raises:
        ClusterUnreachable: Not one look came back with anything, or the place could not be chosen. Transient.
        ClusterMissing: A namespace is not there. Permanent.
    """
    budget = Budget(time=time)
    if written is not None:
        where, bare = Focus((written.namespace, *namespaces)), written
    else:
        where = Focus(namespaces) if namespaces else focus_namespaces(cluster, budget, _now)
        bare = Platform(name=where.namespaces[0], namespace=where.namespaces[0])
    chosen = where.namespaces
    alone = written is None and len(chosen) == 1

    def case_of(seen: Snapshot) -> Case:
        return Case(snapshot=seen, platform=discover_platform(seen, bare.namespace) if alone else bare)

    def say_first(seen: Snapshot) -> None:
        if first and any(one.unseen is None for one in seen.evidence):
            first(case_of(seen))

    snapshot = collect_snapshot(
        cluster,
        bare,
        budget,
        now=_now,
        deep=chosen[1:],
        entering=entering,
        noted=where.evidence,
        crowd=where.crowd,
        first=say_first if first else None,
    )
    refuse_nothing(snapshot)
    there = {one["metadata"]["name"] for one in snapshot.kind("Namespace")}
    if snapshot.saw("Namespace") and (missing := [one for one in chosen if one not in there]):
        raise ClusterMissing(
            f"look at namespace {', '.join(missing)} of context {cluster.context}: it is not there; "
            f"there are {', '.join(sorted(there))}"
        )
    return case_of(snapshot)


def refuse_nothing(snapshot: Snapshot) -> None:
    """Stop when nothing was seen at all: what follows would be a report about nothing.

    Raises:
        ClusterUnreachable: Not one look came back with anything. Transient.
    """
    unseen = [one.unseen for one in snapshot.evidence if one.unseen]
    if len(unseen) == len(snapshot.evidence):
        raise ClusterUnreachable(f"nothing could be seen: {unseen[0] if unseen else 'no look was made'}")
