"""`outage platform`: write a first platform file from a live namespace, or compare one with the cluster."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import orjson

from blocks.cluster import Cluster
from outage.agreement import differences
from outage.discovery import discover
from outage.errors import ClusterUnreachable
from outage.platform import Platform
from outage.platform_file import dump_platform, load_platform
from outage.snapshot import Snapshot
from tasks.observe import Budget, look

access = (
    click.option("--context", help="Context of the kubeconfig; the current one by default."),
    click.option("--kubeconfig", type=click.Path(), help="kubectl's own by default."),
)


@click.group()
def platform() -> None:
    """Discover or check the platform file."""


@platform.command("discover")
@click.option("-n", "--namespace", required=True, help="Where the platform lives.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write here instead of printing.")
@access[0]
@access[1]
def discover_platform(
    namespace: str, output: Path | None, context: str | None, kubeconfig: str | None
) -> None:
    """Write a first platform file from what lives in a namespace, each line saying why it is there."""
    snapshot = _seen(
        Cluster.from_kubeconfig(kubeconfig, context), Platform(name=namespace, namespace=namespace)
    )
    found = discover(snapshot, namespace)
    if not found.services:
        raise click.ClickException(f"no workload is seen in namespace {namespace}; is it the right one?")
    text = dump_platform(found)
    if output is None:
        click.echo(text, nl=False)
        return
    if output.exists():
        raise click.ClickException(f"{output} exists; it may be reviewed, so it is not overwritten")
    output.write_text(text)
    click.echo(f"wrote {output}: {len(found.services)} services; review it, then commit it", err=True)


@platform.command("check")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="The versioned shape of docs/json.md.")
@access[0]
@access[1]
def check_platform(file: Path | None, as_json: bool, context: str | None, kubeconfig: str | None) -> None:
    """Compare the platform file with the cluster, one sentence for each difference."""
    path = file or _configured()
    written = load_platform(path)
    found = differences(written, _seen(Cluster.from_kubeconfig(kubeconfig, context), written))
    if as_json:
        body = {
            "version": 1,
            "file": str(path),
            "agrees": not found,
            "differences": [one.model_dump() for one in found],
        }
        click.echo(orjson.dumps(body, option=orjson.OPT_INDENT_2).decode())
    elif found:
        click.echo("\n".join(f"{one.what}: {one.says}" for one in found))
    else:
        click.echo(f"{path} agrees with the cluster: {len(written.services)} services")
    sys.exit(1 if found else 0)


def _configured() -> Path:
    from blocks.settings import Settings

    return Path(Settings().platform_file)


def _seen(cluster: Cluster, written: Platform) -> Snapshot:
    """The objects of the platform's namespace.

    Raises:
        ClusterUnreachable: Not one look came back with anything. Transient.
    """
    snapshot = look(cluster, written, Budget(), now=lambda: datetime.now(UTC))
    unseen = [one.unseen for one in snapshot.evidence if one.unseen]
    if len(unseen) == len(snapshot.evidence):
        raise ClusterUnreachable(f"nothing could be seen: {unseen[0] if unseen else 'no look was made'}")
    return snapshot
