"""All platforms that this installation answers for, and what is wrong between their files."""

from collections.abc import Iterator
from itertools import combinations

from outage.platforms.platform import Platform
from outage.value import Value


class PlatformRegistry(Value):
    """The platforms of all files that could be read."""

    platforms: tuple[Platform, ...] = ()
    problems: tuple[str, ...] = ()
    """One sentence for each file that could not be read: its platform is not answered for."""

    def named(self, name: str) -> Platform | None:
        """The platform of that name, or None."""
        return next((one for one in self.platforms if one.name == name), None)

    def of_cluster(self, cluster: str) -> tuple[Platform, ...]:
        """The platforms of one cluster, as alerts name it; empty is the cluster that no file gives a name."""
        return tuple(one for one in self.platforms if one.cluster_name == cluster)

    @property
    def clusters(self) -> tuple[str, ...]:
        """The clusters' names, each once; empty for one without a name."""
        return tuple(dict.fromkeys(one.cluster_name for one in self.platforms))


def registry_conflicts(registry: PlatformRegistry) -> tuple[str, ...]:
    """One sentence for each contradiction between platform files: a name, a namespace or a matcher that two claim."""
    return tuple(sentence for pair in combinations(registry.platforms, 2) for sentence in _between(*pair))


def _between(one: Platform, other: Platform) -> Iterator[str]:
    if one.name == other.name:
        yield f"two platform files are called {one.name}: alerts of neither can be told apart; rename one"
    if one.cluster_name != other.cluster_name:
        return
    where = f" of cluster {one.cluster_name}" if one.cluster_name else ""
    for namespace in one.own_namespaces:
        if namespace in other.own_namespaces:
            yield (
                f"platforms {one.name} and {other.name} both claim namespace {namespace}{where}:"
                " its alerts are answered by neither until one gives it up"
            )
    for matcher in one.matchers:
        if matcher in other.matchers:
            said = ", ".join(f"{key}={value}" for key, value in sorted(matcher.items()))
            yield f"platforms {one.name} and {other.name} both match {said}{where}: neither gets it"


def lost_rules(registry: PlatformRegistry) -> tuple[str, ...]:
    """One sentence for each matcher that can fit nothing, because it contradicts its own platform file or is empty."""
    return tuple(
        sentence
        for one in registry.platforms
        for matcher in one.matchers
        if (sentence := _lost(one, matcher))
    )


def _lost(platform: Platform, matcher: dict[str, str]) -> str:
    said = ", ".join(f"{key}={value}" for key, value in sorted(matcher.items()))
    if not matcher or "" in matcher.values():
        return f"platform {platform.name} has a matcher that fits nothing: {said or 'it names no label'}"
    cluster = matcher.get("cluster", platform.cluster_name)
    if cluster != platform.cluster_name:
        here = platform.cluster_name or "without a name"
        return f"platform {platform.name} has a matcher that fits nothing: {said}, and its cluster is {here}"
    if matcher.get("namespace", "") in platform.own_namespaces:
        return (
            f"platform {platform.name} has a matcher that adds nothing: {said}, and that namespace is its own"
        )
    return ""
