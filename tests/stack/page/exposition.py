"""What `/metrics` says, by name, and what queries name."""

import json
import re
from pathlib import Path
from typing import Any

import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import HERE

RULES = HERE.parent / "deploy/prometheus/outage-rules.yaml"
DASHBOARD = HERE.parent / "deploy/grafana/outage.json"
NAMED = re.compile(r"\boutage_[a-z_]+")


def exposed(text: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Name of a series → its labels → its value."""
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(text):
        for one in family.samples:
            found.setdefault(one.name, {})[tuple(sorted(one.labels.items()))] = one.value
    return found


def families(text: str) -> set[str]:
    """Every name that a query may name."""
    kinds = {one.name: one.type for one in text_string_to_metric_families(text)}
    names: set[str] = set()
    for name, kind in kinds.items():
        endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(kind, ("",))
        names |= {f"{name}{ending}" for ending in endings}
    return names


def rules(file: Path = RULES) -> list[dict[str, Any]]:
    """The alerts."""
    found: list[dict[str, Any]] = yaml.safe_load(file.read_text(encoding="utf-8"))["groups"][0]["rules"]
    return found


def panel_queries(file: Path = DASHBOARD) -> dict[str, list[str]]:
    """The queries of each panel."""
    board = json.loads(file.read_text(encoding="utf-8"))
    return {one["title"]: [target["expr"] for target in one["targets"]] for one in board["panels"]}


SELECTED = re.compile(r"\b(outage_[a-z_]+)\s*\{([^}]*)\}")
GROUPED = re.compile(r"\b(?:by|without)\s*\(([^)]*)\)")
LABEL = re.compile(r"([a-z_]+)\s*(?:=~|!~|!=|=)")


def strange_labels(query: str, found: dict[str, dict[tuple[tuple[str, str], ...], float]]) -> set[str]:
    """Labels that a query names, and that the series which it asks for do not have.

    Args:
        query: PromQL.
        found: What is exposed.
    """

    def labels_of(name: str) -> set[str]:
        return {label for labels in found.get(name, {}) for label, _ in labels}

    strange = {
        label
        for name, inner in SELECTED.findall(query)
        for label in LABEL.findall(inner)
        if label not in labels_of(name)
    }
    there = set().union(*(labels_of(name) for name in NAMED.findall(query)))
    grouped = {one.strip() for inner in GROUPED.findall(query) for one in inner.split(",") if one.strip()}
    return strange | (grouped - there)
