"""The whole proof, with doors in memory: what it needs to see, and what it waits for."""

import dataclasses
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from blocks.kubernetes import CommandOutput
from blocks.monitoring.prometheus import PrometheusReader
from outage.diagnosis.hypothesis import Action, Change
from outage.errors import MonitoringError
from outage.kubernetes.objects import ObjectRef
from outage.plans.fence import unshared_fence
from outage.plans.plan import Plan, Precondition, Step
from outage.platforms.platform import Monitoring as Asked
from outage.platforms.platform import SmokeJob
from outage.policies.policy import Policy, Verifying
from outage.value import Manifest
from outage.verification.recovery import VerifiedRecovery
from tasks.act.step_store import StepStore
from tasks.act.target_lock import target_lock
from tasks.verify.recovery_proof import RecoveryProof
from tests.tasks.act.fake_cluster import NOON, Clock
from tests.tasks.verify.verified_platform import AUTH, PLATFORM, Door, deployment, pod, slice_of

PLACE = Asked(prometheus="http://prometheus", error_ratio="errors")
WATCHED = PLATFORM.model_copy(update={"monitoring": PLACE})
CLEANER = ObjectRef(kind="CronJob", name="cleaner", namespace="shop")
ANSWER = CommandOutput("tcp auth.shop 3001 ok\nhttp auth.shop 3001 /health HTTP/ 200\n", "", 0)
SICK = CommandOutput(ANSWER.out.replace("200", "503"), "", 0)


def plan(*targets: ObjectRef) -> Plan:
    """A plan that wrote these."""
    steps = tuple(
        Step(
            key=str(number),
            change=Change(action=Action.PATCH, target=target, why="broken", expected="well"),
            precondition=Precondition(),
            take_back="restore",
        )
        for number, target in enumerate(targets)
    )
    return Plan(incident="inc-1", attempt=1, hypothesis="h", summary="Mend it", steps=steps, made_at=NOON)


def counted(errors: float | Callable[[], float] | None = 0.0) -> PrometheusReader:
    """A Prometheus that counts so many errors, or does not answer."""

    def get(path: str, within_seconds: float) -> bytes:
        counts = errors() if callable(errors) else errors
        if counts is None:
            raise MonitoringError("ask Prometheus: no answer")
        asked = parse_qs(urlsplit(path).query)["query"]
        result = [{"metric": {"service": "auth"}, "value": [0, str(counts)]}] if asked == ["errors"] else []
        return orjson.dumps({"status": "success", "data": {"result": result}})

    return PrometheusReader(get, "http://prometheus")


def shop(*more: Manifest) -> Door:
    """Everything is well."""
    pods = [pod("a"), pod("b"), pod("w", app="web")]
    door = Door(Clock(), deployment(), slice_of("auth", "a", "b"), *pods, *more)
    door.says = lambda pod, command: ANSWER
    return door


def proof(door: Door, *targets: ObjectRef, **changes: Any) -> RecoveryProof:
    """A proof with a soak of twenty seconds."""
    made = RecoveryProof(
        cluster=door.cluster,
        writer=door.writer,
        platform=WATCHED,
        policy=Policy(verifying=Verifying(soak=timedelta(seconds=20))),
        plan=plan(*(targets or (AUTH,))),
        monitoring=counted(),
        smoke=None,
        stopped=lambda: None,
        now=door.clock.now,
        tell=lambda share, says: None,
        rest=door.clock.rest,
    )
    return dataclasses.replace(made, **changes)


def well(verified: VerifiedRecovery) -> set[str]:
    """What was seen to be well."""
    return {check.name for check in verified.checks if check.ok}


def test_a_platform_that_is_well_has_recovered() -> None:
    """Every part was seen, and nothing took longer than the soak."""
    door = shop()
    verified = proof(door).prove()

    assert verified.recovered, verified.says
    assert well(verified) == {"rollout", "endpoints", "errors", "inside", "health", "soak"}
    assert door.clock.now() <= NOON + timedelta(seconds=22)


def test_an_api_server_that_is_away_for_a_while_does_not_end_the_proof() -> None:
    """It is waited for at each part."""
    door = shop()
    door.away_for(30)
    door.after(33, lambda: door.away_for(10))

    assert proof(door).prove().recovered


def test_a_good_rollout_is_no_recovery_when_the_users_cannot_be_seen() -> None:
    """And the sentence says what could not be seen."""
    verified = proof(shop(), monitoring=counted(None)).prove()

    assert not verified.recovered
    assert "the traffic could not be seen to be well (ask Prometheus: no answer)" in verified.says


