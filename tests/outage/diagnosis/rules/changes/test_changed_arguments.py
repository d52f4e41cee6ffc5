"""Arguments that were changed: called arguments and not variables, and credentials where they are one."""

import pytest

from outage.diagnosis.hypothesis import Action
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.town import Town

CHANGED = [
    (["--maxmemory", "400mb"], ["--maxmemory", "40mb"], "bad-command"),
    (["--requirepass", "one"], ["--requirepass", "two"], "wrong-credential"),
]


@pytest.mark.parametrize(("was", "now", "cause"), CHANGED)
def test_a_changed_argument_is_named_as_what_it_is(was: list[str], now: list[str], cause: str) -> None:
    """And put back as the revision before has it."""
    one = Town()
    one.app("session-cache", "redis:7", port=6379, container={"args": was})
    one.app("carts", "acme/carts:3", env={"REDIS_URL": "redis://session-cache:6379"})
    one.container("session-cache")["args"] = now
    one.roll("session-cache", 8)
    said = {
        "bad-command": "OOM command not allowed when used memory > 'maxmemory' (session-cache)",
        "wrong-credential": "redis: WRONGPASS invalid username-password pair (session-cache:6379)",
    }
    one.log("carts", f"ERROR {said[cause]}")

    first = diagnose(one.snapshot(), one.platform()).hypotheses[0]

    assert (first.cause, first.about.name) == (cause, "session-cache")
    assert first.repair is not None
    assert [each.action for each in first.repair.changes] == [Action.UNDO]
