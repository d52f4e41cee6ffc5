"""Installing our chart on the practice cluster, each part only as far as it does not stand; and taking it away."""

import os
import shutil
from pathlib import Path

import yaml

from blocks.settings import HERE
from practice import ground, places, platform
from practice.cluster import cluster_layout, node_images
from practice.cluster.cluster_layout import NODES
from practice.host.ground_steps import GroundWork
from practice.host.narration import Say
from practice.images.outage_image import kept_outage_image, own_image_name
from practice.in_cluster import chart_values, release_health
from practice.in_cluster.release_health import RELEASE_NAMESPACE, SERVICES_NAMESPACE
from practice.platform import platform_access
from practice.platform.kubectl import Kubectl
from practice.platform.platform_identity import Identity
from practice.platform.platform_manifests import Manifest, fill_manifests
from practice.platform.platform_objects import VOLUMES

CHART = HERE / "deploy" / "helm" / "outage"
NODE = NODES[1]
"""Whose disk holds the record."""
REACHED = """\
  page:    kubectl -n outage-system port-forward deployment/outage-page 4220, then http://127.0.0.1:4220
  Prefect: kubectl -n outage-services port-forward deployment/prefect-server 4200, then http://127.0.0.1:4200
  type in: kubectl -n outage-system exec deployment/outage-responder -- outage incidents
  KUBECONFIG is the one of `outage practice kubeconfig`; `make cluster-down` takes the installation away"""


def install_release(say: Say) -> None:
    """Install our chart on the local ground, which must stand; what stands already is left alone.

    The monitoring's alerts go to the intake in the cluster from here on, and no longer to this machine's.

    Raises:
        PracticeError: There is no ground, or a part does not become ready; which.
    """
    ground.ground_kubeconfig()
    say("the image of this clone")
    archive = kept_outage_image()
    say("the image on both nodes")
    node_images.load_images([archive])
    kubectl = practice_kubectl()
    say("PostgreSQL and Prefect's server")
    kubectl.apply(service_manifests(own_image_name()))
    kubectl.apply(release_secrets())
    release_health.await_whole(kubectl, SERVICES_NAMESPACE, say)
    say("the chart")
    upgrade_release(chart_values.written_values(own_image_name()))
    release_health.await_whole(kubectl, RELEASE_NAMESPACE, say)
    send_alerts(ground.INSTALLED_INTAKE_URL, say)
    release_health.await_health(kubectl)
    for line in release_health.installed_parts(kubectl):
        say(f"{line.what} in {line.where}: {line.wrong or 'ready'}")
    say(f"alerts are answered in the cluster\n{REACHED}")


def upgrade_release(values: Path, chart: Path = CHART) -> None:
    """Install a chart, or upgrade the release to it; helm builds itself the first time.

    Args:
        values: The file of the values.
        chart: A folder, also of a former revision.

    Raises:
        PracticeError: helm, or the API server, said no.
    """
    # The ground made the two identities; from here on they are the chart's, and `remove_release` gives them back.
    helm("install", "--take-ownership", "--values", str(values), chart=chart)


def helm(*words: str, chart: Path = CHART) -> str:
    """Run helm for our release on the local ground, as `bin/chart` does; return what it printed."""
    environment = {
        **os.environ,
        "KUBECONFIG": str(places.practice_kubeconfig()),
        "CHART": str(chart.relative_to(HERE) if chart == CHART else chart),
        "HELM_CACHE_HOME": str(places.installed_home() / "helm"),
    }
    return GroundWork("helm").run([str(HERE / "bin" / "chart"), *words], environment=environment)


def service_manifests(image: str) -> list[Manifest]:
    """Return the objects of services.yaml.

    Args:
        image: Ours, which holds Prefect's server.
    """
    own = installed_identity()
    filled = {
        "PASSWORD": own.password("record"),
        "VOLUME": f"{VOLUMES}/{volume_name()}",
        "NODE": NODE.name,
        "IMAGE": image,
    }
    text = fill_manifests((chart_values.FOLDER / "services.yaml").read_text(encoding="utf-8"), filled)
    return [one for one in yaml.safe_load_all(text) if one]


def release_secrets() -> list[Manifest]:
    """Return the Secrets that the chart's values name."""
    dsn = record_dsn(f"record-database.{SERVICES_NAMESPACE}")
    return [
        _secret("outage-record", {"dsn": dsn}),
        _secret("outage-intake", {"intake-token": ground.ground_token()}),
        _secret("outage-drills", {"drill.kubeconfig": places.practice_kubeconfig().read_text()}),
    ]


def record_dsn(host: str) -> str:
    """Return the record's DSN; this machine, too, reaches the address of the Service."""
    return f"postgresql://outage:{installed_identity().password('record')}@{host}:5432/outage"


def installed_identity() -> Identity:
    """Return the passwords of this installation."""
    return Identity(places.installed_home()).make()


def volume_name() -> str:
    """Return the folder of the record's data on its node."""
    return f"record-{installed_identity().password('volume')[:8]}"


def _secret(name: str, texts: dict[str, str]) -> Manifest:
    metadata = {"name": name, "namespace": RELEASE_NAMESPACE}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": texts}


def send_alerts(intake_url: str, say: Say) -> None:
    """Have the ground's monitoring send its alerts to an intake; nothing changes where it does."""
    kubeconfig = places.practice_kubeconfig()
    kubectl = practice_kubectl()
    config = kubectl.read("configmap", "alertmanager-config", "-n", "monitoring")
    if f'"{intake_url}"' in config.get("data", {}).get("alertmanager.yml", ""):
        return
    say(f"alerts go to {intake_url}")
    token = ground.ground_token()
    platform.apply_platform(kubeconfig, cluster_layout.CONTEXT, intake_url=intake_url, token=token, say=say)
    platform.wait_healthy(kubeconfig, cluster_layout.CONTEXT, say=say)


def remove_release(say: Say) -> None:
    """Take the installation away, its record with it, and give the ground its own way back.

    Raises:
        PracticeError: There is no ground, or something could not be removed.
    """
    ground.ground_kubeconfig()
    kubectl = practice_kubectl()
    send_alerts(ground.INTAKE_URL, say)
    if kubectl.read("secret", "-n", RELEASE_NAMESPACE, "-l", "owner=helm,name=outage").get("items"):
        say(helm("uninstall", "--wait").strip())
    for name in ("outage-record", "outage-intake", "outage-drills"):
        kubectl.run("delete", "secret", name, "-n", RELEASE_NAMESPACE, "--ignore-not-found")
    kubectl.run("delete", "namespace", SERVICES_NAMESPACE, "--ignore-not-found", "--timeout=90s")
    if places.installed_home().exists():
        shutil.rmtree(NODE.folder / "kubelet" / "practice" / volume_name(), ignore_errors=True)
        shutil.rmtree(places.installed_home())
    # The identities went with the release; the ground's own response needs them.
    platform_access.write_access(places.practice_kubeconfig(), cluster_layout.CONTEXT)
    say("nothing of the installation is left on the practice cluster")


def practice_kubectl() -> Kubectl:
    """Return kubectl for the local ground, as its administrator."""
    return Kubectl(places.practice_kubeconfig(), cluster_layout.CONTEXT)
