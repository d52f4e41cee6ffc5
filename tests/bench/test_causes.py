"""The page of causes: one entry for each, written from the rules, and fresh."""

from bench.causes import PAGE, current_page
from outage.diagnosis.cause import Cause
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.catalogue import RULES, cause_entries
from outage.policies import guards


def test_every_cause_has_one_entry_beside_its_rule() -> None:
    """Whoever adds a cause says with it how it shows and how it is mended."""
    assert list(cause_entries()) == list(Cause)
    assert all(entry.shows and entry.evidence and entry.remedies for entry in cause_entries().values())


def test_what_cannot_be_mended_otherwise_is_handed_to_a_person() -> None:
    """A person is the last of every list of remedies, and never stands before a repair."""
    for entry in cause_entries().values():
        assert entry.remedies[-1] is Remedy.PERSON, entry.cause


def test_the_page_is_as_the_rules_are() -> None:
    """`make causes` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == current_page()


def test_the_guards_that_remedies_name_are_asked() -> None:
    """A guard that was renamed would leave a promise in the page that nobody keeps."""
    asked = {one.__name__ for one in (*guards.FOR_PLANS, *guards.FOR_STEPS)}

    assert {name for one in Remedy for name in one.guards} <= asked


def test_every_rule_is_found_once() -> None:
    """The rooms are searched for rules: none is listed anywhere else."""
    finders = [rule.find for rule in RULES]

    assert len(finders) == len(set(finders)) >= 35
