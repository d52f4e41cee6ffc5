"""`make house`: how well the house can be read, measured over what git tracks.

The table goes to the terminal, the same numbers with every name behind them to results/house.json. `tests/` is looked
at for its folders alone: it mirrors the code, so its names recur. `tests/test_house.py` holds some of the numbers.
"""

import ast
import json
import re
import statistics
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

HOUSE = Path(__file__).resolve().parents[1]
ROOMS = ("outage", "blocks", "tasks", "flows", "stack", "cli", "practice", "bench")
ROOT = "."
DATA_FOLDERS = frozenset(
    {"bundles", "cases", "causes", "faults", "manifests", "migrations", "pictures", "quiet", "schemas"}
)
"""Folders of data, and of what is written from types and rules, grow with what is known; nobody reads them from top to
bottom."""
RECURRING_MODULES = frozenset({"kubernetes", "monitoring", "postgres", "tasks"})
"""A system's name may stand once in each layer, and each verb has its Prefect tasks in `tasks.py`."""
RECURRING_NAMES = frozenset({"main"})
"""Python's own word for where a command begins."""
WIDEST_FOLDER, LONGEST_MODULE, LONGEST_FUNCTION, LONGEST_TUPLE = 15, 400, 60, 2
SHOWN, TOLD = 3, 10
"""Examples beside a number of the table, and in the file for numbers that have no limit."""
EXPLAINED_ROOMS = ("outage", "blocks", "tasks", "flows", "stack")
"""Rooms whose functions others call; of the dictionary's own those that another of its rooms imports."""
BARE_TYPES = re.compile(
    r"\b(?:int|float|str|bytes|dict|Mapping|tuple|Callable|Any|object|list|Sequence|set)\b"
)
"""Types that say neither shape nor unit; the type of a parameter that is a value of ours says both."""
MANY_PARAMETERS, MANY_BARE = 3, 2
TELLS_NONE = re.compile(r"\bNone\b|\bnothing\b|\bif any\b|\bif there is (?:one|any)\b")
"""Words of a first line that tell when there is nothing to give."""

Definition = ast.FunctionDef | ast.AsyncFunctionDef


