"""What is wrong in and between the platform and policy files, and which of their clusters do not answer."""

from collections.abc import Iterator
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
    between = (*registry.problems, *registry_conflicts(registry), *lost_rules(registry))
    return (*between, *policy_gaps(files))


def policy_gaps(files: PlatformFiles) -> Iterator[str]:
    """What is wrong with the policies by which people are asked and told: one sentence each, each once.

    Where a platform's policy or people cannot be used, it is that; else the rules whose yes nobody could give.
    """
    ours = files.policy_of(None)
    own = unreachable_quorums(ours)
    yield from (f"the policy: {gap}" for gap in own)
    for one in files.registry().platforms:
        policy = files.policy_of(one)
        if policy.broken and policy.broken != ours.broken:
            yield policy.broken
        elif one.policy or one.people:
            known = own if not one.policy else ()
            gaps = [gap for gap in unreachable_quorums(policy) if gap not in known]
            yield from (f"the policy of platform {one.name}: {gap}" for gap in gaps)


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
