"""Faults of what a service shares with others: its namespace's limits, the nodes, the cluster's DNS, the database."""

from typing import Any

from outage.diagnosis.cause import Cause
from outage.incidents.fault import Injection
from outage.kubernetes.objects import ObjectRef, dig, selects_labels
from outage.kubernetes.workloads import workload_ref
from outage.value import Manifest
from outage.verification.drills.drill_target import DrillTarget
from outage.verification.drills.fitted_fault import FaultShape, Unfit, patch_of

DRILL_TAINT = {"key": "outage-drill", "value": "research", "effect": "NoSchedule"}
SYSTEM = "kube-system"
DNS = ObjectRef(kind="Deployment", name="coredns", namespace=SYSTEM)
LOCKER = "outage-drill-report"
"""Under this name the session that blocks is seen in the database, and ended at the latest when the drill is."""
LOCKED_SECONDS = 800
LOGIN_WORDS = {"USER": "PGUSER", "USERNAME": "PGUSER", "PASSWORD": "PGPASSWORD"}
"""How the last word of a variable's name is called by psql."""


def quota(target: DrillTarget) -> FaultShape | Unfit:
    """A new quota that is full already, and the service starts anew."""
    if target.snapshot.kind("ResourceQuota", target.namespace):
        return Unfit(reason=f"{target.namespace} has a quota of its own, which would be blamed")
    spec = {"hard": {"pods": "1"}}
    says = f"a new quota allows one pod in {target.namespace}, and {target.name} starts anew"
    return _of_namespace(target, "ResourceQuota", spec, says, Cause.QUOTA_EXCEEDED)


def limit_range(target: DrillTarget) -> FaultShape | Unfit:
    """A new limit range below what the service asks for, and it starts anew."""
    if not dig(target.container, "resources.limits.memory"):
        return Unfit(reason=f"{target.name} has no memory limit that a limit range could refuse")
    spec = {"limits": [{"type": "Container", "max": {"memory": "4Mi"}}]}
    says = f"a new limit range allows less memory than {target.name} asks for, and it starts anew"
    return _of_namespace(target, "LimitRange", spec, says, Cause.LIMIT_RANGE)


def _of_namespace(target: DrillTarget, kind: str, spec: Manifest, says: str, cause: Cause) -> FaultShape:
    """A new object of the namespace that spares what stands and refuses what starts anew."""
    ref = target.beside(kind, "outage-drill-savings")
    meta = {"name": ref.name, "namespace": ref.namespace}
    manifest = {"apiVersion": "v1", "kind": kind, "metadata": meta, "spec": spec}
    return FaultShape(
        title=says,
        blows=(
            Injection(do="create", target=ref, manifest=manifest),
            Injection(do="restart", target=target.ref),
        ),
        causes=(cause,),
        about=ref,
    )


def node_taints(target: DrillTarget) -> FaultShape | Unfit:
    """A taint on every node that takes pods, and the service starts anew."""
    nodes = _open_nodes(target)
    if not nodes:
        return Unfit(reason="no node could be looked at that takes pods")
    blows = [
        patch_of(
            ObjectRef(kind="Node", name=one["metadata"]["name"]),
            {"op": "add", "path": "/spec/taints", "value": [*(dig(one, "spec.taints") or []), DRILL_TAINT]},
        )
        for one in nodes
    ]
    return FaultShape(
        title=f"every node is tainted and {target.name} starts anew",
        blows=(*blows, Injection(do="restart", target=target.ref)),
        causes=(Cause.NODE_TAINTED,),
        about=None,
    )


def node_cordons(target: DrillTarget) -> FaultShape | Unfit:
    """Every node is cordoned, and the service starts anew."""
    nodes = _open_nodes(target)
    if not nodes:
        return Unfit(reason="no node could be looked at that takes pods")
    change = {"op": "add", "path": "/spec/unschedulable", "value": True}
    blows = [patch_of(ObjectRef(kind="Node", name=one["metadata"]["name"]), change) for one in nodes]
    return FaultShape(
        title=f"every node is cordoned and {target.name} starts anew",
        blows=(*blows, Injection(do="restart", target=target.ref)),
        causes=(Cause.NODE_CORDONED,),
        about=None,
    )


def _open_nodes(target: DrillTarget) -> list[Manifest]:
    return [one for one in target.snapshot.kind("Node") if not dig(one, "spec.unschedulable")]


