"""Reading a reviewed YAML file into a value, so that every mistake is one sentence with its file and line.

Promise: whatever is wrong with the text, the answer is a `FileError` that a person can act on without
knowing pydantic or YAML's grammar.
"""

import difflib
import re
from datetime import timedelta
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ValidationError

from outage.errors import FileError, cut

Place = tuple[str | int, ...]
Read = TypeVar("Read", bound=BaseModel)

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
"""Read here and not by durationpy, for which `15mm` is fifteen months and `-1h` is as good as `1h`."""


def _duration(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    text = value.replace(" ", "") if isinstance(value, str) else ""
    if re.fullmatch(r"(\d+[smhd])+", text):
        return timedelta(seconds=sum(int(n) * UNITS[unit] for n, unit in re.findall(r"(\d+)([smhd])", text)))
    if text.startswith("P"):  # ISO 8601, which is how pydantic writes one
        return value
    raise ValueError(f"{value!r} is not a duration: write it with its unit, as `90s`, `15m` or `1h30m`")


Duration = Annotated[timedelta, BeforeValidator(_duration)]
"""A timedelta that a file spells `90s`, `15m`, `1h30m`; a bare number is refused, since nobody knows its unit."""

LONGEST_SOAK = timedelta(hours=1)


def _within_an_hour(value: timedelta) -> timedelta:
    if value > LONGEST_SOAK:
        raise ValueError(
            "recovery is watched for an hour at most: a longer watch would be ended in the middle"
        )
    return value


Soak = Annotated[Duration, AfterValidator(_within_an_hour)]
"""How long recovery is watched: what the phase's own time can hold."""


def load_reviewed(text: str, name: str, model: type[Read]) -> Read:
    """Read one YAML document into a value.

    Args:
        text: The file's content.
        name: The file's name, for the sentence when something is wrong.
        model: What it should be.

    Raises:
        FileError: Not YAML, an unknown key, a missing key or a wrong value; with file and line. Permanent.
    """
    data, lines = parse_reviewed(text, name)
    if not isinstance(data, dict):
        raise FileError(f"read {name}: it holds no keys; see the documented example")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise FileError(explain_mistake(error, name, lines, model)) from error


def parse_reviewed(text: str, name: str) -> tuple[Any, dict[Place, int]]:
    """The plain data of a YAML document, and the line on which each key or item stands.

    Args:
        text: The document.
        name: What the file is called in errors.

    Returns:
        The data, and lines from 1 by place: the keys and indices that lead there.

    Raises:
        FileError: Not YAML, or a key that stands twice. Permanent.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        lines: dict[Place, int] = {}
        if node is not None:
            _number(node, (), lines, name)
        return yaml.safe_load(text), lines
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark else ""
        raise FileError(
            f"read {name}{line}: not YAML: {cut(str(getattr(error, 'problem', error)))}"
        ) from error


def _number(node: yaml.Node, place: Place, lines: dict[Place, int], name: str) -> None:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*place, key.value)
            if inner in lines:
                raise FileError(
                    f"read {name} line {key.start_mark.line + 1}: `{key.value}` stands twice, "
                    f"first on line {lines[inner]}"
                )
            lines[inner] = key.start_mark.line + 1
            _number(value, inner, lines, name)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _number(value, (*place, index), lines, name)


def line_of_path(place: Place, lines: dict[Place, int]) -> int:
    """The line of a place, or of the nearest thing around it that stands in the file."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def explain_mistake(
    error: ValidationError, name: str, lines: dict[Place, int], model: type[BaseModel]
) -> str:
    """The first mistake as one sentence with file and line, and how many more there are."""
    mistakes = error.errors()
    first = mistakes[0]
    place = tuple(first["loc"])
    dotted = ".".join(str(part) for part in place) or "the file"
    match first["type"]:
        case "extra_forbidden":
            says = f"`{dotted}` is not a known key{_meant(str(place[-1]), model)}"
        case "missing":
            says = f"`{dotted}` is missing"
        case "value_error" if isinstance(first["input"], dict):  # two keys that do not fit together
            says = f"{f'`{dotted}`: ' if place else ''}{_reason(first['msg'])}"
        case _:
            says = f"`{dotted}` cannot be {cut(repr(first['input']), 60)}: {_reason(first['msg'])}"
    more = f" ({len(mistakes) - 1} more mistakes)" if len(mistakes) > 1 else ""
    return f"read {name} line {line_of_path(place, lines)}: {says}{more}"


def _reason(message: str) -> str:
    return cut(message.removeprefix("Value error, ").rstrip("."))


def _meant(word: str, model: type[BaseModel]) -> str:
    near = difflib.get_close_matches(
        word, sorted(model.model_fields), n=1
    )  # the file's own keys before inner ones
    near = near or difflib.get_close_matches(word, sorted(_words(model, set())), n=1)
    return f"; did you mean `{near[0]}`?" if near else ""


def _words(model: Any, seen: set[Any]) -> set[str]:
    """Every key that the model or a model inside it knows."""
    if model in seen:
        return set()
    seen.add(model)
    if isinstance(model, type) and issubclass(model, BaseModel):
        words = set(model.model_fields)
        for field in model.model_fields.values():
            words |= _words(field.annotation, seen)
        return words
    return {word for inner in getattr(model, "__args__", ()) for word in _words(inner, seen)}
