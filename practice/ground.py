"""The whole practice ground: the cluster and the platform on it.

`up` is safe to repeat: what is alive and right stays, what is missing is raised. When the local cluster cannot be
raised from nothing, what was raised of it is cleared away again.
"""

import secrets
import shutil
from pathlib import Path

from practice import places, platform
from practice.cluster import (
    build,
    clearing,
    cluster,
    control,
    layout,
    looking,
    machine,
    network,
    nodes,
    store,
)
from practice.cluster import images as archives
from practice.errors import PracticeError
from practice.say import Line, Say
from practice.steps import Step, Work, run_all

INTAKE_URL = f"http://{layout.CONTROL.address}:{layout.INTAKE_PORT}/webhook/alertmanager"
MEMORY = "durations.json"
PARTS = ("kube-scheduler", "kube-controller-manager")
"""Of the control plane, what a drill may stop: without any other part nobody could look, or start it again."""


def up(context: str | None, say: Say, intake_url: str | None = None) -> None:
    """Raise the ground, or repair it.

    Args:
        context: A cluster of the user's own to put the platform on; None for the local one.
        say: Hears what takes long.
        intake_url: Where the monitoring of a cluster of the user's own sends its alerts.

    Raises:
        PracticeError: It cannot be raised; what is missing and what to do.
    """
    if context is not None:
        platform.adopt(context, intake_url, token(), say)
        return
    machine.refuse_unfit()
    looking.refuse_foreign()
    network.refuse_taken_addresses()
    with machine.only_one():
        was_whole = looking.is_whole()
        try:
            run_all(cluster_steps(say), say, places.cache() / MEMORY)
        except BaseException:
            if not was_whole and looking.exists():
                say("clearing away what was raised of the cluster")
                clearing.clear()
            raise


def cluster_steps(say: Say) -> list[Step]:
    """Return the work of `up`; what does not wait for another step runs beside it."""
    found: list[Path] = []

    def gather(work: Work) -> None:
        found.extend(platform.images(say))

    def apply(work: Work) -> None:
        platform.apply(places.kubeconfig(), layout.CONTEXT, intake_url=INTAKE_URL, token=token(), say=say)

    def await_health(work: Work) -> None:
        platform.wait_healthy(places.kubeconfig(), layout.CONTEXT, say=say)
        platform.access.write(places.kubeconfig(), layout.CONTEXT)

    return [
        Step("prepare the machine", prepare),
        Step("build Kubernetes", build.build),
        Step("build the platform's images", gather, after=("prepare the machine",)),
        Step(
            "unpack the images",
            lambda work: store.unpack([archives.pause(), *found], work),
            after=("build Kubernetes", "build the platform's images"),
        ),
        Step(
            "start the control plane",
            cluster.start_control,
            after=("prepare the machine", "build Kubernetes"),
        ),
        Step("apply the platform", apply, after=("start the control plane",)),
        Step(
            "start the nodes",
            lambda work: cluster.start_nodes(found, work),
            after=("start the control plane", "unpack the images"),
        ),
        Step(
            "wait until the platform is healthy",
            await_health,
            after=("start the nodes", "apply the platform"),
        ),
    ]


def prepare(work: Work) -> None:
    """Install what the machine lacks."""
    machine.prepare(work)
    machine.kubectl(work)


def token() -> str:
    """Return the intake's bearer token; made by whoever comes first, `practice up` or `outage up`."""
    path = places.intake_token()
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(secrets.token_hex(32))
    except FileExistsError:
        pass
    return path.read_text().strip()


def status() -> list[Line]:
    """Return one line for each part of the local ground; none when there is none."""
    return [*looking.look(), *platform.look()] if looking.exists() else []


def down(say: Say) -> None:
    """Remove the local ground, however much of it is there; caches stay.

    Raises:
        PracticeError: Something could not be removed; what.
    """
    if not looking.exists():
        say("there is no local practice cluster")
        return
    machine.refuse_unprivileged()
    looking.refuse_foreign()
    with machine.only_one():
        clearing.clear()
    say("the practice cluster is gone; what was built stays in the cache")


def node(what: str, name: str) -> str:
    """Stop a node's kubelet and leave its containers running, as a crash does; or start it again.

    The same is done to a part of the control plane that is named instead. Nothing but this, and `up`, starts it again.

    Returns:
        What was done, as a sentence.

    Raises:
        PracticeError: There is no such node or part, or no local cluster.
    """
    known = [*(one.name for one in layout.NODES), *PARTS]
    if name not in known:
        raise PracticeError(f"{what} {name}: there is no such node or part; there are {', '.join(known)}")
    if not looking.exists():
        raise PracticeError("there is no local practice cluster: run `outage practice up` first")
    done = "stopped" if what == "stop" else "started"
    if name in PARTS:
        (control.stop if what == "stop" else control.start)(name)
        return f"{name} was {done}"
    (nodes.stop if what == "stop" else nodes.start)(layout.node(name), "kubelet")
    return f"the kubelet of {name} was {done}"


def kubeconfig() -> Path:
    """Return the local cluster's kubeconfig.

    Raises:
        PracticeError: There is no local cluster.
    """
    if not places.kubeconfig().exists():
        raise PracticeError("there is no local practice cluster: run `outage practice up` first")
    return places.kubeconfig()


def images(to: Path, say: Say) -> list[Path]:
    """Write the platform's image archives to a folder, for loading into a cluster of the user's own.

    Raises:
        PracticeError: They cannot be built or written.
    """
    to.mkdir(parents=True, exist_ok=True)
    written = []
    for archive in platform.images(say):
        shutil.copyfile(archive, to / archive.name)
        written.append(to / archive.name)
    return written