def dns_down(target: DrillTarget) -> FaultShape | Unfit:
    """The cluster's DNS is scaled to zero."""
    seen = target.snapshot.get(DNS.kind, DNS.namespace, DNS.name)
    if seen is None:
        return Unfit(reason=f"{DNS} could not be looked at")
    return FaultShape(
        title="the cluster DNS is scaled to zero",
        blows=(patch_of(DNS, {"op": "replace", "path": "/spec/replicas", "value": 0}),),
        causes=(Cause.DNS_DOWN, Cause.SCALED_TO_ZERO),
        about=DNS,
        settle_seconds=45,
    )


LOCK_EVERYTHING = (
    "DO $b$ DECLARE t record; BEGIN FOR t IN SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name"
    " FROM pg_tables WHERE schemaname = 'public' LOOP EXECUTE 'LOCK TABLE ' || t.name ||"
    " ' IN ACCESS EXCLUSIVE MODE'; END LOOP; END $b$"
)


def blocking_session(target: DrillTarget) -> FaultShape | Unfit:
    """A session, as a client's own user, that holds a lock on every table and does not let go."""
    database = target.platform.database
    if database is None or database.service != target.name:
        return Unfit(reason=f"{target.name} is not the platform's database")
    client = next((one for one in _clients_of(target) if _login_of(one) and _disguise(one) is not None), None)
    if client is None:
        return Unfit(reason=f"no client of {target.name} lends a Job its login without taking its traffic")
    job = target.beside("Job", LOCKER)
    end = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{LOCKER}'"
    return FaultShape(
        title="a report holds a lock on every table and does not let go",
        blows=(Injection(do="create", target=job, manifest=_locking_job(target, client, job)),),
        mends=(Injection(do="sql", target=target.ref, sql=end),),
        causes=(Cause.BLOCKING_SESSION,),
        about=None,
        settle_seconds=45,
    )


def _clients_of(target: DrillTarget) -> list[DrillTarget]:
    """The services that use the database, as they stand."""
    found = []
    for one in target.callers:
        ref = workload_ref(one.workload, target.namespace)
        if workload := target.snapshot.get(ref.kind, ref.namespace, ref.name):
            found.append(DrillTarget(target.snapshot, target.platform, one, workload))
    return found


def _login_of(client: DrillTarget) -> list[dict[str, Any]]:
    """User and password as a client's container reads them from a Secret, under the names that psql knows."""
    found = {}
    for one in client.container.get("env") or []:
        name = LOGIN_WORDS.get(one["name"].upper().rpartition("_")[2])
        if name and dig(one, "valueFrom.secretKeyRef"):
            found[name] = {"name": name, "valueFrom": one["valueFrom"]}
    return list(found.values()) if len(found) == 2 else []


def _disguise(client: DrillTarget) -> dict[str, str] | None:
    """Labels that let a pod through to the database and lead no caller to it; None when there are none such."""
    if not client.snapshot.kind("NetworkPolicy", client.namespace):
        return {}
    labels = dict(dig(client.workload, "spec.selector.matchLabels", {}) or {})
    selectors = [dig(one, "spec.selector") for one in client.snapshot.kind("Service", client.namespace)]
    while labels and any(selects_labels(one, labels) for one in selectors):
        labels.popitem()
    return labels or None


def _locking_job(target: DrillTarget, client: DrillTarget, job: ObjectRef) -> Manifest:
    database = target.platform.database
    where = [
        {"name": "PGHOST", "value": target.service.service or target.name},
        {"name": "PGDATABASE", "value": database.name if database else ""},
        {"name": "PGAPPNAME", "value": LOCKER},
    ]
    words = ["psql", "-v", "ON_ERROR_STOP=1"]
    for statement in ("BEGIN", LOCK_EVERYTHING, f"SELECT pg_sleep({LOCKED_SECONDS})"):
        words += ["-c", statement]
    container = {
        "name": "report",
        "image": target.container.get("image"),
        "imagePullPolicy": "IfNotPresent",
        "command": words,
        "env": [*where, *_login_of(client)],
        "resources": {"requests": {"cpu": "5m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
        "securityContext": target.container.get("securityContext") or {},
    }
    pod = {"restartPolicy": "Never", "automountServiceAccountToken": False, "containers": [container]}
    labels = {**(_disguise(client) or {}), "outage-drill": "report"}
    template = {"metadata": {"labels": labels}, "spec": pod}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": job.name, "namespace": job.namespace},
        "spec": {"backoffLimit": 0, "activeDeadlineSeconds": LOCKED_SECONDS + 100, "template": template},
    }
