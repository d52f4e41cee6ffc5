"""How a write without an outcome is recognised afterwards."""

import pytest

from outage.hypothesis import Action, Change
from outage.objects import ObjectRef
from outage.settling import Seen, already_so, look, undoing
from outage.value import Manifest
from tests.outage.mending import IMAGE, auth, change

TWO_LIMITS = {
    "op": "add",
    "path": "/spec/template/spec/containers/0/resources",
    "value": {"limits": {"cpu": "1"}},
}


@pytest.mark.parametrize(
    ("of", "before", "live", "seen"),
    [
        pytest.param(change(Action.PATCH, IMAGE), auth(), auth("auth:8"), Seen.WRITTEN, id="patched"),
        pytest.param(
            change(Action.PATCH, IMAGE), auth(), auth(resourceVersion="9"), Seen.AS_BEFORE, id="not patched"
        ),
        pytest.param(
            change(Action.PATCH, IMAGE), auth(), auth("auth:10"), Seen.NEITHER, id="patched by somebody"
        ),
        pytest.param(change(Action.PATCH, IMAGE), auth(), None, Seen.NEITHER, id="deleted meanwhile"),
        pytest.param(
            change(Action.PATCH, IMAGE), auth(), auth("auth:8", uid="o"), Seen.NEITHER, id="made anew"
        ),
        pytest.param(change(Action.DELETE), auth(), None, Seen.WRITTEN, id="deleted"),
        pytest.param(change(Action.DELETE), auth(), auth(), Seen.AS_BEFORE, id="not deleted"),
        pytest.param(change(Action.DELETE), auth(), auth(deletionTimestamp="x"), Seen.WRITTEN, id="going"),
        pytest.param(change(Action.CREATE, manifest=auth()), None, auth(), Seen.WRITTEN, id="created"),
        pytest.param(change(Action.CREATE, manifest=auth()), None, None, Seen.AS_BEFORE, id="not created"),
        pytest.param(
            change(Action.CREATE, manifest=auth()), None, auth("x"), Seen.NEITHER, id="created by somebody"
        ),
    ],
)
def test_a_write_without_an_outcome_is_told_by_looking(
    of: Change, before: Manifest | None, live: Manifest | None, seen: Seen
) -> None:
    """Never by repeating."""
    assert look(of, before, live) is seen


def test_defaults_that_the_server_fills_in_do_not_hide_a_write() -> None:
    """What we wrote is there; that there is more of it is the server's doing."""
    live = auth()
    live["spec"]["template"]["spec"]["containers"][0]["resources"] = {
        "limits": {"cpu": "1"},
        "requests": {"cpu": "1"},
    }

    assert look(change(Action.PATCH, TWO_LIMITS), auth(), live) is Seen.WRITTEN


def test_a_list_that_moved_is_not_mistaken_for_ours() -> None:
    """Without the picture before, adding to a list cannot be recognised: then the answer is no."""
    add = {
        "op": "add",
        "path": "/spec/template/spec/containers/-",
        "value": {"name": "app", "image": "auth:9"},
    }

    assert already_so(change(Action.PATCH, IMAGE), auth("auth:8"))
    assert not already_so(change(Action.PATCH, add), auth())
    assert not already_so(change(Action.RESTART, IMAGE), auth("auth:8"))


def test_a_session_that_blocks_nobody_any_more_is_ended_enough() -> None:
    """Its query was cancelled; the session may live on."""
    end = change(Action.CANCEL, target=ObjectRef(kind="Session", name="7"), session=7)
    blocking: Manifest = {
        "kind": "Session",
        "metadata": {"name": "7", "uid": "7@x"},
        "spec": {"blocks": True},
    }
    harmless = blocking | {"spec": {"blocks": False}, "status": {"state": "active"}}

    assert look(end, blocking, harmless) is Seen.WRITTEN
    assert look(end, blocking, blocking) is Seen.AS_BEFORE
    assert already_so(end, None)
    assert undoing(end, blocking, None) is None
