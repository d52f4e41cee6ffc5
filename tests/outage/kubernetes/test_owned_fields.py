"""Who wrote an object keeps the few fields that it owns; whoever applied it whole keeps none."""

from outage.kubernetes.trim import FIELDS_OWNED, trim_object
from outage.value import Manifest


def kept(operation: str = "Update", subresource: str = "", **fields: Manifest) -> Manifest:
    """What is left of one entry of managedFields."""
    entry = {
        "manager": "x",
        "operation": operation,
        "time": "t",
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }
    if subresource:
        entry["subresource"] = subresource
    found: Manifest = trim_object({"metadata": {"name": "a", "managedFields": [entry]}}, "salt")
    entries: list[Manifest] = found["metadata"]["managedFields"]
    return entries[0]


def test_fields_are_told_by_the_names_of_their_entries() -> None:
    """As a person would name them."""
    containers = {
        'k:{"name":"web"}': {".": {}, "f:image": {}, "f:env": {'k:{"name":"HOST"}': {"f:value": {}}}}
    }
    spec = {"f:template": {"f:spec": {"f:containers": containers}}}

    assert kept(**{"f:spec": spec})["fields"] == [
        "spec.template.spec.containers[web].image",
        "spec.template.spec.containers[web].env[HOST].value",
    ]


def test_whoever_owns_many_fields_applied_the_whole() -> None:
    """That tells nothing of a change, and costs memory in every picture."""
    many = {f"f:key-{number}": {} for number in range(FIELDS_OWNED + 1)}

    assert "fields" not in kept(**{"f:data": many})
    assert len(kept(**{"f:data": dict(list(many.items())[:-1])})["fields"]) == FIELDS_OWNED


def test_applies_and_status_are_no_edits() -> None:
    """Only who and when is kept of them."""
    assert kept("Apply", **{"f:data": {"f:a": {}}}) == {"manager": "x", "operation": "Apply", "time": "t"}
    assert "fields" not in kept(subresource="status", **{"f:status": {"f:a": {}}})
