"""What is wrong in and between the platform and policy files, and which of their clusters do not answer."""

from concurrent.futures import ThreadPoolExecutor

from blocks.clients import Clients
from blocks.installation.platform_files import PlatformFiles
from blocks.settings import Settings
from outage.errors import ClusterForbidden, OutageError
from outage.platforms.platform_registry import lost_rules, registry_conflicts
from outage.policies.quorum import unreachable_quorums

AT_ONCE = 8


def contradictions(files: PlatformFiles) -> tuple[str, ...]:
    """What the files say against themselves or each other, one sentence each; nothing is asked of any cluster."""
    registry = files.registry()
    policies = (None, *(one for one in registry.platforms if one.policy))
    gaps = [
        f"the policy{f' of platform {one.name}' if one else ''}: {gap}"
        for one in policies
        for gap in unreachable_quorums(files.policy_of(one))
    ]
    return (*registry.problems, *registry_conflicts(registry), *lost_rules(registry), *gaps)


def silent_clusters(settings: Settings) -> tuple[str, ...]:
    """One sentence for each platform whose cluster does not answer, or cannot be asked."""
    names = [one.name for one in PlatformFiles(settings).registry().platforms]

    def ask(name: str) -> str:
        doors = Clients(settings)
        doors.turn_to(name)
        return contradiction_silence(doors, name)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return tuple(said for said in pool.map(ask, names) if said)


def contradiction_silence(doors: Clients, platform: str) -> str:
    """Why the cluster of a platform does not answer, as a sentence; empty when it does, though it may refuse us."""
    try:
        doors.reader.version()
    except ClusterForbidden:
        return ""
    except (OutageError, OSError, ValueError) as error:
        whose = f"platform {platform}" if platform else "the platform file"
        return f"{whose} names a cluster that does not answer: {error}"
    return ""
