"""Health paths asked from inside: answers count, silence does not."""

import pytest

from blocks.kubernetes import CommandOutput
from outage.errors import ClusterForbidden
from outage.kubernetes.objects import ObjectRef
from outage.platforms.platform import Service
from outage.verification.recovery import RecoveryCheck
from tasks.verify.inside_checks import check_health_paths
from tasks.verify.outside_checks import outside_picture
from tests.tasks.act.fake_cluster import Clock
from tests.tasks.verify.verified_platform import PLATFORM, SHOP, Door, pod


def looked(door: Door) -> list[RecoveryCheck]:
    """Look at the health of the shop."""
    return list(
        check_health_paths(door.cluster, PLATFORM, outside_picture(door.cluster, PLATFORM, door.clock.now()))
    )


def shop() -> Door:
    """A pod of auth and one of its caller."""
    return Door(Clock(), pod("auth-1"), pod("web-1", app="web"))


@pytest.mark.parametrize(
    ("said", "ok"),
    [
        pytest.param(CommandOutput("http auth.shop 3001 /health HTTP/ 200\n", "", 0), True, id="well"),
        pytest.param(CommandOutput("http auth.shop 3001 /health HTTP/ 503\n", "", 0), False, id="sick"),
        pytest.param(
            CommandOutput("http auth.shop 3001 /health HTTP/ 403\n", "", 0), None, id="not for this asker"
        ),
        pytest.param(CommandOutput("http auth.shop 3001 /health timed out\n", "", 0), None, id="silence"),
        pytest.param(CommandOutput("", "not found", 127), None, id="nothing in the image to ask with"),
        pytest.param(CommandOutput("hello", "", 0), None, id="an image that talks"),
    ],
)
def test_only_an_answer_speaks_against_a_service(said: CommandOutput, ok: bool | None) -> None:
    """A network policy may forbid the question."""
    door = shop()
    door.says = lambda pod, command: said

    assert [check.ok for check in looked(door)] == [ok]


def test_the_caller_of_a_service_asks_it() -> None:
    """A stranger would be kept out."""
    door, entered = shop(), list[str]()

    def ask(pod: str, command: list[str]) -> CommandOutput:
        entered.append(pod)
        return CommandOutput("http auth.shop 3001 /health HTTP/ 200\n", "", 0)

    door.says = ask

    assert looked(door)[0].ok
    assert entered == ["web-1"]


def test_a_pod_that_may_not_be_entered_is_no_failure() -> None:
    """Our rights are not the platform's health."""
    door = shop()

    def forbid(pod: str, command: list[str]) -> CommandOutput:
        raise ClusterForbidden(f"exec in pod/{pod}: 403")

    door.says = forbid

    (check,) = looked(door)
    assert check.ok is None
    assert "403" in check.says


def test_what_could_not_be_asked_is_told_once() -> None:
    """Ten services nobody may ask are one sentence."""
    door = Door(Clock())
    more = [
        Service(name=f"s{n}", workload=f"deployment/s{n}", service=f"s{n}", port=80, health="/") for n in "12"
    ]
    platform = PLATFORM.model_copy(update={"services": (*PLATFORM.services, *more)})
    (check,) = check_health_paths(
        door.cluster, platform, outside_picture(door.cluster, platform, door.clock.now())
    )

    assert check.ok is None
    assert check.says == (
        "service/auth could not be asked from inside (no pod runs to ask from), and so 2 more"
    )
    assert door.find(ObjectRef(kind="Pod", name="auth-1", namespace=SHOP)) is None
