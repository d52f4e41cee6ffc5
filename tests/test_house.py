"""What tools cannot check about the house itself."""

import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path, PurePosixPath

import pytest

from bench.house import (
    LONGEST_FUNCTION,
    LONGEST_MODULE,
    ROOT,
    WIDEST_FOLDER,
    Source,
    bare_tuples,
    entries_per_folder,
    functions_to_explain,
    long_modules,
    read_sources,
    repeated_modules,
    repeated_names,
    tracked_files,
    unexplained_parts,
)
from cli import COMMANDS

HOUSE = Path(__file__).resolve().parent.parent
ROOMS = ("outage", "blocks", "tasks", "flows", "stack", "cli", "practice", "bench")
MODULES = sorted(path for room in ROOMS for path in (HOUSE / room).rglob("*.py"))


@pytest.fixture(scope="module")
def files() -> list[PurePosixPath]:
    """What git tracks."""
    return tracked_files()


@pytest.fixture(scope="module")
def sources(files: list[PurePosixPath]) -> list[Source]:
    """The modules of the rooms."""
    return read_sources(files)


def tracked() -> list[Path]:
    """Every text file that git knows."""
    said = subprocess.run(["git", "ls-files"], cwd=HOUSE, capture_output=True, text=True, check=True)
    return [HOUSE / name for name in said.stdout.splitlines() if not name.endswith((".png", ".gz", ".sum"))]


def headings() -> set[str]:
    """The runbook's headings, without numbers and brackets."""
    text = (HOUSE / "docs/runbook.md").read_text(encoding="utf-8")
    found = re.findall(r"^#+ (?:\d+\. )?(.+?)(?: \(.*\))?$", text, flags=re.MULTILINE)
    return set(found)


def cited() -> list[tuple[str, str]]:
    """Every runbook heading that a docstring cites, with its module."""
    found = []
    for module in MODULES:
        for line in re.findall(r'[Rr]unbook:? (".+?")(?:\.|\n|$)', module.read_text(encoding="utf-8")):
            found += [(str(module.relative_to(HOUSE)), heading) for heading in re.findall(r'"([^"]+)"', line)]
    return found


def test_every_cited_runbook_heading_exists() -> None:
    """A citation that leads nowhere is worse than none."""
    known = headings()

    assert [(module, heading) for module, heading in cited() if heading not in known] == []


def test_the_flows_cite_the_runbook() -> None:
    """The phases carry out the customer's runbook, heading by heading."""
    flows = {module for module, _ in cited() if module.startswith("flows/")}

    assert {f"flows/{name}.py" for name in ("triage", "investigate", "resolve", "verify", "close")} <= flows


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_a_module_opens_with_what_it_is_about(module: Path) -> None:
    """Its first line is its topic."""
    assert ast.get_docstring(ast.parse(module.read_text(encoding="utf-8")))


def test_a_module_is_one_topic(sources: list[Source]) -> None:
    """What is longer than the limit holds two."""
    assert long_modules(sources, LONGEST_MODULE) == {}


def test_a_folder_can_be_taken_in_at_a_glance(files: list[PurePosixPath]) -> None:
    """Folders of data are apart, and the house itself: tools say what stands there and how it is called."""
    entries = entries_per_folder(files)

    assert {
        str(folder): count for folder, count in entries.items() if count > WIDEST_FOLDER and folder != ROOT
    } == {}


def test_no_module_name_stands_twice(files: list[PurePosixPath]) -> None:
    """But for `tasks` and the names of systems, which recur by layer."""
    assert repeated_modules(files) == {}


def test_no_public_name_stands_twice(sources: list[Source]) -> None:
    """Whoever searches for a function or a class finds one definition."""
    assert repeated_names(sources) == {}


def test_what_holds_more_than_two_things_has_a_name(sources: list[Source]) -> None:
    """The third of a tuple is counted off, and miscounted."""
    assert {source.path: lines for source in sources if (lines := bare_tuples(source))} == {}


def test_no_function_is_longer_than_a_screen(sources: list[Source]) -> None:
    """What is longer does two things."""
    long = [
        f"{source.path}:{one.name}"
        for source in sources
        for one in source.functions
        if (one.end_lineno or one.lineno) - one.lineno >= LONGEST_FUNCTION
    ]

    assert long == []


