"""The whole practice ground: the cluster and the platform on it.

`up` is safe to repeat: what is alive and right stays, what is missing is raised. When the local cluster cannot be
raised from nothing, what was raised of it is cleared away again.
"""

import secrets
import shutil
from pathlib import Path

from practice import places, platform
from practice.cluster import (
    cluster_layout,
    cluster_status,
    control_plane,
    image_store,
    kubernetes_build,
    raise_cluster,
    worker_nodes,
)
from practice.cluster import node_images as archives
from practice.host import clearing, host_network, machine
from practice.host.ground_steps import GroundStep, GroundWork, run_all
from practice.host.narration import Narrate, Say
from practice.platform import platform_access
from practice.practice_errors import PracticeError

INTAKE_URL = f"http://{cluster_layout.CONTROL.address}:{cluster_layout.INTAKE_PORT}/webhook/alertmanager"
INSTALLED_INTAKE_URL = "http://outage-intake.outage-system:4210/webhook/alertmanager"
"""The intake of our own chart, once it is installed on the ground (practice/in_cluster)."""
MEMORY = "durations.json"
PARTS = ("kube-scheduler", "kube-controller-manager")
"""Of the control plane, what a drill may stop: without any other part nobody could look, or start it again."""


def raise_ground_up(context: str | None, say: Say, intake_url: str | None = None) -> None:
    """Raise the ground, or repair it.

    Args:
        context: A cluster of the user's own to put the platform on; None for the local one.
        say: Hears what takes long.
        intake_url: Where the monitoring of a cluster of the user's own sends its alerts.

    Raises:
        PracticeError: It cannot be raised; what is missing and what to do.
    """
    if context is not None:
        platform.adopt_cluster(context, intake_url, ground_token(), say)
        return
    machine.refuse_unfit()
    cluster_status.refuse_foreign()
    host_network.refuse_taken_addresses()
    with machine.only_one():
        was_whole = cluster_status.is_whole()
        try:
            run_all(cluster_steps(say), say, places.practice_cache() / MEMORY)
        except BaseException:
            if not was_whole and cluster_status.cluster_exists():
                say("clearing away what was raised of the cluster")
                clearing.clear_cluster()
            raise


def cluster_steps(say: Say) -> list[GroundStep]:
    """Return the work of `up`; what does not wait for another step runs beside it."""
    found: list[Path] = []

    def gather(work: GroundWork) -> None:
        found.extend(platform.image_archives(say))

    def apply(work: GroundWork) -> None:
        platform.apply_platform(
            places.practice_kubeconfig(),
            cluster_layout.CONTEXT,
            intake_url=INSTALLED_INTAKE_URL if response_installed() else INTAKE_URL,
            token=ground_token(),
            say=say,
        )

    def await_health(work: GroundWork) -> None:
        platform.wait_healthy(places.practice_kubeconfig(), cluster_layout.CONTEXT, say=say)
        platform_access.write_access(places.practice_kubeconfig(), cluster_layout.CONTEXT)

    return [
        GroundStep("prepare the machine", prepare_ground),
        GroundStep("build Kubernetes", kubernetes_build.build_kubernetes),
        GroundStep("build the platform's images", gather, after=("prepare the machine",)),
        GroundStep(
            "unpack the images",
            lambda work: image_store.unpack_images([archives.pause_image(), *found], work),
            after=("build Kubernetes", "build the platform's images"),
        ),
        GroundStep(
            "start the control plane",
            raise_cluster.start_control,
            after=("prepare the machine", "build Kubernetes"),
        ),
        GroundStep("apply the platform", apply, after=("start the control plane",)),
        GroundStep(
            "start the nodes",
            lambda work: raise_cluster.start_nodes(found, work),
            after=("start the control plane", "unpack the images"),
        ),
        GroundStep(
            "wait until the platform is healthy",
            await_health,
            after=("start the nodes", "apply the platform"),
        ),
    ]


def response_installed() -> bool:
    """Tell whether our own chart is installed on the ground: then alerts are answered in the cluster."""
    return (places.installed_home() / "values.yaml").exists()


def prepare_ground(work: GroundWork) -> None:
    """Install what the machine lacks."""
    machine.prepare_host(work)
    machine.kubectl_path(work)


def ground_token() -> str:
    """Return the intake's bearer token; made by whoever comes first, `practice up` or `outage up`."""
    path = places.intake_token_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(secrets.token_hex(32))
    except FileExistsError:
        pass
    return path.read_text().strip()


def ground_status() -> list[Narrate]:
    """Return one line for each part of the local ground; none when there is none."""
    return (
        [*cluster_status.look_at_cluster_parts(), *platform.look_at_platform()]
        if cluster_status.cluster_exists()
        else []
    )


def take_ground_down(say: Say) -> None:
    """Remove the local ground, however much of it is there; caches stay.

    Raises:
        PracticeError: Something could not be removed; what.
    """
    if not cluster_status.cluster_exists():
        say("there is no local practice cluster")
        return
    machine.refuse_unprivileged()
    cluster_status.refuse_foreign()
    with machine.only_one():
        clearing.clear_cluster()
    say("the practice cluster is gone; what was built stays in the cache")


def ground_node(what: str, name: str) -> str:
    """Stop a node's kubelet and leave its containers running, as a crash does; or start it again.

    The same is done to a part of the control plane that is named instead. Nothing but this, and `up`, starts it again.

    Returns:
        What was done, as a sentence.

    Raises:
        PracticeError: There is no such node or part, or no local cluster.
    """
    known = [*(one.name for one in cluster_layout.NODES), *PARTS]
    if name not in known:
        raise PracticeError(f"{what} {name}: there is no such node or part; there are {', '.join(known)}")
    if not cluster_status.cluster_exists():
        raise PracticeError("there is no local practice cluster: run `outage practice up` first")
    done = "stopped" if what == "stop" else "started"
    if name in PARTS:
        (control_plane.stop_component if what == "stop" else control_plane.start_component)(name)
        return f"{name} was {done}"
    (worker_nodes.stop_node_part if what == "stop" else worker_nodes.start_node_part)(
        cluster_layout.node_layout(name), "kubelet"
    )
    return f"the kubelet of {name} was {done}"


def ground_kubeconfig() -> Path:
    """Return the local cluster's kubeconfig.

    Raises:
        PracticeError: There is no local cluster.
    """
    if not places.practice_kubeconfig().exists():
        raise PracticeError("there is no local practice cluster: run `outage practice up` first")
    return places.practice_kubeconfig()


def ground_images(to: Path, say: Say) -> list[Path]:
    """Write the platform's image archives to a folder, for loading into a cluster of the user's own.

    Raises:
        PracticeError: They cannot be built or written.
    """
    to.mkdir(parents=True, exist_ok=True)
    written = []
    for archive in platform.image_archives(say):
        shutil.copyfile(archive, to / archive.name)
        written.append(to / archive.name)
    return written
