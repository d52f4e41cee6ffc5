"""The page of causes: one entry for each, written from the rules, and fresh."""

import pytest

from bench.causes import PAGE, RUNBOOKS, current_page, current_runbooks
from outage.diagnosis.cause import Cause
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.catalogue import RULES, cause_entries
from outage.policies import guards


def test_every_cause_has_one_entry_beside_its_rule() -> None:
    """Whoever adds a cause says with it how it shows and how it is mended."""
    assert list(cause_entries()) == list(Cause)
    assert all(entry.shows and entry.evidence and entry.remedies for entry in cause_entries().values())


def test_a_person_is_asked_after_every_repair_that_is_known() -> None:
    """A person is asked last: never before a repair that is known."""
    for entry in cause_entries().values():
        assert Remedy.PERSON not in entry.remedies[:-1], entry.cause


def test_the_page_is_as_the_rules_are() -> None:
    """`make causes` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == current_page()


def test_every_cause_has_its_runbook_page_as_the_rules_are() -> None:
    """`make causes` writes them anew; a page of a cause that is none any more would mislead."""
    written = {file.name: file.read_text(encoding="utf-8") for file in RUNBOOKS.glob("*.md")}

    assert written == current_runbooks()
    assert len(written) == len(Cause)


@pytest.mark.parametrize("heading", ["Meaning", "Impact", "Diagnosis", "Mitigation"])
def test_every_runbook_page_has_the_four_headings_of_the_trade(heading: str) -> None:
    """And something under each."""
    for name, text in current_runbooks().items():
        under = text.partition(f"## {heading}\n\n")[2].partition("\n## ")[0]
        assert len(under) > 10, name


def test_the_guards_that_remedies_name_are_asked() -> None:
    """A guard that was renamed would leave a promise in the page that nobody keeps."""
    asked = {one.__name__ for one in (*guards.FOR_PLANS, *guards.FOR_STEPS)}

    assert {name for one in Remedy for name in one.guards} <= asked


def test_every_rule_is_found_once() -> None:
    """The rooms are searched for rules: none is listed anywhere else."""
    finders = [rule.find for rule in RULES]

    assert len(finders) == len(set(finders)) >= 35