def test_a_sick_answer_from_inside_is_waited_for_and_then_ends_the_proof() -> None:
    """A service that is ready for the probes may still fail those who call it."""
    door = shop()
    door.says = lambda pod, command: SICK
    verified = proof(door).prove()

    assert not verified.recovered
    assert "service/auth answers 503 at /health" in verified.says
    assert door.clock.now() >= NOON + timedelta(seconds=90)


def test_errors_of_the_past_minute_are_waited_for_from_the_moment_that_users_are_content_again() -> None:
    """A second cause was mended a minute after the first: the rates speak of it for another minute."""
    door = shop()
    door.objects.pop(ObjectRef(kind="EndpointSlice", name="auth-1", namespace="shop"))
    door.after(75, lambda: door.put(slice_of("auth", "a", "b")))
    still = NOON + timedelta(seconds=140)

    verified = proof(door, monitoring=counted(lambda: 0.05 if door.clock.now() < still else 0.0)).prove()

    assert verified.recovered, verified.says


def test_errors_that_stay_after_a_whole_window_end_the_proof() -> None:
    """They are no numbers of the past any more."""
    door = shop()

    assert not proof(door, monitoring=counted(0.5)).prove().recovered
    assert door.clock.now() < NOON + timedelta(minutes=3)


@pytest.mark.parametrize(
    ("held_for", "ok"),
    [
        pytest.param(0, True, id="nobody else uses it"),
        pytest.param(40, True, id="another incident is done with it soon"),
        pytest.param(400, None, id="another incident is not done with it"),
    ],
)
def test_the_smoke_test_runs_for_one_incident_at_a_time(held_for: float, ok: bool | None) -> None:
    """Two incidents are verified at once, and there is one Job of that name."""
    door, smoke = shop(), ObjectRef(kind="Job", name="smoke", namespace="shop")
    complete = {"conditions": [{"type": "Complete", "status": "True"}]}

    def made(change: Change) -> None:
        if change.action is Action.CREATE:
            door.after(5, lambda: door.objects[smoke].update(status=complete))

    door.on_write = made
    job = {"kind": "Job", "metadata": {"name": "smoke", "namespace": "shop"}}
    platform = WATCHED.model_copy(update={"smoke": SmokeJob(manifest="smoke.yaml", timeout_seconds=60)})
    free = door.clock.now() + timedelta(seconds=held_for)

    ledger = cast(
        "StepStore",
        SimpleNamespace(
            only_writer=lambda target: nullcontext(
                unshared_fence(target) if door.clock.now() >= free else None
            )
        ),
    )

    verified = proof(
        door,
        platform=platform,
        smoke=job,
        alone=lambda target, within: target_lock(ledger, target, door.clock.rest, within),
    ).prove()

    assert [one.ok for one in verified.checks if one.name == "smoke"] == [ok]
    assert bool(door.written) is bool(ok)


def test_the_inside_is_asked_again_in_the_middle_of_the_soak() -> None:
    """Once when it settled and once halfway: two execs of each kind, no more."""
    door, asked = shop(), list[str]()

    def say(pod: str, command: list[str]) -> CommandOutput:
        asked.append(pod)
        return ANSWER

    door.says = say
    proof(door).prove()

    assert len(asked) == 2 * 2


def cleaner(schedule: str) -> Manifest:
    """A CronJob that a plan suspended."""
    return {
        "kind": "CronJob",
        "metadata": {"name": "cleaner", "namespace": "shop"},
        "spec": {"schedule": schedule},
    }


def test_a_tick_is_waited_for_also_while_the_api_server_is_away() -> None:
    """Five minutes here, and a little."""
    door = shop(cleaner("*/5 * * * *"))
    door.away_for(30)
    checks = proof(door, CLEANER).outlived()

    assert checks[0].ok
    assert door.clock.now() == NOON + timedelta(seconds=30 + 305)


def test_a_tick_that_cannot_be_seen_or_comes_too_seldom_stands_against_nobody() -> None:
    """It is told."""
    away, seldom = shop(cleaner("* * * * *")), shop(cleaner("0 3 * * *"))
    away.away_for(600)

    assert [check.ok for check in proof(away, CLEANER).outlived()] == [None]
    assert [check.ok for check in proof(seldom, CLEANER).outlived()] == [None]


def test_a_thrown_kill_switch_stops_the_losing_of_a_pod() -> None:
    """The rest of the proof only looks, and goes on."""
    door = shop()
    policy = Policy(verifying=Verifying(soak=timedelta(seconds=20), delete_one_pod=True))
    verified = proof(door, policy=policy, stopped=lambda: "fire drill").prove()

    assert verified.recovered
    assert ("lose-one-pod", None) in [(check.name, check.ok) for check in verified.checks]
    assert door.evicted == []