def test_who_calls_a_function_is_told_what_its_name_leaves_open(sources: list[Source]) -> None:
    """Shapes, units, what None means, which errors; of twenty such functions one may be plain to whoever wrote it."""
    asked = list(functions_to_explain(sources))
    silent = [f"{source.path}:{one.name}" for source, one in asked if unexplained_parts(one)]

    assert len(silent) <= len(asked) / 20, silent


def imported_by(module: str, path: Path, known: set[str]) -> set[str]:
    """Which of the known modules a module needs while it is imported."""
    found = set()
    for line in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(line, ast.ImportFrom) and line.module:
            named = {f"{line.module}.{alias.name}" for alias in line.names}
            found |= (named & known) or ({line.module} & known)
    return found - {module}


def test_every_module_of_the_dictionary_can_be_the_first_that_is_imported() -> None:
    """Two modules that need each other work only in some orders, and tests may never meet the others."""
    paths = {
        ".".join(path.relative_to(HOUSE).with_suffix("").parts).removesuffix(".__init__"): path
        for path in (HOUSE / "outage").rglob("*.py")
    }

    order = TopologicalSorter({name: imported_by(name, path, set(paths)) for name, path in paths.items()})

    assert len(list(order.static_order())) == len(paths), "graphlib raises CycleError and names the circle"


def test_no_name_is_a_grab_bag() -> None:
    """Nobody can say what belongs into `utils`."""
    bags = {
        "utils",
        "util",
        "helpers",
        "helper",
        "manager",
        "managers",
        "core",
        "common",
        "misc",
        "models",
        "types",
    }

    assert [path for path in MODULES if path.stem in bags or path.parent.name in bags] == []


def test_the_readme_names_only_commands_that_exist() -> None:
    """And every one of them."""
    text = (HOUSE / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`outage ([a-z]+)", text))

    assert named <= set(COMMANDS)
    assert {"up", "drill", "investigate", "doctor", "approve"} <= named


def test_the_readme_names_only_make_targets_that_exist() -> None:
    """The two commands do all the set-up."""
    targets = set(re.findall(r"^([a-z-]+):", (HOUSE / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = (HOUSE / "README.md").read_text(encoding="utf-8")

    assert set(re.findall(r"`?make ([a-z]+)", text)) <= targets


def test_no_file_names_this_machine_or_a_registry() -> None:
    """What is committed must be right on any machine."""
    machine = re.compile("/" + "work/(?:main|desk|shared)")
    registry = re.compile(
        "|".join(("files" + r"\.pythonhosted", "proxy" + r"\.golang", "registry" + r"\.npmjs"))
    )
    wrong = [
        path.name
        for path in tracked()
        if path.exists()
        for text in [path.read_text(encoding="utf-8", errors="replace")]
        if machine.search(text) or registry.search(text)
    ]

    assert wrong == []


def test_the_readme_names_every_setting() -> None:
    """A variable that nobody can find might as well not be there."""
    from blocks.settings import Settings

    text = (HOUSE / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(OUTAGE_[A-Z_]+)`", text))

    assert {f"OUTAGE_{name.upper()}" for name in Settings.model_fields} <= named


def test_the_command_line_says_its_version() -> None:
    """The first thing that a report about a fault needs."""
    said = subprocess.run(
        [sys.executable, "-m", "cli", "--version"], cwd=HOUSE, capture_output=True, text=True, check=True
    )

    assert re.fullmatch(r"outage \d+\.\d+\.\d+\n", said.stdout)


def test_what_people_look_for_first_is_there() -> None:
    """A licence, what changed, and how to help."""
    assert "Apache License" in (HOUSE / "LICENSE").read_text(encoding="utf-8")
    assert "## Unreleased" in (HOUSE / "CHANGELOG.md").read_text(encoding="utf-8")
    contributing = (HOUSE / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert {"a cause", "a channel", "a guard", "a fault"} <= set(
        re.findall(r"^\*\*(.+?)[.*]", contributing, re.M)
    )
