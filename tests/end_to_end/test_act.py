"""`outage act`: the runbook's actions, chosen by hand on the real cluster, from the choice to the verdict and back."""

from typing import Any

import httpx
import pytest

from blocks.record import Record
from blocks.settings import Settings
from cli.drills.drill_preparation import raise_ground
from outage.mitigation.standing_mitigation import StandingMitigation
from tests.end_to_end.conftest import in_json, kubectl, outage, until, writes_of

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(600)]

RESTARTED_AT = "{.spec.template.metadata.annotations.kubectl\\.kubernetes\\.io/restartedAt}"
PLAN_SECONDS, END_SECONDS = 120, 300
INGRESS = "10.79.0.80"
API = "api.adaptivelearning.com"


def field(what: str, path: str) -> str:
    """One field of an object of the platform."""
    return kubectl("get", what, f"--output=jsonpath={path}")


def restarted_at() -> str:
    """When content-service was restarted last; empty when it never was."""
    return field("deployment/content-service", RESTARTED_AT)


def planned(*words: str) -> str:
    """Choose an action; its incident, once the plan waits for an answer."""
    incident: str = in_json("act", *words, "--by", "ana")["incident"]
    until(
        "a plan that waits", lambda: in_json("show", incident)["phase"] == "awaiting-approval", PLAN_SECONDS
    )
    return incident


def carried_out(*words: str) -> dict[str, Any]:
    """Choose an action and say yes to its plan; the incident, once it is over."""
    incident = planned(*words)
    assert outage("approve", incident, "--by", "ana").returncode == 0
    until("its end", lambda: in_json("show", incident)["phase"] == "closed", END_SECONDS)
    ended: dict[str, Any] = in_json("show", incident)
    return ended


def standing(incident: str) -> list[StandingMitigation]:
    """What the incident's plans left in place, to be taken back by somebody."""
    with Record.open(Settings().record_dsn) as record:
        return [one for one in record.standing_mitigations() if one.incident == incident]


def taken_back_by_its_command(incident: str) -> dict[str, Any]:
    """Type the command that the owner of what stands was given, and carry it out; the incident of the way back."""
    (one,) = standing(incident)
    assert one.owner == "ana"
    assert one.due_at > one.since
    assert one.command_back == f"outage act take-back {incident} --plan 1 --by ana"
    back = carried_out("take-back", incident, "--plan", "1")
    assert standing(incident) == []
    return back


def test_a_service_is_restarted_by_hand_and_judged_by_what_was_named(ground: None) -> None:
    """Nothing is wrong; an incident is opened for it, and nothing is written before a yes. A restart leaves nothing."""
    raise_ground(print)
    before = restarted_at()

    wrong = outage("act", "restart", "postgres", "--by", "ana")
    incident = planned("restart", "content-service", "--because", "it holds old connections")

    assert "postgres is a data store" in wrong.stderr
    shown = in_json("show", incident)
    assert [step["change"]["action"] for step in shown["plans"][0]["steps"]] == ["restart"]
    assert "restartedAt" in shown["plans"][0]["steps"][0]["diff"]
    assert restarted_at() == before

    assert outage("approve", incident, "--by", "ana").returncode == 0
    until("its end", lambda: in_json("show", incident)["phase"] == "closed", END_SECONDS)
    ended = in_json("show", incident)
    assert ended["ending"] == "Recovered"
    assert len(writes_of(incident)) == 1
    assert restarted_at() != before


@pytest.mark.endurance
@pytest.mark.parametrize(
    ("service", "what", "path"),
    [
        ("scheduler-service", "deployment/scheduler-service", "{.spec.replicas}"),
        ("content-service", "horizontalpodautoscaler/content-service", "{.spec.minReplicas}"),
    ],
    ids=["nothing else scales it", "an autoscaler would write it over"],
)
def test_a_service_gets_more_pods_that_stay_and_gives_them_back(
    ground: None, service: str, what: str, path: str
) -> None:
    """Written where it holds: to the workload, or to the autoscaler that decides."""
    raise_ground(print)
    before = field(what, path)
    more = int(before) + 1

    grown = carried_out("scale", service, "--replicas", str(more))

    assert grown["ending"] == "Recovered"
    assert field(what, path) == str(more)
    ready = "{.status.readyReplicas}"
    until("so many pods", lambda: field(f"deployment/{service}", ready) == str(more), 60)
    assert carried_out("take-back", grown["id"])["ending"] == "Recovered"
    assert field(what, path) == before


@pytest.mark.endurance
def test_users_are_led_to_the_other_slot_and_back(ground: None) -> None:
    """It stands with an owner, a deadline and the command back until that was typed."""
    raise_ground(print)
    slot = "{.spec.selector.deployment-slot}"
    assert field("service/auth-service-active", slot) == "blue"

    switched = carried_out("switch", "auth-service")

    assert switched["ending"] == "Recovered"
    assert field("service/auth-service-active", slot) == "green"
    assert taken_back_by_its_command(switched["id"])["ending"] == "Recovered"
    assert field("service/auth-service-active", slot) == "blue"


def answer_of(path: str) -> httpx.Response:
    """What a user of the API gets, through the ingress of the ground."""
    with httpx.Client(verify=False, timeout=10) as browser:  # noqa: S501 - the ground's own certificate
        asked = {"headers": {"Host": API}, "extensions": {"sni_hostname": API}}
        return browser.get(f"https://{INGRESS}{path}", **asked)  # type: ignore[arg-type]


def routes() -> set[str]:
    """The Services that the ingress leads to."""
    path = "{.spec.rules[*].http.paths[*].backend.service.name}"
    return set(field("ingress/adaptive-learning-ingress", path).split())


@pytest.mark.endurance
def test_users_are_led_to_the_maintenance_page_and_back(ground: None) -> None:
    """It heals nothing and says so; it stands with an owner, a deadline and the command back until that was typed."""
    raise_ground(print)
    before = routes()

    shown = carried_out("maintenance")

    assert shown["ending"] == "NotRecovered"
    assert routes() == {"maintenance-page"}
    until("users get the page", lambda: "maintenance" in answer_of("/auth/health").text.casefold(), 30)
    assert taken_back_by_its_command(shown["id"])["ending"] == "Recovered"
    assert routes() == before
    until("users get the service", lambda: answer_of("/auth/health").status_code == httpx.codes.OK, 30)


@pytest.mark.endurance
def test_a_node_that_keeps_data_is_not_drained(ground: None) -> None:
    """Nobody is asked for a yes to that: the plan is refused when it is made, with the pod and the reason."""
    raise_ground(print)
    node = kubectl("get", "pods", "--selector=app=postgres", "--output=jsonpath={.items[0].spec.nodeName}")

    incident: str = in_json("act", "drain", node, "--by", "ana")["incident"]
    until("its end", lambda: in_json("show", incident)["phase"] == "closed", PLAN_SECONDS)

    ended = in_json("show", incident)
    assert ended["ending"] == "Refused"
    assert f"draining node/{node} would move" in ended["says"]
    assert field(f"node/{node}", "{.spec.unschedulable}") == ""
