"""`outage act …`, `lead`, `handover` and `close` as they are typed."""

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli import group
from cli.people import act_commands, lead_commands
from flows.act_by_hand import ChosenKind
from outage.diagnosis.resolution_action import ResolutionAction, ResolutionKind
from outage.errors import ActionRefused
from tasks.lead import choose_action as door
from tasks.lead.choose_action import ChosenAct


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[ResolutionAction, str, str]]:
    """What reached the door."""
    given: list[tuple[ResolutionAction, str, str]] = []

    def choose(action: ResolutionAction, incident: str, platform: str) -> ChosenAct:
        given.append((action, incident, platform))
        return ChosenAct(incident="inc-1", new=True, key=action.key, says="opened for it")

    monkeypatch.setattr(door, "choose_action", choose)
    monkeypatch.setattr(act_commands, "opened_record", _NoRecord)
    monkeypatch.setattr(act_commands, "find_incident", lambda _, name: _Found(name))
    monkeypatch.setattr(lead_commands, "opened_record", _NoRecord)
    monkeypatch.setattr(lead_commands, "find_incident", lambda _, name: _Found(name))
    return given


class _NoRecord:
    """A record that nobody asks."""

    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


class _Found:
    """An incident that is closed."""

    def __init__(self, name: str) -> None:
        self.id, self.closed_at = f"inc-{name}", "noon"


def outage(*words: str) -> Result:
    """Type a command."""
    return CliRunner().invoke(group, list(words))


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        (["restart", "auth"], {"kind": "restart", "target": "auth"}),
        (["restart-all", "--because", "why not"], {"kind": "restart-all", "because": "why not"}),
        (["scale", "auth", "--replicas", "5"], {"kind": "scale", "replicas": 5}),
        (["undo", "auth", "--to-revision", "3"], {"kind": "undo", "revision": 3}),
        (
            ["switch", "auth", "--to", "green", "--well", "web"],
            {"kind": "switch", "slot": "green", "well": "web"},
        ),
        (["maintenance"], {"kind": "maintenance", "target": ""}),
        (["end-sessions", "--older-than", "10"], {"kind": "end-sessions"}),
        (["cordon", "node-1"], {"kind": "cordon", "target": "node-1"}),
        (["uncordon", "node-1"], {"kind": "uncordon"}),
        (["drain", "node-1"], {"kind": "drain"}),
        (["take-back", "7", "--plan", "2"], {"kind": "take-back", "target": "inc-7", "plan": 2}),
    ],
)
def test_every_action_of_the_runbook_is_a_command(
    chosen: list[tuple[ResolutionAction, str, str]], words: list[str], fields: dict[str, Any]
) -> None:
    """With who chose it and at which door."""
    said = outage("act", *words, "--by", "@Ada", "--incident", "9")

    assert said.output == "inc-1: opened for it\n", said.output
    ((action, incident, _),) = chosen
    assert (action.by, action.door, incident) == ("ada", "cli", "inc-9")
    assert {name: getattr(action, name) for name in fields} == fields


def test_the_deployment_offers_the_same_choices() -> None:
    """All but the investigation's own proposals, which the form of a waiting plan offers."""
    commands = set(act_commands.act_group.commands)

    assert set(ChosenKind.__args__) == commands == {str(one) for one in ResolutionKind} - {"proposal"}


def test_the_json_is_the_documented_shape(chosen: list[tuple[ResolutionAction, str, str]]) -> None:
    """docs/json.md."""
    body = json.loads(outage("act", "restart", "auth", "--by", "ada", "--json").output)

    assert {name: body[name] for name in ("version", "incident", "new", "says")} == {
        "version": 1,
        "incident": "inc-1",
        "new": True,
        "says": "opened for it",
    }
    assert body["key"].startswith("act/restart/auth/ada/")


def test_a_name_that_is_none_is_refused_in_one_sentence(
    chosen: list[tuple[ResolutionAction, str, str]],
) -> None:
    """By the one rule for names."""
    said = outage("act", "restart", "auth", "--by", "x")

    assert isinstance(said.exception, ActionRefused)
    assert str(said.exception).startswith("restart: 'x' is no name to be recorded under")
    assert chosen == []


@pytest.mark.parametrize(
    ("words", "called", "given"),
    [
        (["lead", "7", "--by", "ada"], "tasks.lead.take_lead.take_lead", ("inc-7", "ada", "cli")),
        (
            ["handover", "7", "--to", "bob"],
            "tasks.lead.take_lead.hand_incident_over",
            ("inc-7", "bob", "", "cli"),
        ),
        (
            ["close", "7", "--by", "ada", "--because", "rolled back", "--although-failing"],
            "tasks.lead.close_by_hand.close_by_hand",
            ("inc-7", "ada", "rolled back", "cli", True),
        ),
    ],
)
def test_who_leads_hands_over_and_closes_by_a_command_each(
    chosen: object, monkeypatch: pytest.MonkeyPatch, words: list[str], called: str, given: tuple[Any, ...]
) -> None:
    """The sentence of what was done is what is printed."""
    monkeypatch.setattr(called, lambda *told: f"done {told}")

    assert outage(*words).output == f"done {given}\n"
