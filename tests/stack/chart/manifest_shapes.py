"""What the API says a manifest may hold, by the models of the Kubernetes client: unknown keys and missing ones."""

from collections.abc import Iterator
from typing import Any

import kubernetes.client
import yaml


def read_manifests(text: str) -> list[dict[str, Any]]:
    """All objects of a file."""
    return [one for one in yaml.safe_load_all(text) if one]


def misfits(manifest: dict[str, Any]) -> list[str]:
    """What the API would not take of one object, a sentence each."""
    group, _, version = manifest["apiVersion"].rpartition("/")
    prefix = "" if group in ("", "apps", "policy") or group.endswith(".k8s.io") else group
    model = getattr(kubernetes.client, f"{prefix}{version.capitalize()}{manifest['kind']}", None)
    if model is None:
        return [f"{manifest['apiVersion']} {manifest['kind']}: no such kind"]
    return list(_of_model(manifest, model, f"{manifest['kind']}/{manifest['metadata']['name']}"))


def _of_model(value: Any, model: Any, place: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{place}: {value!r} is no object"
        return
    attributes = {written: name for name, written in model.attribute_map.items()}
    for key, inner in value.items():
        if key not in attributes:
            yield f"{place}: there is no {key}"
        else:
            yield from _of_type(inner, model.openapi_types[attributes[key]], f"{place}.{key}")
    given = {attributes[key]: inner for key, inner in value.items() if key in attributes}
    try:
        model(**given)
    except ValueError as error:
        yield f"{place}: {error}"


def _of_type(value: Any, type_: str, place: str) -> Iterator[str]:
    written = type_.replace("List[", "list[").replace("Dict[", "dict[")  # by version of the client
    if written.startswith("list["):
        if not isinstance(value, list):
            yield f"{place}: {value!r} is no list"
            return
        for number, one in enumerate(value):
            yield from _of_type(one, written[5:-1], f"{place}[{number}]")
    elif written.startswith("dict["):
        inner = written[5:-1].partition(", ")[2]
        if not isinstance(value, dict):
            yield f"{place}: {value!r} is no map"
            return
        for key, one in value.items():
            yield from _of_type(one, inner, f"{place}.{key}")
    elif type_ in _PLAIN:
        if not isinstance(value, _PLAIN[type_]) or (type_ == "int" and isinstance(value, bool)):
            yield f"{place}: {value!r} is no {type_}"
    elif type_ not in ("object", "datetime", "bytes"):
        yield from _of_model(value, getattr(kubernetes.client, type_), place)


_PLAIN: dict[str, type | tuple[type, ...]] = {"str": str, "int": int, "bool": bool, "float": (int, float)}
