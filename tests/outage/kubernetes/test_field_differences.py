"""What separates a live object from the wanted one, and the patch between them."""

import copy
from typing import Any

import jsonpatch
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outage.kubernetes.field_differences import field_differences, patch_for, shown_value

NAMED = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("abcd"), "value": st.integers(0, 2)}),
    max_size=3,
    unique_by=lambda one: one["name"],
)
OBJECTS = st.recursive(
    st.one_of(st.integers(0, 3), st.sampled_from(["x", "y/z", "~"]), st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["a", "b/c", "d~"]), inner, max_size=3),
        NAMED,
    ),
    max_leaves=8,
)


def put_in_order(value: Any) -> Any:
    """The value with lists of named entries sorted: their order is not compared."""
    if isinstance(value, dict):
        return {key: put_in_order(one) for key, one in value.items()}
    if isinstance(value, list):
        inner = [put_in_order(one) for one in value]
        named = inner and all(isinstance(one, dict) and "name" in one for one in inner)
        return sorted(inner, key=lambda one: str(one["name"])) if named else inner
    return value


@pytest.mark.parametrize(
    ("live", "wanted", "fields"),
    [
        pytest.param({"a": 1}, {"a": 1}, [], id="equal objects do not differ"),
        pytest.param({"a": 1}, {"a": 2}, ["a"], id="a changed value is one difference"),
        pytest.param({"a": 1}, {}, ["a"], id="a field too many is one difference"),
        pytest.param({}, {"a": {"b": 1}}, ["a"], id="a missing branch is one difference"),
        pytest.param(
            {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
            {"env": [{"name": "B", "value": "2"}]},
            ["env.0"],
            id="an added entry of a named list is one difference",
        ),
        pytest.param(
            {"env": [{"name": "A"}, {"name": "A"}]},
            {"env": [{"name": "A"}]},
            ["env"],
            id="twice the name is the list's",
        ),
        pytest.param({"a/b": 1}, {"a/b": 2}, ["a/b"], id="a key with a slash is read back as it was"),
        pytest.param(
            {"args": ["-a", "1", "-b"]},
            {"args": ["-a", "2", "-b"]},
            ["args.1"],
            id="a list without names is compared place by place",
        ),
        pytest.param({"args": ["-a"]}, {"args": ["-a", "2"]}, ["args"], id="as far as it is as long"),
        pytest.param(
            {"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]},
            {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
            ["env"],
            id="twice the name is the list's, however long",
        ),
    ],
)
def test_these_fields_differ(live: Any, wanted: Any, fields: list[str]) -> None:
    """The least that has to be said."""
    assert [one.field for one in field_differences(live, wanted)] == fields


@given(live=OBJECTS, wanted=OBJECTS)
@settings(max_examples=200, deadline=None)
def test_the_patch_makes_live_what_is_wanted(live: Any, wanted: Any) -> None:
    """Whatever the two objects are."""
    live, wanted = {"spec": live}, {"spec": wanted}

    patch = patch_for(field_differences(live, wanted))

    after = jsonpatch.apply_patch(copy.deepcopy(live), list(patch))
    assert put_in_order(after) == put_in_order(wanted)


def routes(*services: str) -> dict[str, Any]:
    """An Ingress' spec that leads each path to a service."""
    paths = [{"path": f"/{at}", "backend": {"service": {"name": name}}} for at, name in enumerate(services)]
    return {"rules": [{"host": "shop.test", "http": {"paths": paths}}]}


def test_a_wrong_backend_is_told_by_its_own_small_value() -> None:
    """Not as a list of all routes, cut in the middle."""
    found = field_differences(routes("auth-service-v2", "web"), routes("auth-service-active", "web"), "/spec")

    assert [(one.field, shown_value(one.live), shown_value(one.wanted)) for one in found] == [
        ("spec.rules.0.http.paths.0.backend.service.name", "auth-service-v2", "auth-service-active")
    ]


def test_equal_values_are_shown_alike_and_as_json() -> None:
    """Whatever order their keys came in: the record and a bundle keep them as they like."""
    assert (
        shown_value({"b": True, "a": None}) == shown_value({"a": None, "b": True}) == '{"a": null, "b": true}'
    )


def test_long_values_are_cut_for_sentences() -> None:
    """A sentence is no manifest."""
    assert len(shown_value("x" * 500)) == 120
