"""Several platforms, several outages at a time, through the intake's own door."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from blocks.installation.platform_files import PlatformFiles
from blocks.prefect_api import PrefectApi
from blocks.record import Record
from blocks.settings import Settings
from outage.incidents.alert import Alert
from outage.incidents.incident import Ending
from outage.policies.policy_file import read_policy
from stack.intake.deliveries import Intake
from stack.intake.http_app import intake_app
from tests.stack.intake.prefect_double import PrefectDouble
from tests.stack.intake.sent_deliveries import MINUTE, NOON

_numbers = count()
SERVICES = """
services:
  - {name: web, workload: deployment/web, depends_on: [auth]}
  - {name: auth, workload: deployment/auth}
  - {name: mail, workload: deployment/mail}
"""


class House:
    """An installation with two platforms, `shop-N` of cluster eu and `bank-N` of cluster us."""

    def __init__(self, home: Path, number: int) -> None:
        self.shop, self.bank = f"shop-{number}", f"bank-{number}"
        self.settings = Settings(home=home)
        self.settings.platforms_folder.mkdir()
        self.write(self.shop, f"cluster: {{name: eu}}\n{SERVICES}")
        self.write(self.bank, "cluster: {name: us}\n")
        self.settings.intake_tokens_folder.mkdir()
        (self.settings.intake_tokens_folder / "us").write_text("us-word")
        self.settings.intake_token_file.write_text("word")
        self.files = PlatformFiles(self.settings)

    def write(self, name: str, more: str) -> None:
        """A platform file."""
        text = f"version: 1\nname: {name}\nnamespace: {name}\n{more}"
        (self.settings.platforms_folder / f"{name}.yaml").write_text(text)


@pytest.fixture
def house(tmp_path: Path) -> House:
    """An installation that no other test has."""
    return House(tmp_path, next(_numbers))


Send = Callable[..., dict[str, Any]]


@pytest.fixture
def send(house: House, record: Record, prefect: PrefectDouble) -> Iterator[Send]:
    """Deliver one alert over HTTP; gives the answer about it."""
    files = house.files
    intake = Intake(record, PrefectApi(prefect.url), 2 * MINUTE, files.registry, files.policy_of)
    moments = count()
    app = intake_app(
        intake,
        house.settings.intake_token_file,
        lambda: NOON + next(moments) * timedelta(milliseconds=1),
        house.settings.intake_tokens_folder,
    )
    with TestClient(app, raise_server_exceptions=False) as client:

        def deliver(word: str = "word", path: str = "/webhook/generic", **told: Any) -> dict[str, Any]:
            answer: httpx.Response = client.post(
                path, json={"name": "Down", **told}, headers={"Authorization": f"Bearer {word}"}
            )
            assert answer.status_code == 200, answer.text
            return dict(answer.json()["alerts"][0])

        yield deliver


def test_two_causes_at_once_are_two_incidents_and_their_symptoms_join(house: House, send: Send) -> None:
    """Both are answered at the same time; what leans on one of them is the same outage."""
    auth = send(namespace=house.shop, service="auth", labels={"cluster": "eu"})
    mail = send(namespace=house.shop, service="mail", labels={"cluster": "eu"})
    web = send(namespace=house.shop, service="web", labels={"cluster": "eu"})

    assert (auth["new"], mail["new"], web["new"]) == (True, True, False)
    assert web["incident"] == auth["incident"]
    assert "web leans on auth" in web["says"]


def test_an_alert_without_a_cluster_is_of_its_tokens_cluster(
    house: House, send: Send, record: Record
) -> None:
    """Two clusters may share a namespace's name."""
    done = send("us-word", namespace=house.bank)

    assert record.incident(done["incident"]).platform == house.bank


def test_what_no_file_names_is_looked_at_and_another_clusters_is_over(
    house: House, send: Send, record: Record, prefect: PrefectDouble
) -> None:
    """Never another platform's plan."""
    strange = send(namespace="strange", labels={"cluster": "eu"})
    other = send(namespace=house.shop, labels={"cluster": "ap"})

    assert record.incident(strange["incident"]).unclaimed
    assert strange["incident"] in prefect.runs
    assert record.incident(other["incident"]).ending is Ending.NOT_MINE
    assert other["incident"] not in prefect.runs


def test_the_default_people_are_told_of_what_is_another_clusters(
    house: House, record: Record, prefect: PrefectDouble
) -> None:
    """Once, and also when the intake died before it had closed it."""
    policy = read_policy("mode: ask\nchannels: {chat: {kind: apprise, address: 'file:/x'}}\n", "policy.yaml")
    intake = Intake(record, PrefectApi(prefect.url), MINUTE, house.files.registry, lambda _: policy)
    labels = {"namespace": house.shop, "cluster": "ap", "severity": "critical"}
    [done] = intake.deliver([Alert(name="Down", labels=labels, starts_at=NOON)], NOON)
    assert done.incident
    [message] = record.messages(done.incident)
    assert message.channel == "chat"
    assert "no platform file names cluster ap" in message.body.text
    assert any("NotMine" in one.says for one in record.entries(done.incident) if one.kind == "message")

    record.update(done.incident, closed_at=None, ending=None)
    intake.reconcile(NOON + MINUTE)
    assert record.incident(done.incident).ending is Ending.NOT_MINE
    assert done.incident not in prefect.runs
    assert len(record.messages(done.incident)) == 1


