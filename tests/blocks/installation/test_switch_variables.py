"""The kill switches: there from the start, in plain words, one for all and one for each platform."""

from types import SimpleNamespace
from typing import Any

import pytest
from prefect.variables import Variable

from blocks.installation.switch_variables import make_switches, thrown_switches
from blocks.prefect_api import Json, PrefectApi, PrefectRefused
from outage.policies.kill_switches import SWITCH, switch_of, thrown_because
from tasks.act import kill_switch


class Variables(PrefectApi):
    """Prefect's server as far as it keeps variables."""

    def __init__(self, **there: Any) -> None:
        self.there = there

    def ask(self, method: str, path: str, body: Json | None = None) -> Any:
        """List them, or make one."""
        if path == "/variables/filter":
            return [{"name": name, "value": value} for name, value in self.there.items()]
        if not body or body["name"] in self.there:
            raise PrefectRefused(f"{path}: 409")
        self.there[body["name"]] = body["value"]
        return {}


@pytest.mark.parametrize("said", ["off", "Off", " no ", "false", False, None, "", "0", 0, "none"])
def test_words_for_writing_goes_on(said: object) -> None:
    """As people write it, or as JSON has it."""
    assert thrown_because(said) == ""


@pytest.mark.parametrize("said", ["on", True, "yes", "stop", "the database is being moved", 1])
def test_everything_else_is_a_reason_to_stop(said: object) -> None:
    """Who throws it need not know the right word."""
    assert thrown_because(said) == str(said)


def test_switches_are_made_once_and_what_somebody_wrote_stays() -> None:
    """`outage up` makes those of new platforms."""
    api = Variables(outage_kill_switch="we move house")

    assert make_switches(api, ["shop", "Bank EU"]) == [
        "outage_kill_switch_shop",
        "outage_kill_switch_bank_eu",
    ]
    assert make_switches(api, ["shop", "Bank EU"]) == []
    assert api.there == {
        "outage_kill_switch": "we move house",
        "outage_kill_switch_shop": "off",
        "outage_kill_switch_bank_eu": "off",
    }
    assert [str(one) for one in thrown_switches(api, ["shop", "Bank EU"])] == [
        "nothing is written on every platform: the variable outage_kill_switch says `we move house`;"
        " `off` lets it go on"
    ]


@pytest.mark.parametrize(
    ("thrown", "stopped"),
    [
        pytest.param({}, {}, id="there is none yet"),
        pytest.param({SWITCH: "off", switch_of("shop"): "off"}, {}, id="none is thrown"),
        pytest.param({SWITCH: "move"}, {"shop": "move", "bank": "move"}, id="everybody's stops all"),
        pytest.param(
            {switch_of("shop"): "audit"}, {"shop": "audit"}, id="one platform's stops that one only"
        ),
        pytest.param(
            {SWITCH: "move", switch_of("bank"): "audit"},
            {"shop": "move", "bank": "move"},
            id="both are thrown",
        ),
    ],
)
def test_the_switch_of_one_platform_stops_that_platform_only(
    monkeypatch: pytest.MonkeyPatch, thrown: dict[str, str], stopped: dict[str, str]
) -> None:
    """Asked as every write asks it."""
    monkeypatch.setattr(Variable, "get", lambda name, default: thrown.get(name, default))
    for platform in ("shop", "bank"):
        monkeypatch.setattr(
            kill_switch, "clients", lambda platform=platform: SimpleNamespace(spoken_for=platform)
        )
        assert kill_switch.kill_switch_reason() == stopped.get(platform)


def test_a_switch_that_nobody_can_read_is_thrown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence is no consent."""

    def away(*_: object, **__: object) -> None:
        raise OSError("no route")

    monkeypatch.setattr(Variable, "get", away)
    monkeypatch.setattr(kill_switch, "clients", lambda: SimpleNamespace(spoken_for="shop"))

    assert kill_switch.kill_switch_reason() == "the kill switch could not be asked (OSError)"