def tracked_files(house: Path = HOUSE) -> list[PurePosixPath]:
    """List what git tracks and what is still there, relative to the house."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=house, capture_output=True, text=True, check=True)
    return [PurePosixPath(name) for name in listed.stdout.split("\0") if name and (house / name).exists()]


def entries_per_folder(files: Iterable[PurePosixPath]) -> dict[str, int]:
    """Count the files and folders of each folder, folders of data and what they hold apart.

    Args:
        files: Paths relative to the house.

    Returns:
        Entries by folder, the widest first; the house itself is `.`.
    """
    entries: dict[str, set[str]] = defaultdict(set)
    for path in files:
        for parent in path.parents:
            entries[str(parent)].add(path.relative_to(parent).parts[0])
    counted = {
        folder: len(names) for folder, names in entries.items() if not DATA_FOLDERS & {*folder.split("/")}
    }
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def repeated_modules(
    files: Iterable[PurePosixPath], allowed: frozenset[str] = RECURRING_MODULES
) -> dict[str, list[str]]:
    """Find the module names that stand in more than one place of the rooms.

    Args:
        files: Paths relative to the house.
        allowed: Names that may recur; `__init__` and `__main__` always may.

    Returns:
        The places by name.
    """
    places: dict[str, list[str]] = defaultdict(list)
    for path in _modules(files):
        if not path.stem.startswith("__") and path.stem not in allowed:
            places[path.stem].append(str(path))
    return _repeated(places)


def repeated_names(
    sources: Iterable["Source"], allowed: frozenset[str] = RECURRING_NAMES
) -> dict[str, list[str]]:
    """Find the public functions and classes of modules whose name is defined in more than one module.

    Args:
        sources: The modules, as `read_sources` gives them.
        allowed: Names that may recur.

    Returns:
        The modules by name.
    """
    places: dict[str, list[str]] = defaultdict(list)
    for source in sources:
        for name in {one.name for one in (*source.public_functions, *source.public_classes)} - allowed:
            places[name].append(source.path)
    return _repeated(places)


def long_modules(sources: Iterable["Source"], limit: int = LONGEST_MODULE) -> dict[str, int]:
    """Give the lines of each module that has more of them than the limit."""
    return {source.path: source.lines for source in sources if source.lines > limit}


def read_sources(files: Iterable[PurePosixPath], house: Path = HOUSE) -> list["Source"]:
    """Parse every Python module of the rooms."""
    return [Source(str(path), (house / path).read_text(encoding="utf-8")) for path in _modules(files)]


@dataclass(frozen=True)
class Source:
    """One module with what is defined in it."""

    path: str
    text: str

    @property
    def lines(self) -> int:
        """Lines of the module."""
        return len(self.text.splitlines())

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return ast.parse(self.text)

    @property
    def functions(self) -> list[Definition]:
        """All functions: public or not, of modules, of classes, of functions."""
        return [one for one in ast.walk(self.tree) if isinstance(one, Definition)]

    @property
    def public_functions(self) -> list[Definition]:
        """The functions of the module that others may call."""
        return [one for one in self.tree.body if isinstance(one, Definition) and not one.name.startswith("_")]

    @property
    def public_classes(self) -> list[ast.ClassDef]:
        """The classes of the module that others may use."""
        return [
            one for one in self.tree.body if isinstance(one, ast.ClassDef) and not one.name.startswith("_")
        ]


@dataclass(frozen=True)
class Measure:
    """One line of the table."""

    name: str
    value: str
    examples: Sequence[str] = ()
    """Every place behind the number, the worst first; the table shows a few."""


def _modules(files: Iterable[PurePosixPath]) -> Iterator[PurePosixPath]:
    return (path for path in files if path.suffix == ".py" and path.parts[0] in ROOMS)


def _repeated(places: Mapping[str, list[str]]) -> dict[str, list[str]]:
    several = {name: sorted(some) for name, some in places.items() if len(some) > 1}
    return dict(sorted(several.items(), key=lambda item: (-len(item[1]), item[0])))


def measure_house(files: Sequence[PurePosixPath], sources: Sequence[Source]) -> list[Measure]:
    """Measure the house, folders first, then names, then functions."""
    return [*_of_folders(files), *_of_names(files, sources), *_of_functions(sources)]


def _of_folders(files: Sequence[PurePosixPath]) -> Iterator[Measure]:
    entries = entries_per_folder(files)
    wide = {folder: count for folder, count in entries.items() if count > WIDEST_FOLDER}
    yield Measure("entries in the widest folder", str(max(entries.values())), _counted(entries))
    yield Measure(f"folders with more than {WIDEST_FOLDER} entries", str(len(wide)), _counted(wide))
    homes = [str(path.parent) for path in files if path.parts[0] in ROOMS]
    flat = Counter(home for home in homes if home in entries)
    yield Measure("files in the widest folder of a room", str(max(flat.values())), _counted(flat)[:TOLD])


def _of_names(files: Sequence[PurePosixPath], sources: Sequence[Source]) -> Iterator[Measure]:
    stems = {path.stem for path in _modules(files) if not path.stem.startswith("__")}
    modules, functions = repeated_modules(files, frozenset()), _repeated_functions(sources)
    yield Measure("module names used twice or more", f"{len(modules)} of {len(stems)}", _placed(modules))
    apart = repeated_modules(files)
    yield Measure("… but for names that may recur by layer", str(len(apart)), _placed(apart))
    yield Measure("public function names used twice or more", str(len(functions)), _placed(functions))
    names = repeated_names(sources)
    yield Measure("public function and class names, but for main", str(len(names)), _placed(names))


def _repeated_functions(sources: Sequence[Source]) -> dict[str, list[str]]:
    places: dict[str, list[str]] = defaultdict(list)
    for source in sources:
        for name in {one.name for one in source.public_functions}:
            places[name].append(source.path)
    return _repeated(places)


def _of_functions(sources: Sequence[Source]) -> Iterator[Measure]:
    public = [(source, one) for source in sources for one in source.public_functions]
    words = [_at(source, one) for source, one in public if re.fullmatch("[a-z]+", one.name)]
    yield Measure("public functions named by one word", _share(words, public), words)
    told = [_at(source, one) for source, one in public if _tells_shapes(one)]
    yield Measure("public functions with Args or Returns", _share(told, public), told)
    needing = list(functions_to_explain(sources))
    silent = [_at(source, one) for source, one in needing if unexplained_parts(one)]
    explained = _share(needing[len(silent) :], needing)
    yield Measure("… of those whose name and types leave something open", explained, silent)
    every = [(source, one) for source in sources for one in source.functions]
    lengths = {_at(source, one): _length(one) for source, one in every}
    middle, longest = statistics.median(lengths.values()), max(lengths.values())
    yield Measure("median / longest function, in lines", f"{middle:g} / {longest}", _counted(lengths)[:TOLD])
    over = {place: length for place, length in lengths.items() if length > LONGEST_FUNCTION}
    yield Measure(f"functions over {LONGEST_FUNCTION} lines", str(len(over)), _counted(over))
    long = long_modules(sources)
    yield Measure(f"modules over {LONGEST_MODULE} lines", str(len(long)), _counted(long))
    bare = [f"{source.path}:{line}" for source in sources for line in bare_tuples(source)]
    yield Measure(f"types that are bare tuples of more than {LONGEST_TUPLE}", str(len(bare)), bare)


def _at(source: Source, function: Definition) -> str:
    return f"{source.path}:{function.lineno} {function.name}"


def _length(function: Definition) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _tells_shapes(function: Definition) -> bool:
    return bool(re.search(r"^\s*(Args|Returns):$", ast.get_docstring(function) or "", re.MULTILINE))


def functions_to_explain(sources: Sequence[Source]) -> Iterator[tuple[Source, Definition]]:
    """Find the public functions whose name and types leave something open to whoever calls them from elsewhere.

    Args:
        sources: The modules, as `read_sources` gives them.
    """
    imported = {place for source in sources for place in _imports_from_elsewhere(source)}
    for source in sources:
        room = source.path.partition("/")[0]
        for one in source.public_functions:
            known = (source.path.removesuffix(".py").replace("/", "."), one.name) in imported
            if room in EXPLAINED_ROOMS and (known or room != "outage") and _open_parts(one):
                yield source, one


def unexplained_parts(function: Definition) -> list[str]:
    """Name what a docstring leaves open: `Args`, `Returns`, `Raises`; a plain sentence may tell it as well."""
    told = ast.get_docstring(function) or ""
    sections = set(re.findall(r"^\s*(Args|Returns|Raises):$", told, re.MULTILINE))
    if TELLS_NONE.search(told):
        sections.add("Returns")
    if "Raises" in told:
        sections.add("Raises")
    if "arguments are those of `" in told:
        sections.add("Args")
    return [one for one in _open_parts(function) if one not in sections]


def _open_parts(function: Definition) -> list[str]:
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    bare = [one for one in arguments if one.annotation and BARE_TYPES.search(ast.unparse(one.annotation))]
    parts = ["Args"] if len(arguments) >= MANY_PARAMETERS and len(bare) >= MANY_BARE else []
    parts += ["Returns"] if _may_give_none(function.returns) else []
    return parts + (["Raises"] if any(map(_raises_own, _body_of(function))) else [])


def _may_give_none(annotation: ast.expr | None) -> bool:
    """`X | None` as a whole, not a list of such."""
    if not isinstance(annotation, ast.BinOp):
        return False
    ends = (annotation.left, annotation.right)
    return any((isinstance(one, ast.Constant) and one.value is None) or _may_give_none(one) for one in ends)


def _body_of(function: Definition) -> Iterator[ast.AST]:
    """What runs when it is called: without the functions that it only defines."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, Definition | ast.Lambda | ast.ClassDef):
            waiting += ast.iter_child_nodes(node)


