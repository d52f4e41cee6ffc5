"""The house's measures, taken of small houses."""

from pathlib import PurePosixPath

import pytest

from bench.house import (
    Source,
    entries_per_folder,
    long_modules,
    measure_house,
    read_sources,
    repeated_modules,
    repeated_names,
    tracked_files,
    unexplained_parts,
)


def paths(*names: str) -> list[PurePosixPath]:
    """Paths of a house."""
    return [PurePosixPath(name) for name in names]


def measured(text: str) -> dict[str, str]:
    """The table of a house with one module."""
    rows = measure_house(paths("outage/plan.py"), [Source("outage/plan.py", text)])
    return {row.name: row.value for row in rows}


def test_a_folder_counts_its_files_and_the_folders_in_it_once() -> None:
    """The widest comes first."""
    files = paths("README.md", "outage/a.py", "outage/b.py", "outage/plans/c.py", "outage/plans/d.py")

    assert list(entries_per_folder(files).items()) == [("outage", 3), (".", 2), ("outage/plans", 2)]


def test_folders_of_data_are_apart_with_all_that_they_hold() -> None:
    """But they are an entry of the folder that they stand in."""
    assert entries_per_folder(paths("practice/faults/a.yaml", "practice/manifests/shop/b.yaml")) == {
        "practice": 2,
        ".": 1,
    }


def test_a_module_name_in_two_rooms_is_repeated() -> None:
    """Whoever looks for it finds the other one."""
    files = paths("outage/events.py", "tasks/observe/events.py", "outage/plan.py")

    assert repeated_modules(files) == {"events": ["outage/events.py", "tasks/observe/events.py"]}


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(("outage/__init__.py", "tasks/__init__.py"), id="each folder is a package"),
        pytest.param(("tasks/act/tasks.py", "tasks/ask/tasks.py"), id="each verb has its Prefect tasks"),
        pytest.param(("outage/postgres.py", "blocks/postgres.py"), id="a system stands in each layer"),
        pytest.param(("outage/plan.py", "tests/outage/plan.py"), id="tests mirror the code"),
    ],
)
def test_names_that_recur_by_layer_are_no_repetition(files: tuple[str, ...]) -> None:
    """One of them leads to the others."""
    assert repeated_modules(paths(*files)) == {}


def test_public_functions_and_classes_of_one_name_are_repeated() -> None:
    """Private ones, methods and where a command begins are not."""
    first = "def look(): ...\ndef _rest(): ...\ndef main(): ...\nclass Door:\n    def open(self): ...\n"
    second = "class look: ...\ndef _rest(): ...\ndef main(): ...\ndef open(): ...\n"

    assert repeated_names([Source("a.py", first), Source("b.py", second)]) == {"look": ["a.py", "b.py"]}


def test_overloads_within_one_module_are_one_name() -> None:
    """They are one function with several signatures."""
    assert repeated_names([Source("a.py", "def look(): ...\ndef look(): ...\n")]) == {}


def test_a_module_over_the_limit_is_long() -> None:
    """At the limit it is not."""
    sources = [Source("a.py", "x = 1\n" * 4), Source("b.py", "x = 1\n" * 5)]

    assert long_modules(sources, limit=4) == {"b.py": 5}


@pytest.mark.parametrize(
    ("code", "name", "value"),
    [
        ("def told(): ...\ndef say_it(): ...\n", "public functions named by one word", "50% (1 of 2)"),
        ("def told():\n    pass\n", "median / longest function, in lines", "2 / 2"),
        (
            'def told():\n    """Say.\n\n    Args:\n        x: A number.\n    """\n',
            "public functions with Args or Returns",
            "100% (1 of 1)",
        ),
        (
            'def told():\n    """Args: none of them."""\n',
            "public functions with Args or Returns",
            "0% (0 of 1)",
        ),
        ("def told() -> tuple[int, ...]: ...\n", "types that are bare tuples of more than 2", "0"),
        ("def told() -> tuple[int, str]: ...\n", "types that are bare tuples of more than 2", "0"),
        ("Key = tuple[int, str, str]\ndef told(): ...\n", "types that are bare tuples of more than 2", "1"),
        ("def told(one: tuple[int, str, str]): ...\n", "types that are bare tuples of more than 2", "1"),
        (
            "def told() -> list[tuple[int, str, str]]: ...\n",
            "types that are bare tuples of more than 2",
            "1",
        ),
        (
            "def told() -> 'tuple[int, str, str]': ...\n",
            "types that are bare tuples of more than 2",
            "1",
        ),
    ],
)
def test_functions_are_measured(code: str, name: str, value: str) -> None:
    """By their syntax, never by running them."""
    assert measured(code)[name] == value


@pytest.mark.parametrize(
    ("code", "left"),
    [
        pytest.param("def told(about: Plan) -> Plan: ...", [], id="a value of ours says what it is"),
        pytest.param(
            "def told(text: str, limit: int) -> str: ...", [], id="two plain parameters are told by name"
        ),
        pytest.param("def told(a: str, b: int, c: Plan): ...", ["Args"], id="three of which two say no unit"),
        pytest.param("def told() -> Plan | None: ...", ["Returns"], id="nobody says when there is none"),
        pytest.param("def told() -> list[Plan | None]: ...", [], id="a list is always given"),
        pytest.param(
            'def told() -> Plan | None:\n    """The plan, or None."""', [], id="a sentence is enough"
        ),
        pytest.param("def told():\n    raise PlanError('no')", ["Raises"], id="an error of its own"),
        pytest.param("def told():\n    raise", [], id="an error of others comes through"),
        pytest.param(
            "def told():\n    def later():\n        raise PlanError('no')", [], id="what is raised later"
        ),
        pytest.param(
            'def told():\n    """Say.\n\n    Raises:\n        PlanError: No.\n    """\n    raise PlanError()',
            [],
            id="a section tells it",
        ),
    ],
)
def test_a_function_is_explained_where_its_name_and_types_leave_something_open(
    code: str, left: list[str]
) -> None:
    """And nowhere else: who repeats a name in a sentence has told nothing."""
    (function,) = Source("tasks/plan.py", code).public_functions

    assert unexplained_parts(function) == left


def test_of_the_dictionary_those_count_that_another_room_imports() -> None:
    """Within a room the room's words are known."""
    plan = Source("outage/plans/plan.py", "def told() -> Plan | None: ...\ndef kept() -> Plan | None: ...\n")
    near = Source("outage/plans/planned.py", "from outage.plans.plan import kept\n")
    far = Source("tasks/decide/tasks.py", "from outage.plans.plan import told\n")

    rows = measure_house(paths("outage/plans/plan.py"), [plan, near, far])
    found = {row.name: row.examples for row in rows}

    assert found["… of those whose name and types leave something open"] == ["outage/plans/plan.py:1 told"]


def test_the_real_house_is_measured() -> None:
    """What git tracks is found and parsed."""
    files = tracked_files()

    assert PurePosixPath("bench/typed_runbook.py") in files
    assert "bench/typed_runbook.py" in {source.path for source in read_sources(files)}