def test_one_restart_while_it_is_watched_starts_the_watch_anew() -> None:
    """It is told, and the recovery that follows it counts: else one late reconnection would take the repair back."""
    door = shop()

    def restart() -> None:
        door.objects[ObjectRef(kind="Pod", name="a", namespace="shop")]["status"]["containerStatuses"] = [
            {"name": "auth", "restartCount": 1, "ready": True}
        ]

    door.objects[ObjectRef(kind="Pod", name="a", namespace="shop")]["status"]["containerStatuses"] = [
        {"name": "auth", "restartCount": 0, "ready": True}
    ]
    door.after(9, restart)
    verified = proof(door).prove()

    assert verified.recovered, verified.says
    assert door.clock.now() > NOON + timedelta(seconds=22)


def test_a_pod_that_pauses_after_its_crashes_is_given_its_next_try() -> None:
    """After a long outage the kubelet waits five minutes; what was mended in the meantime shows only then."""
    pausing = crashed("a", ended=NOON - timedelta(minutes=2))
    door = shop(pausing)
    door.says = lambda pod, command: ANSWER if door.clock.now() >= NOON + timedelta(minutes=3) else SICK
    door.after(180, lambda: door.put(pod("a"), slice_of("auth", "a", "b")))

    assert proof(door).prove().recovered


def test_a_pod_that_crashed_again_since_the_repair_is_not_waited_for() -> None:
    """Its try was made; another one will tell nothing new."""
    door = shop()
    door.says = lambda pod, command: SICK
    door.after(20, lambda: door.put(crashed("a", ended=NOON + timedelta(seconds=15))))

    assert not proof(door).prove().recovered
    assert door.clock.now() < NOON + timedelta(seconds=100)


def crashed(name: str, ended: datetime) -> Manifest:
    """A pod of auth that waits before its next start."""
    last = {"terminated": {"exitCode": 1, "finishedAt": ended.isoformat()}}
    made = pod(name, ready=False)
    made["status"]["containerStatuses"] = [
        {"name": "auth", "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": last}
    ]
    return made


AUTH_ALONE = frozenset({"auth"})


def broken_neighbour(door: Door) -> None:
    """Another service loses its pods; auth is as well as before."""
    door.objects.pop(ObjectRef(kind="EndpointSlice", name="user-1", namespace="shop"))


def with_neighbour() -> tuple[Door, dict[str, Any]]:
    """A platform with a second service that users call."""
    user = PLATFORM.services[0].model_copy(
        update={
            "name": "user",
            "workload": "deployment/user",
            "service": "user",
            "selector": {"app": "user"},
            "health": None,
        }
    )
    platform = WATCHED.model_copy(update={"services": (*WATCHED.services, user)})
    return shop(pod("u", app="user"), slice_of("user", "u")), {"platform": platform, "own": AUTH_ALONE}


def own(verified: VerifiedRecovery) -> list[tuple[str, bool | None]]:
    """What spoke of the plan's own services and was not well, and how their own soak ended."""
    found = [(one.name, one.ok) for one in verified.checks if one.own and one.ok is False]
    return [*found, *((one.name, one.ok) for one in verified.checks if one.name == "own-soak")]


def test_beside_a_healthy_neighbour_a_mended_service_has_recovered() -> None:
    """Nothing is asked twice: the whole soak is its own soak."""
    door, more = with_neighbour()
    verified = proof(door, **more).prove()

    assert verified.recovered, verified.says
    assert own(verified) == []


@pytest.mark.parametrize(
    ("breaks_after", "seconds"),
    [
        pytest.param(0, 115, id="while the rollout is waited for"),
        pytest.param(8, 65, id="in the middle of the soak"),
    ],
)
def test_what_was_mended_is_watched_on_when_a_neighbour_breaks(breaks_after: float, seconds: float) -> None:
    """It is no recovery, and nothing of it speaks against the plan."""
    door, more = with_neighbour()
    door.after(breaks_after, lambda: broken_neighbour(door))
    verified = proof(door, **more).prove()

    assert not verified.recovered
    assert own(verified) == [("own-soak", True)]
    assert door.clock.now() <= NOON + timedelta(seconds=seconds)


def test_what_was_mended_and_fails_again_beside_a_broken_neighbour_is_not_overlooked() -> None:
    """The neighbour is no excuse."""
    door, more = with_neighbour()
    broken_neighbour(door)
    door.after(95, lambda: door.objects.pop(ObjectRef(kind="EndpointSlice", name="auth-1", namespace="shop")))
    verified = proof(door, **more).prove()

    assert own(verified)[-1] == ("own-soak", False)
