"""Nobody reads our own sentences: outside the rooms that render, they are only handed on."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parent.parent
ROOMS = ("outage", "blocks", "tasks", "flows", "stack", "cli")
RENDERERS = ("outage/text/", "outage/reports/", "tasks/tell/", "cli/")
"""Who makes messages, reports and screens may shorten, group and join sentences."""
FOREIGN = ("outage/incidents/payloads.py", "outage/people/on_call.py")
"""Where the names of these attributes are those of other programs' messages."""
SENTENCES = frozenset({"says", "reasons", "evidence_for", "evidence_against", "settle", "summary"})
"""Attributes that hold what we say to people."""
HANDS_ON = frozenset(
    {"redact", "cut", "str", "echo", "say", "tell", "info", "warning", "join", "fromkeys", "append", "extend"}
    | {"add", "line", "replace", "tuple", "list", "plans_asked", "take_back_plan", "ending_words"}
    | {"_inconclusive", "_not_effective", "close", "close_incident", "open_for", "resolved_fields"}
)
"""Functions that take a sentence and look at no word of it."""
CONTAINERS = (ast.FormattedValue, ast.keyword, ast.List, ast.Tuple, ast.Dict, ast.Starred, ast.Return)
BINDINGS = (ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.Yield, ast.IfExp, ast.BoolOp, ast.BinOp)
LOOPS = (ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.comprehension, ast.For)


def readings(text: str) -> Iterator[tuple[int, str]]:
    """Every place where a sentence is looked at, with its line.

    Args:
        text: Of a module.
    """
    tree = ast.parse(text)
    above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for scope in [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))]:
        named = set(_named_sentences(scope))
        for node in ast.walk(scope):
            spoken = isinstance(node, ast.Attribute) and node.attr in SENTENCES
            spoken = spoken or (isinstance(node, ast.Name) and node.id in named)
            if spoken and isinstance(getattr(node, "ctx", None), ast.Load) and _is_read(node, above):
                yield getattr(node, "lineno", 0), ast.unparse(above[node])


def _named_sentences(scope: ast.AST) -> Iterator[str]:
    """Local names that are bound to a sentence as it is."""
    if not isinstance(scope, ast.FunctionDef):
        return
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign | ast.NamedExpr) and _is_sentence(node.value):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (one.id for one in targets if isinstance(one, ast.Name))
        if isinstance(node, ast.comprehension | ast.For) and _is_sentence(node.iter):
            yield from (one.id for one in [node.target] if isinstance(one, ast.Name))


def _is_sentence(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in SENTENCES


def _is_read(node: ast.AST, above: dict[ast.AST, ast.AST]) -> bool:
    parent = above[node]
    if isinstance(parent, ast.Call):
        called = (
            parent.func.attr if isinstance(parent.func, ast.Attribute) else getattr(parent.func, "id", "")
        )
        return node is not parent.func and called not in HANDS_ON
    if isinstance(parent, ast.Attribute):
        return parent.attr not in HANDS_ON
    if isinstance(parent, ast.Subscript):
        return not isinstance(parent.slice, ast.Slice)
    if isinstance(parent, ast.IfExp):
        return node is parent.test
    return not isinstance(parent, (*CONTAINERS, *BINDINGS, *LOOPS))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        pytest.param('print(f"{one.says}")', 0, id="in another sentence"),
        pytest.param("Outcome(says=one.says)", 0, id="as the sentence of something else"),
        pytest.param("found.evidence_for = [one.says for one in hurt][:6]", 0, id="as evidence"),
        pytest.param("gone = redact(one.says)", 0, id="without secrets"),
        pytest.param('"matches 0 pods" in one.says', 1, id="for a phrase"),
        pytest.param('one.says.startswith("no alert")', 1, id="for its beginning"),
        pytest.param("QUOTA.search(finding.says)", 1, id="for a pattern"),
        pytest.param("NO_CAUSE in hypothesis.reasons", 1, id="for a reason"),
        pytest.param('one.says.split(" ", 1)[0]', 1, id="for its first word"),
        pytest.param("reason = one.reasons[0]", 1, id="by its place"),
        pytest.param("def f(one):\n    text = one.says\n    return text == 'x'", 1, id="under another name"),
        pytest.param("parsed(finding.says)", 1, id="in a function that may look at it"),
    ],
)
def test_looking_at_a_sentence_is_told_from_handing_it_on(text: str, count: int) -> None:
    """The check itself can fail."""
    assert len(list(readings(text))) == count


def test_nobody_reads_our_own_sentences() -> None:
    """Rewording one must change no decision: decisions are made from facts, keys and fields."""
    read = [
        f"{path.relative_to(HOUSE)}:{line}: {words}"
        for room in ROOMS
        for path in sorted((HOUSE / room).rglob("*.py"))
        if not str(path.relative_to(HOUSE)).startswith((*RENDERERS, *FOREIGN))
        for line, words in readings(path.read_text(encoding="utf-8"))
    ]

    assert read == []
