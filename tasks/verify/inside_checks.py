"""The looks from inside the cluster: dependencies by TCP, health paths by HTTP, both by the names of Services."""

from concurrent.futures import ThreadPoolExecutor

from blocks.kubernetes import Cluster
from outage.errors import OutageError
from outage.kubernetes.inside.health_programs import (
    HealthAnswer,
    HealthQuestion,
    health_answers,
    health_programs,
)
from outage.kubernetes.objects import labels_of, selects_labels
from outage.platforms.platform import Platform, Service
from outage.snapshots.snapshot import Snapshot
from outage.verification.recovery import RecoveryCheck
from tasks.observe.inside.reachability import MISSING, reach_targets, try_from_pod
from tasks.verify.outside_checks import worst_first

EXEC_SECONDS = 8.0
PODS_AT_ONCE = 6

Checks = tuple[RecoveryCheck, ...]


def check_from_inside(cluster: Cluster, platform: Platform, seen: Snapshot) -> Checks:
    """From a pod of each service, its dependencies by Service name: DNS and the connection.

    Source: runbook "Network Issues".
    """
    checks = [
        _reaches(cluster, platform, one, seen) for one in platform.services if reach_targets(platform, one)
    ]
    return worst_first(checks, "inside", "services reach all their dependencies by name")


def _reaches(cluster: Cluster, platform: Platform, service: Service, seen: Snapshot) -> RecoveryCheck:
    pod, about = _running(platform, service, seen), (service.name, *service.depends_on)
    if pod is None:
        says = f"no pod of {service.name} runs to look from"
        return RecoveryCheck(name="inside", ok=None, says=says, about=about)
    targets = reach_targets(platform, service)
    try:
        answers = try_from_pod(cluster, platform.namespace, pod, targets, EXEC_SECONDS)
    except OutageError as error:
        return RecoveryCheck(name="inside", ok=None, says=str(error), about=about)
    lost = [one for one in answers if not one.reached]
    if not lost:
        says = f"{service.name} reaches {len(targets)} dependencies"
        return RecoveryCheck(name="inside", ok=True, says=says, about=about)
    host = lost[0].host
    where = f"{host}:{lost[0].port}" if lost[0].port else host
    called = [one.name for one in platform.services if one.service and host.split(".")[0] == one.service]
    says = f"{service.name} does not reach {where}: {lost[0].says}"
    return RecoveryCheck(name="inside", ok=False, says=says, about=(service.name, *called))


def check_health_paths(cluster: Cluster, platform: Platform, seen: Snapshot) -> Checks:
    """Every service's health path by its Service's name, asked from a pod of a service that calls it.

    Where nobody calls it, any other pod asks. Only an answer can speak against a service: network policies may
    forbid the question, so silence is not seen rather than not well.

    Source: runbook "Network Issues".
    """
    asked: dict[str | None, list[Service]] = {}
    for one in platform.services:
        if one.service and one.port and one.health:
            asked.setdefault(_asker(platform, one, seen), []).append(one)
    with ThreadPoolExecutor(PODS_AT_ONCE) as pool:
        answers = pool.map(lambda item: _ask(cluster, platform, *item), asked.items())
        checks = [check for some in answers for check in some]
    return worst_first(_silence_once(checks), "health", "services answer at their health path by name")


def _asker(platform: Platform, service: Service, seen: Snapshot) -> str | None:
    """A running pod that may ask: a caller's rather than a stranger's, whom a network policy would keep out."""
    others = [one for one in platform.services if one.name != service.name]
    callers = [one for one in others if service.name in one.depends_on]
    pods = (_running(platform, one, seen) for one in [*callers, *others, service])
    return next((pod for pod in pods if pod), None)


def _running(platform: Platform, service: Service, seen: Snapshot) -> str | None:
    pods = [
        one
        for one in seen.kind("Pod", platform.namespace)
        if selects_labels(service.selector, labels_of(one))
    ]
    running = [one for one in pods if (one.get("status") or {}).get("phase") == "Running"]
    staying = min(running, key=lambda one: bool(one["metadata"].get("deletionTimestamp")), default=None)
    return str(staying["metadata"]["name"]) if staying else None


def _ask(
    cluster: Cluster, platform: Platform, pod: str | None, services: list[Service]
) -> list[RecoveryCheck]:
    """One exec: all these services from one pod."""
    if pod is None:
        return [_unseen(one, "no pod runs to ask from") for one in services]
    hosts = {f"{one.service}.{platform.namespace}": one for one in services}
    questions = [
        HealthQuestion(host=host, port=one.port or 0, path=one.health or "/") for host, one in hosts.items()
    ]
    try:
        answers = {one.host: one for one in _answers(cluster, platform.namespace, pod, questions)}
    except OutageError as error:
        return [_unseen(one, str(error)) for one in services]
    return [_judged(one, answers.get(host), pod) for host, one in hosts.items()]


def _answers(
    cluster: Cluster, namespace: str, pod: str, questions: list[HealthQuestion]
) -> tuple[HealthAnswer, ...]:
    for program in health_programs(questions):
        said = cluster.execute(namespace, pod, program, within_seconds=EXEC_SECONDS)
        if said.code not in MISSING and (found := health_answers(said.out)):
            return found
    return ()


def _judged(service: Service, answer: HealthAnswer | None, pod: str) -> RecoveryCheck:
    if answer is None:
        return _unseen(service, f"nothing in the image of pod/{pod} can ask")
    if answer.status is None:
        return _unseen(service, f"no answer to pod/{pod}: {answer.says}")
    if 400 <= answer.status < 500:  # it lives, and this asker is not welcome: a mesh, or another port
        return _unseen(service, f"{answer.status} for pod/{pod}")
    says = f"service/{service.service} answers {answer.status} at {service.health}, asked from pod/{pod}"
    return RecoveryCheck(name="health", ok=answer.status < 400, says=says, about=(service.name,))


def _unseen(service: Service, why: str) -> RecoveryCheck:
    says = f"service/{service.service} could not be asked from inside ({why})"
    return RecoveryCheck(name="health", ok=None, says=says, about=(service.name,))


def _silence_once(checks: list[RecoveryCheck]) -> list[RecoveryCheck]:
    """All that could not be asked as one check: a person reads it once."""
    silent = [one for one in checks if one.ok is None]
    if len(silent) < 2:
        return checks
    says = f"{silent[0].says}, and so {len(silent) - 1} more"
    return [*(one for one in checks if one.ok is not None), RecoveryCheck(name="health", ok=None, says=says)]
