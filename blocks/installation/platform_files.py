"""The platform files of this installation: read once, and again only when one of them changed."""

import threading
from pathlib import Path

from blocks.settings import Settings
from outage.errors import FileError
from outage.incidents.incident import Incident
from outage.people.channel_settings import ChannelSettings
from outage.platforms.platform import Platform
from outage.platforms.platform_file import load_platform
from outage.platforms.platform_registry import PlatformRegistry
from outage.policies.platform_policy import unusable_people, with_own_channels, with_own_people
from outage.policies.policy import Policy
from outage.policies.policy_file import load_policy
from outage.value import Value


class ReadFile(Value):
    """What a file looked like from outside when it was read."""

    path: Path
    changed_ns: int
    bytes: int


class PlatformFiles:
    """All platforms and their policies. Safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        """Read nothing yet."""
        self.settings = settings
        self.parsed = 0
        self._lock = threading.Lock()
        self._seen: tuple[ReadFile, ...] | None = None
        self._registry = PlatformRegistry()
        self._platforms: dict[ReadFile, Platform | FileError] = {}
        self._policies: dict[ReadFile, Policy] = {}

    def registry(self) -> PlatformRegistry:
        """All platforms; a file that cannot be read is one of its problems and keeps no other from being used."""
        seen = tuple(one for path in platform_paths(self.settings) if (one := _outside(path)))
        with self._lock:
            if seen != self._seen:
                self._platforms = {one: self._platforms.get(one) or _read_platform(one.path) for one in seen}
                found = self._platforms.values()
                self._registry = PlatformRegistry(
                    platforms=tuple(one for one in found if isinstance(one, Platform)),
                    problems=tuple(str(one) for one in found if isinstance(one, FileError)),
                )
                self._seen = seen
                self.parsed += 1
            return self._registry

    def single(self) -> Platform:
        """The platform of the file that the settings name, parsed when that file changed.

        Raises:
            FileError: It is gone or cannot be used. Permanent.
        """
        path = Path(self.settings.platform_file)
        self.registry()
        with self._lock:
            known = next((found for seen, found in self._platforms.items() if seen.path == path), None)
        if isinstance(known, FileError):
            raise FileError(str(known))  # the kept one would grow by a traceback each time
        return known or load_platform(path)

    def policies(self) -> dict[str, Policy]:
        """Every policy, by its platform: the settings' own has no name, and serves each that has none of its own."""
        own = {one.name: self.policy_of(one) for one in self.registry().platforms if one.policy or one.people}
        return {"": self.policy_of(None)} | own

    def channels(self) -> dict[str, ChannelSettings]:
        """The channels of every policy: `NAME` is the settings' own, `PLATFORM/NAME` that of a platform's policy."""
        return {name: one for policy in self.policies().values() for name, one in policy.channels.items()}

    def policy_for(self, incident: Incident) -> Policy:
        """The policy by which people are told of an incident and heard: its platform's, else the settings'."""
        return self.policy_of(self.registry().named(incident.platform) if incident.platform else None)

    def own(self) -> str:
        """Name of the settings' own platform; empty while its file cannot be used."""
        try:
            return self.single().name
        except FileError:
            return ""

    def pools(self) -> dict[str, str]:
        """Every platform's work pool, empty for our own runner: the settings' own platform has no name here."""
        own = self.own()
        return {"": ""} | {"" if one.name == own else one.name: one.pool for one in self.registry().platforms}

    def watching_policies(self, cluster: str) -> list[Policy]:
        """The policies of a cluster's platforms that wait for its monitoring; the settings' own where none does."""
        found: list[Policy] = []
        for one in self.registry().of_cluster(cluster):
            policy = self.policy_of(one)
            if policy.watchdog.silent_after is not None and policy not in found:
                found.append(policy)
        return found or [self.policy_of(None)]

    def awaited_clusters(self) -> tuple[str, ...]:
        """The clusters whose monitoring somebody waits for, heard or not; none where no platform file names one."""
        return tuple(
            one
            for one in self.registry().clusters
            if any(policy.watchdog.silent_after is not None for policy in self.watching_policies(one))
        )

    def policy_of(self, platform: Platform | None) -> Policy:
        """The policy of a platform: its own file, else the settings', with its own people; without one the settings'.

        What cannot be used lets nothing be written, and the settings' own people (or, where it is the platform's
        people, those of its policy) are told and called: a typing mistake must not mean that nobody is.
        """
        policy = self._read_policy(Path(self.settings.policy_file))
        if platform is None:
            return policy
        if platform.policy:
            own = self._read_policy(Path(platform.policy))
            if own.broken:
                return policy.model_copy(update={"broken": f"platform {platform.name}: {own.broken}"})
            policy = with_own_channels(own, platform.name)
        if wrong := unusable_people(policy, platform.people):
            return policy.model_copy(
                update={"broken": policy.broken or f"platform {platform.name}: {wrong[0]}"}
            )
        return with_own_people(policy, platform.people)

    def _read_policy(self, path: Path) -> Policy:
        seen = _outside(path)
        if seen is None:
            return load_policy(path)
        with self._lock:
            if seen not in self._policies:
                self._policies[seen] = load_policy(path)
            return self._policies[seen]


def platform_paths(settings: Settings) -> list[Path]:
    """The platform files: all of the folder, and the single one that the settings name."""
    folder = sorted(settings.platforms_folder.glob("*.yaml"))
    single = Path(settings.platform_file)
    return folder if single in folder else [*folder, single]


def newest_platform_file(settings: Settings) -> float:
    """When a platform file was last changed, in seconds since 1970; zero while there is none."""
    found = [one.changed_ns for path in platform_paths(settings) if (one := _outside(path))]
    return max(found, default=0) / 1e9


def _outside(path: Path) -> ReadFile | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return ReadFile(path=path, changed_ns=found.st_mtime_ns, bytes=found.st_size)


def _read_platform(path: Path) -> Platform | FileError:
    try:
        return load_platform(path)
    except FileError as error:
        return error
