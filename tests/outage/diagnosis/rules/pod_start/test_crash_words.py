"""Whose words a container's last ones are: the application's own accuse neither its command nor its rights."""

from typing import Any

import pytest

from outage.diagnosis.hypothesis import Hypothesis
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.otel_demo import Bazaar, stranger
from tests.outage.diagnosis.worlds.otel_demo_faults import ENDED, crash
from tests.outage.diagnosis.worlds.shop_objects import Manifest


def likeliest(bazaar: Bazaar) -> Hypothesis:
    """The first cause, for one who knows the namespace only."""
    return diagnose(bazaar.snapshot(), stranger()).hypotheses[0]


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        pytest.param(
            "FileNotFoundError: No such file or directory: '/idx'", "application-error", id="a file"
        ),
        pytest.param('sh: exec: "wkhtmltopdf": executable file not found', "application-error", id="a tool"),
        pytest.param("ERROR: permission denied for table orders", "application-error", id="a grant"),
        pytest.param("ERROR: permission denied (SQLSTATE 42501)", "application-error", id="a database"),
        pytest.param("git@x: Permission denied (publickey).", "application-error", id="a key"),
        pytest.param("mkdir /data/wal: permission denied", "bad-security-context", id="a directory"),
        pytest.param("open /run/a.pid: read-only file system", "bad-security-context", id="a file system"),
        pytest.param("exec /app/run: exec format error", "bad-command", id="the runtime"),
        pytest.param(
            "standard_init_linux.go:228: exec user process caused: no such file or directory",
            "bad-command",
            id="an older runtime",
        ),
    ],
)
def test_an_old_template_is_accused_by_the_runtime_and_the_kernel_only(line: str, cause: str) -> None:
    """An application that misses a file of its own or a right of its database speaks for itself."""
    bazaar = Bazaar()
    bazaar.fails("cart", waiting=("CrashLoopBackOff", "back-off 40s"), last=ENDED, restarts=4)
    bazaar.log("cart", "starting", line, previous=True)

    one = likeliest(bazaar)

    assert (one.cause, one.repair) == (cause, None)


MOUNT = "runc create failed: error mounting /a to rootfs: no such file or directory"
STAT = 'exec: "/nope": stat /nope: no such file or directory'


@pytest.mark.parametrize(
    ("last", "cause"),
    [
        pytest.param(
            {"exitCode": 1, "reason": "Error", "message": "open /x: no such file or directory"},
            "application-error",
            id="the log's end as the message",
        ),
        pytest.param(
            {"exitCode": 128, "reason": "StartError", "message": MOUNT}, "application-error", id="a mount"
        ),
        pytest.param(
            {"exitCode": 128, "reason": "StartError", "message": STAT}, "bad-command", id="not there"
        ),
        pytest.param({"exitCode": 127, "reason": "Error"}, "bad-command", id="a shell that does not find it"),
    ],
)
def test_the_status_tells_whether_the_program_ever_ran(last: Manifest, cause: str) -> None:
    """The runtime's reason and exit code count, not words that an application could say."""
    bazaar = Bazaar()
    bazaar.fails("cart", waiting=("CrashLoopBackOff", "back-off 40s"), last=last, restarts=4)

    assert likeliest(bazaar).cause == cause


@pytest.mark.parametrize(
    ("change", "line", "cause"),
    [
        pytest.param(
            {"automountServiceAccountToken": False},
            "panic: open /var/run/secrets/kubernetes.io/serviceaccount/token: no such file or directory",
            "token-not-mounted",
            id="no token any more",
        ),
        pytest.param(
            {"serviceAccountName": "restricted", "serviceAccount": "restricted"},
            'error: endpoints is forbidden: User "system:serviceaccount:bazaar:restricted" cannot list',
            "bad-template",
            id="another account",
        ),
        pytest.param(
            {"enableServiceLinks": False},
            "KeyError: VALKEY_CART_PORT",
            "bad-template",
            id="no links any more",
        ),
        pytest.param(
            {"shareProcessNamespace": True}, "pid 1 is not mine", "bad-template", id="shared processes"
        ),
    ],
)
def test_a_changed_account_or_setting_of_the_pod_is_put_back(
    change: dict[str, Any], line: str, cause: str
) -> None:
    """The container ends since then, and an older template has it otherwise."""
    bazaar = Bazaar()
    bazaar.put("ServiceAccount", {"metadata": {"name": "restricted", "namespace": "bazaar"}})
    bazaar.spec("cart").update(change)
    crash(bazaar, "cart", "patched")
    bazaar.log("cart", line, previous=True)

    one = likeliest(bazaar)

    assert (one.cause, one.about.name) == (cause, "cart")
    assert one.repair is not None
    assert str(one.field).rsplit(".", 1)[-1] in change
