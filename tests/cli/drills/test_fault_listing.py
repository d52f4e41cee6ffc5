"""What can be practised on a platform, printed; and what was meant, when somebody names a fault."""

from typing import Any

import click
import pytest
from click.testing import CliRunner

from cli import group
from cli.drills import fault_listing
from cli.drills.fault_listing import chosen_service, listing_in_json, listing_in_words
from cli.machine.json_shapes import DrillListShape
from outage.verification.drills.fault_templates import fault_choices
from tasks.drill import possible_drills as possible_module
from tasks.drill.possible_drills import PossibleDrill
from tests.outage.verification.drills.stranger import SHOP, look

DRILLS = tuple(
    PossibleDrill(choice=one, forbidden="a freeze holds" if one.service == "ledger" else "")
    for one in fault_choices(look(), SHOP)
)


def test_the_list_says_what_each_would_touch_and_why_not_what_cannot() -> None:
    """The possible ones first."""
    lines = listing_in_words(DRILLS)

    cut = lines.index("not possible:")
    assert any("bad-image" in one and "users feel nothing" in one for one in lines[:cut])
    assert any("dns-down" in one and "strikes the whole cluster" in one for one in lines[:cut])
    assert any("mailer has no Service in front of it" in one for one in lines[cut:])
    assert any("ledger" in one and "a freeze holds" in one for one in lines[cut:])


def test_the_list_has_a_published_shape() -> None:
    """docs/schemas/practice/drill-list.json."""
    shown = DrillListShape.model_validate(listing_in_json("shop", DRILLS))

    assert len(shown.drills) == len(DRILLS)
    assert all(bool(one.reason) is not one.possible for one in shown.drills)


@pytest.mark.parametrize(
    ("fault", "service", "says"),
    [
        ("service-selector", "", "of which service"),
        ("claim-name", "mailer", "mailer mounts no volume claim"),
        ("bad-image", "cart", "no service is called 'cart'"),
        ("bad-image", "ledger", "a freeze holds"),
    ],
)
def test_what_was_meant_is_asked_for(fault: str, service: str, says: str) -> None:
    """One sentence that says what to add, or why not."""
    with pytest.raises(click.UsageError, match=says):
        chosen_service(DRILLS, fault, service)


def test_a_fault_of_one_service_needs_no_name_of_it() -> None:
    """There is nothing else that could be meant."""
    assert chosen_service(DRILLS, "wrong-backend", "").choice.service == "checkout"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["drill", "bad-imge"], "did you mean bad-image"),
        (["drill", "bad-imge", "-p", "shop"], "did you mean bad-image"),
        (["drill", "../policy"], "no fault is called '../policy'"),
        (["drill", "secret-reference"], "name it with --service"),
        (["drill", "bad-probe", "-p", "shop", "--service", "mailer"], "mailer has no readiness probe"),
        (["drill", "dns-down", "-p", "shop", "--service", "checkout"], "nothing is broken without a yes"),
    ],
)
def test_bad_input_is_one_sentence(words: list[str], says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is started."""

    def named(platform: str) -> str:
        return platform

    def possible(by: str, services: list[str]) -> tuple[Any, ...]:
        wide = "it strikes the whole cluster"
        found = (one.model_copy(update={"needs_yes": wide}) for one in DRILLS)
        return tuple(one for one in found if one.choice.service in services)

    monkeypatch.setattr("cli.drills.drill_command.speak_for_named", named)
    monkeypatch.setattr(possible_module, "possible_drills", possible)

    said = CliRunner().invoke(group, words)

    assert said.exit_code == 2
    assert says in said.output


def test_a_platform_that_no_file_names_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """With the names that there are."""
    monkeypatch.setenv("OUTAGE_HOME", str(tmp_path))
    assert fault_listing  # the command imports it when it is called

    said = CliRunner().invoke(group, ["drill", "--list", "-p", "nowhere"])

    assert said.exit_code != 0
    assert "no platform is called 'nowhere'" in (said.output + str(said.exception))