def test_every_answer_has_a_trace_that_tells_rule_window_decision_and_incident(
    house: House, send: Send, record: Record
) -> None:
    """`outage explain` prints it."""
    done = send(namespace=house.shop, service="auth", labels={"cluster": "eu"}, severity="banana")
    trace = record.trace(done["trace"])

    assert trace is not None
    told = "\n".join(trace.sentences)
    for words in ("rule namespace", "window: it began", "opens an incident", done["incident"], "`banana`"):
        assert words in told
    assert "`banana`" in done["says"]
    assert any("`banana`" in one.says for one in record.entries(done["incident"]))


def test_a_heartbeat_opens_nothing_and_its_trace_says_so(house: House, send: Send, record: Record) -> None:
    """It fires while all is well."""
    done = send(name="Watchdog", labels={"cluster": "eu"})

    assert done["incident"] is None
    assert "while all is well" in done["says"]
    assert [one.cluster for one in record.watchdogs() if one.heard_at] == ["eu"]


def test_only_what_always_fires_shows_that_the_monitoring_lives(
    house: House, send: Send, record: Record
) -> None:
    """InfoInhibitor comes and goes with other alerts."""
    send(name="InfoInhibitor", labels={"cluster": "us"})

    assert "us" not in {one.cluster for one in record.watchdogs()}


def test_eighty_alerts_are_a_few_lines(house: House, send: Send, record: Record) -> None:
    """The timeline is for people."""
    done = [
        send(namespace=house.shop, service="auth", labels={"cluster": "eu", "pod": f"auth-{number}"})
        for number in range(80)
    ]

    assert len({one["incident"] for one in done}) == 1
    said = [one.says for one in record.entries(done[0]["incident"])]
    assert len(said) <= 10
    assert said[-1].startswith("80 alerts have fired by now")


@pytest.mark.parametrize("order", [(True, False), (False, True)], ids=["in order", "resolved first"])
def test_the_order_of_deliveries_changes_nothing(
    house: House, send: Send, record: Record, order: tuple[bool, bool]
) -> None:
    """The same incident, with the same lines, is what comes of it."""
    began = (NOON - MINUTE).isoformat()
    for firing in order:
        send(namespace=house.shop, service="mail", labels={"cluster": "eu"}, firing=firing, starts_at=began)
    [incident] = [one for one in record.open_incidents() if one.platform == house.shop]

    assert sorted(one.says.split()[-1] for one in record.entries(incident.id)) == ["UTC", "resolved"]


def test_a_persons_report_starts_a_run_or_says_which_one_it_joined(
    house: House, send: Send, record: Record, prefect: PrefectDouble
) -> None:
    """HTTP 200 and nothing started: that was the worst of it."""
    told = {"title": "logins fail", "namespace": house.shop, "cluster": "eu", "service": "auth", "by": "Ada"}
    first = send(path="/incidents", **told)
    second = send(path="/incidents", **told | {"by": "bob"})
    record.update(first["incident"], closed_at=NOON, ending=Ending.RECOVERED)
    third = send(path="/incidents", **told | {"by": "eve"})

    assert record.incident(first["incident"]).requester == "ada"
    assert f"joins {first['incident']}" in second["says"]
    assert third["incident"] != first["incident"]
    assert third["incident"] in prefect.runs


def test_platform_files_are_parsed_once_and_again_when_they_change(house: House, send: Send) -> None:
    """Not for each alert of a storm."""
    for _ in range(20):
        send(namespace=house.shop, labels={"cluster": "eu"})
    assert house.files.parsed == 1

    house.write("third", "cluster: {name: eu}\n")
    assert house.files.registry().named("third")
    assert house.files.parsed == 2


def test_a_file_that_cannot_be_read_keeps_no_other_from_being_answered(house: House, send: Send) -> None:
    """It is said, and the alerts that it might have claimed are looked at."""
    (house.settings.platforms_folder / "broken.yaml").write_text("name: [")

    assert send(namespace=house.shop, labels={"cluster": "eu"})["new"]
    assert "broken.yaml" in send(namespace="strange", labels={"cluster": "eu"})["says"]


def test_a_platform_that_names_its_pool_is_answered_there(
    house: House, send: Send, prefect: PrefectDouble
) -> None:
    """The run waits for the worker beside its cluster; everybody else's goes to our own runner."""
    house.write(house.bank, "cluster: {name: us}\npool: dallas\n")
    bank = send(namespace=house.bank, labels={"cluster": "us"})
    shop = send(namespace=house.shop, labels={"cluster": "eu"})

    assert prefect.runs[bank["incident"]]["deployment"] == "dep-respond-dallas"
    assert prefect.runs[shop["incident"]]["deployment"] == "dep"
