"""No secret is rendered anywhere: every shape through every renderer, log and message."""

from typing import Any

import pytest

from outage.reports.markdown import plan_in_markdown
from outage.reports.record_json import account_in_json
from outage.reports.report import report
from outage.text.object_diff import object_diff
from outage.text.redaction import redact
from tests.outage.text.renderers import FIELDS, OF_OBJECTS, OF_TEXT, changed
from tests.outage.text.secret_shapes import INNOCENT_TEXTS, SECRET, TEXTS, holders
from tests.outage.text.told_values import OTHER, account


@pytest.mark.parametrize("name", OF_TEXT)
@pytest.mark.parametrize("text", INNOCENT_TEXTS[:8])
def test_a_sentence_without_a_secret_is_rendered_whole(name: str, text: str) -> None:
    """A responder reads names, addresses and numbers."""
    assert "redacted" not in str(OF_TEXT[name](text))
    assert "(hidden" not in str(OF_TEXT[name](text))


@pytest.mark.parametrize("text", INNOCENT_TEXTS)
def test_a_setting_that_only_looks_like_a_secret_stays(text: str) -> None:
    """Counts, files, references, addresses and switches."""
    assert redact(text) == text


@pytest.mark.parametrize("name", OF_TEXT)
def test_no_sentence_gives_a_secret_away(name: str) -> None:
    """Every shape through one renderer."""
    assert [shape for shape, text in TEXTS.items() if SECRET in str(OF_TEXT[name](text))] == []


@pytest.mark.parametrize("name", OF_OBJECTS)
def test_no_object_gives_a_secret_away(name: str) -> None:
    """Every object through one renderer; neither what is there nor what was."""
    others = holders(OTHER)
    leaks = {
        shape: str(OF_OBJECTS[name](one, others[shape]))
        for shape, one in holders().items()
        if shape != "Secret as is"
    }
    if name == "a bundle":  # a Secret's own values are hashed when it is read
        leaks = {shape: said for shape, said in leaks.items() if not shape.startswith("Secret")}

    assert [shape for shape, said in leaks.items() if SECRET in said or OTHER in said] == []


@pytest.mark.parametrize("name", FIELDS)
def test_no_field_gives_a_secret_away(name: str) -> None:
    """One value, without what surrounds it: its place in the object tells what it is."""
    others = holders(OTHER)
    said = {
        shape: str(FIELDS[name](one, others[shape]))
        for shape, one in holders().items()
        if not shape.startswith("Secret")  # these are hashed when they are read
    }

    assert [shape for shape, words in said.items() if SECRET in words or OTHER in words] == []


def test_a_changed_secret_shows_as_changed_in_a_diff() -> None:
    """For each object: a plan that would change only a secret is never empty."""
    others = holders(OTHER)
    same = [
        shape
        for shape, one in holders().items()
        if shape != "last applied" and object_diff(others[shape].manifest, one.manifest) == ""
    ]  # fmt: skip

    assert same == []


def test_two_secrets_that_change_places_show_in_a_diff() -> None:
    """And one that stays while another is put before it does not look changed."""

    def env(*pairs: str) -> dict[str, Any]:
        entries = [{"name": f"PASSWORD_{one[0]}", "value": one} for one in pairs]
        return {
            "kind": "Pod",
            "metadata": {"name": "p"},
            "spec": {"containers": [{"name": "a", "env": entries}]},
        }

    swapped = env("aa-first-1", "bb-second-2")
    swapped["spec"]["containers"][0]["env"][0]["value"] = "bb-second-2"
    swapped["spec"]["containers"][0]["env"][1]["value"] = "aa-first-1"

    assert object_diff(env("aa-first-1", "bb-second-2"), swapped) != ""
    put_before = object_diff(env("bb-second-2"), env("aa-first-1", "bb-second-2"))
    assert not [line for line in put_before.splitlines()[2:] if line.startswith("-")]


def test_what_is_written_keeps_its_true_values() -> None:
    """Redaction is for rendering: the change of a plan still holds what goes to the cluster."""
    for shape, one in holders().items():
        made = changed(one, holders(OTHER)[shape])
        plan_in_markdown(made), report(account("t", made)), account_in_json(account("t", made))

        assert made.steps[0].change.manifest == holders()[shape].manifest
        assert SECRET in str(made.steps[0].change.patch)


def test_an_ordinary_value_that_is_written_can_be_read() -> None:
    """Of the same objects all else stays: names, images, ports, addresses."""
    manifest = holders()["args --requirepass"].manifest

    assert "--port=80" in object_diff(None, manifest)
    assert "a:1" in object_diff(None, manifest)
