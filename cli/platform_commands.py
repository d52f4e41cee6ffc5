"""`outage platform`: write a first platform file from a live namespace, or compare one with the cluster."""

import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click
import orjson

from blocks.kubernetes import Cluster
from blocks.kubernetes.api_kinds import kind_of
from cli.investigate_command import refuse_nothing
from outage.errors import ClusterError
from outage.kubernetes.objects import object_ref
from outage.platforms.discovery import draft_platform_file
from outage.platforms.platform import Platform
from outage.platforms.platform_drift import PlatformDifference, platform_differences, uncompared_kinds
from outage.platforms.platform_file import dump_platform, load_platform
from outage.snapshots.snapshot import Snapshot
from outage.value import Manifest
from tasks.observe import Budget, collect_snapshot
from tasks.observe.collector import Collector

WIDER = ("Service", "Deployment", "StatefulSet", "DaemonSet", "IngressClass")
"""What is read of all namespaces to find the controller, the monitoring and the mesh."""
EVERYWHERE = ""
"""How a snapshot spells that a list was of the whole cluster."""
READ_FROM = frozenset(
    {
        kind_of(kind).plural
        for kind in (*WIDER, "Ingress", "ConfigMap", "Secret", "NetworkPolicy", "Namespace")
    }
)
"""Looks that a draft is made from: what is missing of them is missing in it."""

access = (
    click.option("--context", help="Context of the kubeconfig; the current one by default."),
    click.option("--kubeconfig", type=click.Path(), help="kubectl's own by default."),
)


@click.group("platform")
def platform_group() -> None:
    """Discover or check the platform file."""


@platform_group.command("discover")
@click.option("-n", "--namespace", required=True, help="Where the platform lives.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write here instead of printing.")
@access[0]
@access[1]
def platform_discover_command(
    namespace: str, output: Path | None, context: str | None, kubeconfig: str | None
) -> None:
    """Write a first platform file from what lives in a namespace, each line saying why it is there."""
    cluster = Cluster.from_kubeconfig(kubeconfig, context)
    snapshot = _seen(cluster, Platform(name=namespace, namespace=namespace), wider=True)
    found = draft_platform_file(snapshot, namespace)
    services = found.platform.services
    if not services:
        raise click.ClickException(f"no workload is seen in namespace {namespace}; is it the right one?")
    for one in snapshot.evidence:
        if one.unseen and one.id.partition("/")[0] in READ_FROM:
            click.echo(f"could not see: {one.words}: {one.unseen}", err=True)
    text = dump_platform(found.platform, found.reasons)
    if output is None:
        click.echo(text, nl=False)
        return
    if output.exists():
        raise click.ClickException(f"{output} exists; it may be reviewed, so it is not overwritten")
    output.write_text(text)
    click.echo(f"wrote {output}: {len(services)} services; review it, then commit it", err=True)


@platform_group.command("check")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="The versioned shape of docs/json.md.")
@access[0]
@access[1]
def check_platform(file: Path | None, as_json: bool, context: str | None, kubeconfig: str | None) -> None:
    """Compare the platform file with the cluster, one sentence for each difference."""
    path = file or _configured()
    written = load_platform(path)
    found = (*_missing_files(written), *_contradictions())
    unseen: tuple[PlatformDifference, ...] = ()
    try:
        snapshot = _seen(_cluster_of(written, context, kubeconfig), _with_surroundings(written))
        found = (*platform_differences(written, snapshot), *found)
        unseen = uncompared_kinds(written, snapshot)
    except ClusterError as error:
        says = f"platform {written.name} names a cluster that does not answer: {error}"
        found = (PlatformDifference(what="cluster", says=says), *found)
    agrees = not found and not unseen
    if as_json:
        body = {
            "version": 1,
            "file": str(path),
            "agrees": agrees,
            "differences": [one.model_dump() for one in found],
            "uncompared": [one.model_dump() for one in unseen],
        }
        click.echo(orjson.dumps(body, option=orjson.OPT_INDENT_2).decode())
    elif agrees:
        click.echo(f"{path} agrees with the cluster: {len(written.services)} services")
    else:
        click.echo("\n".join(f"{one.what}: {one.says}" for one in (*found, *unseen)))
    sys.exit(0 if agrees else 1)


