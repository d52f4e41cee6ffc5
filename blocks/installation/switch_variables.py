"""The kill switches where people find them: as variables in Prefect's UI, from the start."""

from collections.abc import Iterable

from blocks.prefect_api import PrefectApi, PrefectRefused
from outage.policies.kill_switches import SWITCH, switch_of, thrown_because
from outage.value import Value


class ThrownSwitch(Value):
    """A switch that stops writing."""

    name: str
    platforms: tuple[str, ...] = ()
    """Whose it is; empty: everybody's."""
    why: str

    def __str__(self) -> str:
        """A sentence for people."""
        whose = " and ".join(self.platforms) or "every platform"
        return (
            f"nothing is written on {whose}: the variable {self.name} says `{self.why}`; `off` lets it go on"
        )


def make_switches(api: PrefectApi, platforms: Iterable[str]) -> list[str]:
    """Make every switch that is not there yet, as `off`; what somebody wrote stays.

    Returns:
        The names of those that were made.
    """
    there, made = api.variables(), []
    for name in _switches(platforms):
        if name in there:
            continue
        try:
            api.keep_variable(name, "off")
        except PrefectRefused:
            continue  # somebody else made it in this moment
        made.append(name)
    return made


def thrown_switches(api: PrefectApi, platforms: Iterable[str]) -> list[ThrownSwitch]:
    """Every switch that is thrown, that of all platforms first."""
    said = api.variables()
    return [
        ThrownSwitch(name=name, platforms=tuple(whose), why=why)
        for name, whose in _switches(platforms).items()
        if (why := thrown_because(said.get(name)))
    ]


def _switches(platforms: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {SWITCH: []}
    for one in platforms:
        found.setdefault(switch_of(one), []).append(one)
    return found
