"""`outage investigate`: the same eyes without the rest. Read-only; needs nothing but a kubeconfig."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import orjson

from blocks.cluster import Cluster
from blocks.salt import salt
from outage.diagnosis import diagnose
from outage.discovery import discover
from outage.errors import ClusterMissing, ClusterUnreachable, FileError
from outage.investigation import in_json, in_words
from outage.platform import Platform
from outage.platform_file import dump_platform, load_platform, read_platform
from outage.redaction import shareable
from outage.snapshot import Snapshot
from tasks.observe import Budget, look
from tasks.observe.where import where_to_look

PLATFORM_IN_BUNDLE = "platform.yaml"


@click.command()
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
    "--from", "read_from", type=click.Path(path_type=Path), help="Answer from a bundle instead of a cluster."
)
@click.option("--within", "seconds", default=45.0, show_default=True, help="Seconds that looking may take.")
def investigate(
    context: str | None,
    kubeconfig: str | None,
    namespaces: tuple[str, ...],
    platform_file: Path | None,
    as_json: bool,
    save_to: Path | None,
    read_from: Path | None,
    seconds: float,
) -> None:
    """Look at a cluster and say what is wrong, how badly, and why; nothing is changed."""
    written = load_platform(platform_file) if platform_file else None
    if read_from:
        snapshot, kept = read_bundle(read_from)
        platform = written or kept
    else:
        cluster = Cluster.from_kubeconfig(kubeconfig, context)
        snapshot, platform = look_around(cluster, namespaces, written, timedelta(seconds=seconds))
    if save_to:
        save_bundle(snapshot, platform, save_to)
        click.echo(f"saved to {save_to}", err=True)
    diagnosis = diagnose(snapshot, platform)
    if as_json:
        sys.stdout.buffer.write(
            orjson.dumps(in_json(diagnosis, snapshot), option=orjson.OPT_INDENT_2) + b"\n"
        )
    else:
        click.echo(in_words(diagnosis, snapshot), nl=False)


def look_around(
    cluster: Cluster, namespaces: tuple[str, ...], written: Platform | None, time: timedelta
) -> tuple[Snapshot, Platform]:
    """Look at the platform of the file, at the named namespaces, or at those where something is ill.

    Raises:
        ClusterUnreachable: Not one look came back with anything. Transient.
        ClusterMissing: A namespace is not there. Permanent.
    """
    budget = Budget(time=time)
    if written is None:
        chosen = namespaces or where_to_look(cluster)
        bare = Platform(name=chosen[0], namespace=chosen[0])
    else:
        chosen, bare = (written.namespace, *namespaces), written
    snapshot = look(cluster, bare, budget, now=lambda: datetime.now(UTC), deep=chosen[1:])
    unseen = [one.unseen for one in snapshot.evidence if one.unseen]
    if len(unseen) == len(snapshot.evidence):
        raise ClusterUnreachable(f"nothing could be seen: {unseen[0] if unseen else 'no look was made'}")
    there = {one["metadata"]["name"] for one in snapshot.kind("Namespace")}
    if snapshot.saw("Namespace") and (missing := [one for one in chosen if one not in there]):
        raise ClusterMissing(
            f"look at namespace {', '.join(missing)} of context {cluster.context}: it is not there; "
            f"there are {', '.join(sorted(there))}"
        )
    if written is not None:
        return snapshot, written
    found = discover(snapshot, bare.namespace)
    return snapshot, found if len(chosen) == 1 else bare


def save_bundle(snapshot: Snapshot, platform: Platform, folder: Path) -> None:
    """Write everything that was seen, without secrets, so that the same answer can be had from it."""
    from outage.bundle import to_files

    files = {**to_files(shareable(snapshot, salt())), PLATFORM_IN_BUNDLE: dump_platform(platform).encode()}
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def read_bundle(folder: Path) -> tuple[Snapshot, Platform]:
    """Read a bundle back.

    Raises:
        FileError: It is none. Permanent.
    """
    from outage.bundle import from_files

    if not folder.is_dir():
        raise FileError(f"read bundle {folder}: there is no such folder")
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    text = files.pop(PLATFORM_IN_BUNDLE, None)
    snapshot = from_files(files)
    if text is not None:
        return snapshot, read_platform(text.decode(), str(folder / PLATFORM_IN_BUNDLE))
    return snapshot, discover(snapshot, snapshot.namespaces[0])