def _raises_own(node: ast.AST) -> bool:
    return isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)


def _imports_from_elsewhere(source: Source) -> Iterator[tuple[str, str]]:
    """Module and name of what it imports from another folder than its own."""
    here = str(PurePosixPath(source.path).parent).replace("/", ".")
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.rpartition(".")[0] != here:
            yield from ((node.module, alias.name) for alias in node.names)


def bare_tuples(source: Source) -> list[int]:
    """Find the types without a name that hold more than two things: what a function takes or gives, an alias, a field.

    Returns:
        Lines of the module.
    """
    found = {
        node.lineno for node in ast.walk(source.tree) if isinstance(node, ast.expr) and _is_bare_tuple(node)
    }
    quoted = [one.returns for one in source.functions if isinstance(one.returns, ast.Constant)]
    for one in quoted:
        inside = ast.parse(str(one.value), mode="eval")
        found |= {one.lineno} if any(map(_is_bare_tuple, ast.walk(inside))) else set()
    return sorted(found)


def _is_bare_tuple(node: ast.AST) -> bool:
    """`tuple[int, str, str]`, wherever it stands; `tuple[int, ...]` is a sequence."""
    return (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id == "tuple"
        and isinstance(node.slice, ast.Tuple)
        and len(node.slice.elts) > LONGEST_TUPLE
    )


def _share(some: Sequence[object], every: Sequence[object]) -> str:
    if not every:
        return "none to tell"
    return f"{len(some) / len(every):.0%} ({len(some)} of {len(every)})"


def _counted(counts: Mapping[str, int]) -> list[str]:
    return [f"{place} {count}" for place, count in sorted(counts.items(), key=lambda item: -item[1])]


def _placed(places: Mapping[str, list[str]]) -> list[str]:
    return [f"{name} ×{len(some)}: {', '.join(some)}" for name, some in places.items()]


def main() -> int:
    """Measure, print the table, write results/house.json."""
    files = tracked_files()
    rows = measure_house(files, read_sources(files))
    width = max(len(row.name) for row in rows)
    for row in rows:
        examples = "; ".join(one.partition(":")[0] if "×" in one else one for one in row.examples[:SHOWN])
        print(f"{row.name:<{width}}  {row.value:<20}  {examples}".rstrip())
    path = HOUSE / "results/house.json"
    path.parent.mkdir(exist_ok=True)
    text = json.dumps([asdict(row) for row in rows], indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
    print(f"every place behind the numbers: {path.relative_to(HOUSE)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
