"""The kill switches: one for all platforms and one for each, in plain words.

A switch says `off`, or the reason why nothing is written. Whoever cannot tell what it says, stops.
"""

import re

SWITCH = "outage_kill_switch"
"""Name of the switch of all platforms; a platform's own has the platform's name behind it."""

NOT_THROWN = ("", "off", "false", "no", "none", "0")
"""Words for: writing goes on. Everything else is the reason why it does not."""


def switch_of(platform: str) -> str:
    """Name of a platform's switch: `outage_kill_switch_shop_eu`; of all platforms' when there is no name."""
    word = re.sub(r"[^a-z0-9]+", "_", platform.casefold()).strip("_")
    return f"{SWITCH}_{word}" if word else SWITCH


def thrown_because(value: object) -> str:
    """Why a switch is thrown, as it stands there; empty when it is not."""
    said = str(value if value is not None else "").strip()
    return "" if said.casefold() in NOT_THROWN else said
