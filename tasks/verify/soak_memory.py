"""What one soak remembers from look to look: restarts and memory as each container and pod was first seen."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from outage.kubernetes.objects import labels_of, selects_labels
from outage.platforms.platform import Platform
from outage.snapshots.snapshot import Usage
from outage.value import Manifest
from outage.verification.recovery import RecoveryCheck
from outage.verification.resource_use import memory_shares, resources_steady
from outage.verification.steadiness import restart_counts, restarts_since

Pods = Sequence[Manifest]


@dataclass
class SoakMemory:
    """One soak, from its first look on."""

    since: datetime
    """When it began: words from before are of no interest."""
    ask_from: datetime
    """When it is asked from inside, once: it costs an exec for each service."""
    asked: bool = False
    started: dict[str, int] = field(default_factory=dict)
    """Restarts by `pod/container`, as first seen."""
    shares: dict[str, float] = field(default_factory=dict)
    """Share of the memory limit by pod, as first seen."""

    def restarts(self, pods: Iterable[Manifest]) -> RecoveryCheck:
        """Whether a container restarted; the watch starts anew from there, as after any bad look."""
        counts = restart_counts(pods)
        self.started.update({name: count for name, count in counts.items() if name not in self.started})
        steady = restarts_since({name: self.started[name] for name in counts}, counts)
        if steady.ok is False:
            self.started.update(counts)
        return steady

    def resources(self, usage: Iterable[Usage], pods: Iterable[Manifest]) -> RecoveryCheck:
        """Whether a pod grows towards its memory limit."""
        shares = memory_shares(usage, pods)
        self.shares.update({name: share for name, share in shares.items() if name not in self.shares})
        return resources_steady(self.shares, shares)


def pods_of_services(pods: Iterable[Manifest], platform: Platform, own: Collection[str]) -> tuple[Pods, Pods]:
    """The pods of these services, and all others; without services all are of them."""
    selectors = [one.selector for one in platform.services if one.name in own]
    mine, others = list[Manifest](), list[Manifest]()
    for pod in pods:
        is_own = not own or any(selects_labels(one, labels_of(pod)) for one in selectors)
        (mine if is_own else others).append(pod)
    return mine, others
