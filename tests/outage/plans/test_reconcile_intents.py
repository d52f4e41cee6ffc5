"""How a write without an outcome is recognised afterwards."""

import pytest

from outage.diagnosis.hypothesis import Action, Change
from outage.kubernetes.objects import ObjectRef
from outage.plans.reconcile_intents import WriteState, already_so, look_at_write, undoing_patch
from outage.value import Manifest
from tests.outage.kubernetes.repairing import IMAGE, auth, change

TWO_LIMITS = {
    "op": "add",
    "path": "/spec/template/spec/containers/0/resources",
    "value": {"limits": {"cpu": "1"}},
}


@pytest.mark.parametrize(
    ("of", "before", "live", "seen"),
    [
        pytest.param(change(Action.PATCH, IMAGE), auth(), auth("auth:8"), WriteState.WRITTEN, id="patched"),
        pytest.param(
            change(Action.PATCH, IMAGE),
            auth(),
            auth(resourceVersion="9"),
            WriteState.AS_BEFORE,
            id="not patched",
        ),
        pytest.param(
            change(Action.PATCH, IMAGE), auth(), auth("auth:10"), WriteState.NEITHER, id="patched by somebody"
        ),
        pytest.param(change(Action.PATCH, IMAGE), auth(), None, WriteState.NEITHER, id="deleted meanwhile"),
        pytest.param(
            change(Action.PATCH, IMAGE), auth(), auth("auth:8", uid="o"), WriteState.NEITHER, id="made anew"
        ),
        pytest.param(change(Action.DELETE), auth(), None, WriteState.WRITTEN, id="deleted"),
        pytest.param(change(Action.DELETE), auth(), auth(), WriteState.AS_BEFORE, id="not deleted"),
        pytest.param(
            change(Action.DELETE), auth(), auth(deletionTimestamp="x"), WriteState.WRITTEN, id="going"
        ),
        pytest.param(change(Action.CREATE, manifest=auth()), None, auth(), WriteState.WRITTEN, id="created"),
        pytest.param(
            change(Action.CREATE, manifest=auth()), None, None, WriteState.AS_BEFORE, id="not created"
        ),
        pytest.param(
            change(Action.CREATE, manifest=auth()),
            None,
            auth("x"),
            WriteState.NEITHER,
            id="created by somebody",
        ),
    ],
)
def test_a_write_without_an_outcome_is_told_by_looking(
    of: Change, before: Manifest | None, live: Manifest | None, seen: WriteState
) -> None:
    """Never by repeating."""
    assert look_at_write(of, before, live) is seen


def test_defaults_that_the_server_fills_in_do_not_hide_a_write() -> None:
    """What we wrote is there; that there is more of it is the server's doing."""
    live = auth()
    live["spec"]["template"]["spec"]["containers"][0]["resources"] = {
        "limits": {"cpu": "1"},
        "requests": {"cpu": "1"},
    }

    assert look_at_write(change(Action.PATCH, TWO_LIMITS), auth(), live) is WriteState.WRITTEN


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

    assert look_at_write(end, blocking, harmless) is WriteState.WRITTEN
    assert look_at_write(end, blocking, blocking) is WriteState.AS_BEFORE
    assert already_so(end, None)
    assert undoing_patch(end, blocking, None) is None