def _cluster_of(written: Platform, context: str | None, kubeconfig: str | None) -> Cluster:
    """The cluster that was named on the command line, else the platform's own as its file says."""
    from blocks.clients import clients

    if context or kubeconfig or clients().platforms.named(written.name) != written:
        return Cluster.from_kubeconfig(kubeconfig, context)
    clients().turn_to(written.name)
    return clients().reader


def _contradictions() -> tuple[PlatformDifference, ...]:
    """What the platform and policy files of this installation say against each other."""
    from blocks.installation.platform_files import PlatformFiles
    from blocks.settings import Settings
    from tasks.doctor.contradictions import contradictions

    said = contradictions(PlatformFiles(Settings()))
    return tuple(PlatformDifference(what="platforms", says=one) for one in said)


def _missing_files(written: Platform) -> tuple[PlatformDifference, ...]:
    """The smoke Job's manifest, when the file names one that is not there."""
    if written.smoke is None or Path(written.smoke.manifest).is_file():
        return ()
    return (PlatformDifference(what="smoke.manifest", says=f"there is no file {written.smoke.manifest}"),)


def _with_surroundings(written: Platform) -> Platform:
    """The platform with the namespaces of its controller and monitoring among those that are looked at."""
    places = [written.ingress.controller_namespace] if written.ingress and written.ingress.controller else []
    for address in (written.monitoring.prometheus, written.monitoring.alertmanager):
        if address and "://" not in address:
            places.append(address.partition("/")[0])
    more = tuple(dict.fromkeys((*written.critical_namespaces, *places)))
    return written.model_copy(update={"critical_namespaces": more})


def _configured() -> Path:
    from blocks.settings import Settings

    return Path(Settings().platform_file)


def _seen(cluster: Cluster, written: Platform, wider: bool = False) -> Snapshot:
    """The objects of the platform's namespace; with `wider`, also what others offer that it may lean on.

    Raises:
        ClusterUnreachable: Not one look came back with anything. Transient.
    """
    budget = Budget()
    snapshot = collect_snapshot(cluster, written, budget, now=lambda: datetime.now(UTC))
    refuse_nothing(snapshot)
    return _widened(snapshot, cluster, budget) if wider else snapshot


def _widened(snapshot: Snapshot, cluster: Cluster, budget: Budget) -> Snapshot:
    """The snapshot with the Services, workloads and ingress classes of the whole cluster."""
    looks = Collector(budget, lambda: datetime.now(UTC))
    objects, listed = dict(snapshot.objects), dict(snapshot.lists.listed if snapshot.lists else {})
    for kind in WIDER:
        plural, where = kind_of(kind).plural, " --all-namespaces" if kind_of(kind).namespaced else ""
        seen = looks.see(
            plural, f"kubectl get {plural}{where} -o json", partial(_list, cluster, kind), lambda _: ""
        )
        if seen is not None:
            known = {str(object_ref(one, kind)): one for one in seen}
            known |= {str(object_ref(one, kind)): one for one in snapshot.kind(kind)}
            objects[kind] = tuple(known[name] for name in sorted(known))
            listed[kind] = (*listed.get(kind, ()), EVERYWHERE)
    lists = snapshot.lists.model_copy(update={"listed": listed}) if snapshot.lists else None
    evidence = (*snapshot.evidence, *looks.evidence)
    return snapshot.model_copy(update={"objects": objects, "lists": lists, "evidence": evidence})


def _list(cluster: Cluster, kind: str) -> list[Manifest]:
    return [one for page in cluster.pages(kind) for one in page]
