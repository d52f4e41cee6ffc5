"""The chart as it is installed on the practice cluster, and hands to break it: pods die, revisions change."""

import os
import subprocess
import tarfile
import time
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import yaml

from blocks.record import Record
from blocks.settings import HERE
from outage.incidents.incident import Incident, Phase
from practice.cluster import worker_nodes
from practice.cluster.cluster_layout import NODES
from practice.host import host_commands, machine
from practice.in_cluster.install_release import practice_kubectl, record_dsn
from practice.in_cluster.release_health import RELEASE_NAMESPACE, SERVICES_NAMESPACE, await_whole
from tests.conftest import eventually

PARTS = ("intake", "outbox", "timers", "page", "responder")
OUTAGE = str(HERE / ".venv/bin/outage")


@dataclass(frozen=True)
class InstalledRelease:
    """What stands in the cluster, reached by its Services' addresses: this machine routes to them."""

    home: Path
    """Of the commands that are typed on this machine."""

    @property
    def environment(self) -> dict[str, str]:
        """For commands typed here: the record and Prefect's server are those of the cluster."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("OUTAGE_", "PREFECT_"))
        }
        server = self.address("prefect-server")
        return {
            **kept,
            "OUTAGE_HOME": str(self.home),
            "OUTAGE_RECORD_DSN": record_dsn(self.address("record-database")),
            "OUTAGE_PREFECT_API_URL": f"http://{server}:4200/api",
        }

    def address(self, service: str) -> str:
        """The address of one of the two services that the chart expects."""
        found: str = practice_kubectl().read("service", service, "-n", SERVICES_NAMESPACE)["spec"][
            "clusterIP"
        ]
        return found

    def record(self) -> Record:
        """The record in the cluster."""
        return Record.open(record_dsn(self.address("record-database")))

    def start_drill(self, fault: str) -> "subprocess.Popen[str]":
        """Type a drill here; it is carried in the cluster, and here it is only followed."""
        return subprocess.Popen(
            [OUTAGE, "drill", fault, "--here", "--json"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            env=self.environment,
        )

    def begin_inside(self, *words: str) -> "subprocess.Popen[str]":
        """Type an `outage` command in the page's pod, and do not wait for it."""
        place = ("exec", "deployment/outage-page", "-n", RELEASE_NAMESPACE, "--")
        return subprocess.Popen(
            practice_kubectl().command(*place, "outage", *words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def delete_pods(self, part: str, at_once: bool) -> None:
        """Delete every pod of a part; at once is what a lost machine does: nobody is told."""
        server = part == "prefect-server"
        where = SERVICES_NAMESPACE if server else RELEASE_NAMESPACE
        label = "app=prefect-server" if server else f"app.kubernetes.io/component={part}"
        hard = ("--grace-period=0", "--force") if at_once else ()
        practice_kubectl().run("delete", "pods", "-n", where, "-l", label, "--wait=false", *hard)

    def delete_every_pod(self, at_once: bool) -> None:
        """Delete the pods of every part of ours and of Prefect's server in one go."""
        for part in (*PARTS, "prefect-server"):
            self.delete_pods(part, at_once)

    def await_whole(self) -> None:
        """Wait until everything stands again."""
        for namespace in (SERVICES_NAMESPACE, RELEASE_NAMESPACE):
            await_whole(practice_kubectl(), namespace, print)

    def await_quiet(self) -> None:
        """Wait until no incident is open: the monitoring tells of what was being started or killed, too."""
        with self.record() as record:
            eventually("every incident has ended", lambda: not record.open_incidents(), 400)

    def pod_names(self) -> set[str]:
        """Every pod of ours that is not on its way out."""
        found = practice_kubectl().read("pods", "-n", RELEASE_NAMESPACE)["items"]
        return {one["metadata"]["name"] for one in found if "deletionTimestamp" not in one["metadata"]}

    def revision(self) -> int:
        """How often helm has installed or upgraded the release."""
        words = ("secret", "-n", RELEASE_NAMESPACE, "-l", "owner=helm,name=outage,status=deployed")
        (one,) = practice_kubectl().read(*words)["items"]
        return int(one["metadata"]["labels"]["version"])


@dataclass(frozen=True)
class FollowedDrill:
    """A drill that runs in the cluster."""

    release: InstalledRelease
    fault: str
    process: "subprocess.Popen[str]"
    before: frozenset[str]
    """The incidents that were there already."""

    @classmethod
    def begin(cls, release: InstalledRelease, fault: str) -> "FollowedDrill":
        """Start it, once nothing is open that would keep it from being believed."""
        release.await_quiet()
        with release.record() as record:
            before = frozenset(one.id for one in record.incidents(limit=1000))
        return cls(release, fault, release.start_drill(fault), before)

    def reaches(self, *phases: Phase, within_seconds: float = 300) -> Incident:
        """Wait until the drill's incident stands in one of these phases.

        By the record alone: whoever follows the drill on this machine leaves it when Prefect's server is gone.
        """
        with self.release.record() as record:

            def look() -> Incident | None:
                new = [one for one in record.incidents(limit=1000) if one.id not in self.before]
                return next((one for one in new if one.drill and one.phase in phases), None)

            found: Incident = eventually(f"an incident in {' or '.join(phases)}", look, within_seconds)
            return found

    def approve(self, incident: Incident) -> "subprocess.Popen[str]":
        """Say yes in the cluster; who waits for the write itself cannot wait for what the yes prints."""
        return self.release.begin_inside("approve", incident.id, "--by", "ana")

    def end(self, within_seconds: float = 600) -> Incident:
        """The incident, once it and the drill itself are over."""
        ended = self.reaches(Phase.CLOSED, within_seconds=within_seconds)
        with self.release.record() as record:
            eventually("the drill is over", lambda: all(one.ended_at for one in record.drills()), 240)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        return ended


def former_chart(folder: Path) -> Path | None:
    """The chart as it was before its last change; None where the history is not at hand."""
    log = ("git", "-C", str(HERE), "log", "--format=%H", "-2", "--", "deploy/helm/outage")
    commits = subprocess.run(log, capture_output=True, text=True, check=False).stdout.split()
    if len(commits) < 2:
        return None
    archive = subprocess.run(
        ["git", "-C", str(HERE), "archive", commits[1], "deploy/helm/outage"], capture_output=True, check=True
    ).stdout
    with tarfile.open(fileobj=BytesIO(archive)) as former:
        former.extractall(folder, filter="data")
    return folder / "deploy/helm/outage"


def values_for(chart: Path, values: Path, image: str, target: Path) -> Path:
    """Write those of the values that a chart knows, with another image."""
    known = yaml.safe_load((chart / "values.yaml").read_text(encoding="utf-8"))
    given = yaml.safe_load(values.read_text(encoding="utf-8"))
    repository, _, tag = image.rpartition(":")
    kept = {name: value for name, value in given.items() if name in known}
    kept["image"] = {"repository": repository, "tag": tag}
    target.write_text(yaml.safe_dump(kept), encoding="utf-8")
    return target


def name_image_again(image: str, other: str) -> None:
    """Give an image on both nodes a second name: pods of the other name are other pods."""
    for node in NODES:
        command = worker_nodes.inside_node(node, machine.tool_path("ctr"), "-n", "k8s.io", "images")
        host_commands.attempt_command(*command, "rm", other)
        host_commands.run_command(*command, "tag", image, other)
    time.sleep(1)  # the kubelet hears of it by itself
