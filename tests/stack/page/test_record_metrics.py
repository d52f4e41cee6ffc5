"""The numbers of `/metrics`, and the rules and panels that name them."""

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from fastapi.testclient import TestClient
from prometheus_client import generate_latest

from blocks.record import Record
from blocks.record.history.record_counts import TimeKind
from blocks.settings import Settings
from outage.incidents.incident import Incident
from outage.people.person_act import ActKind, PersonAct
from outage.reports.past_incidents import DrillChoice, HistoryFilter
from stack.page.record_metrics import BUCKETS, RecordCollector, buckets_of, metrics_registry
from stack.processes.heartbeats import show_life
from tests.blocks.channels.sent_messages import NOON
from tests.conftest import HERE
from tests.stack.page.exposition import NAMED, RULES, exposed, families, panel_queries, rules, strange_labels


@pytest.fixture
def said(browser: TestClient) -> str:
    """What a scrape of the filled record answers."""
    answer = browser.get("/metrics")
    assert answer.status_code == 200
    return answer.text


def test_what_is_counted_is_what_the_record_holds(said: str) -> None:
    """Six healed, three handed over, eight drills, one open; each write once."""
    found = exposed(said)

    healed = dict(found["outage_incidents_total"])
    labels = {"drill": "false", "ending": "Recovered", "platform": "learning", "severity": "P1"}
    assert healed[tuple(sorted(labels.items()))] == 6
    assert sum(healed.values()) == 17
    assert list(found["outage_open_incidents"].values()) == [1]
    assert found["outage_writes_total"] == {(("did", "applied"),): 14}
    assert found["outage_writes_unsettled"] == {(): 0}
    assert found["outage_alerts_received_total"] == {(): 18}
    assert found["outage_drills_total"] == {(("result", "passed"),): 7, (("result", "failed"),): 1}
    assert found["outage_record_up"] == {(): 1}


def test_times_are_of_real_incidents_that_recovered(said: str) -> None:
    """A drill's quick repair makes no mean better."""
    found = exposed(said)
    group = (("platform", "learning"), ("severity", "P1"))

    assert found["outage_recover_seconds_count"][group] == 6
    assert found["outage_recover_seconds_sum"][group] == 6 * 183
    assert found["outage_acknowledge_seconds_sum"][group] == 6 * 70


def test_messages_are_counted_by_what_became_of_them(said: str) -> None:
    """And nothing is lost or doubled, which every channel says with a 0 of its own."""
    found = exposed(said)

    assert found["outage_messages"][(("channel", "mail"), ("state", "unknown"))] == 14
    assert found["outage_messages"][(("channel", "mail"), ("state", "asked"))] == 1
    assert found["outage_messages_lost_total"] == {(("channel", "mail"),): 0, (("channel", "slack"),): 0}
    # The filled record gives each message a head of its own, as a service does that forgets its thread.
    assert found["outage_messages_doubled_total"] == {(("channel", "mail"),): 0, (("channel", "slack"),): 14}


def test_a_process_without_a_heartbeat_shows_as_one(record: Record, tmp_path: Path) -> None:
    """Its last beat, or 0: never nothing, which no rule would notice."""
    home = Settings(home=tmp_path)
    (tmp_path / "run").mkdir()
    show_life(home, "outbox")
    beats = exposed(generate_latest(metrics_registry(record, home)).decode())[
        "outage_process_beat_timestamp_seconds"
    ]

    assert beats[(("process", "runner"),)] == 0
    assert beats[(("process", "outbox"),)] > 1_700_000_000


def test_a_record_that_is_away_is_said_and_not_silent(tmp_path: Path) -> None:
    """Numbers that were not read are not there; 0 incidents would be a lie."""
    gone = Record("postgresql://127.0.0.1:9/nowhere?connect_timeout=1")
    collector = RecordCollector(gone, Settings(home=tmp_path))

    found = {family.name: family for family in collector.collect()}

    assert [one.value for one in found["outage_record_up"].samples] == [0.0]
    assert set(found) == {"outage_record_up", "outage_process_beat_timestamp_seconds"}


@pytest.mark.parametrize(
    ("seconds", "five", "minute", "all_of_them"),
    [
        pytest.param([], 0, 0, 0, id="nothing is over"),
        pytest.param([5.0], 1, 1, 1, id="as long as a border"),
        pytest.param([4, 59, 61], 1, 2, 3, id="on both sides of one"),
        pytest.param([5.001, 20_000], 0, 1, 2, id="longer than all"),
        pytest.param([-3], 1, 1, 1, id="clocks differ: it was acknowledged before it was opened"),
    ],
)
def test_buckets_hold_all_that_is_at_most_so_long(
    record_dsn: str, seconds: list[float], five: int, minute: int, all_of_them: int
) -> None:
    """Cumulative, as Prometheus reads them; counted by PostgreSQL."""
    platform = f"took-{seconds}"
    with Record.open(record_dsn) as record:
        for number, took in enumerate(seconds):
            incident, _ = record.open_incident(f"{platform}-{number}", "auth is down", NOON)
            record.update(incident.id, platform=platform)
            act = PersonAct(key="a", kind=ActKind.ACKNOWLEDGED, by="ana", at=NOON + timedelta(seconds=took))
            record.add_act(incident.id, act)
        past = [one.acknowledge for one in record.past_incidents(HistoryFilter(platform=platform))]
        counted = [one for one in record.count_times(BUCKETS) if one.platform == platform]
    found = dict(buckets_of(counted))

    assert {one.kind for one in counted} <= {TimeKind.ACKNOWLEDGE}
    assert (found["5.0"], found["60.0"], found["+Inf"]) == (five, minute, all_of_them)
    assert sum(one.seconds for one in counted) == pytest.approx(
        sum(one.total_seconds() for one in past if one)
    )


def test_the_times_that_are_counted_are_those_of_the_history(record: Record, waiting: Incident) -> None:
    """Two ways to the same numbers: in PostgreSQL for the monitoring, row by row for the page."""
    past = record.past_incidents(HistoryFilter(drills=DrillChoice.REAL), 1000)
    counted = record.count_times(BUCKETS)
    for kind, took in (
        (TimeKind.DETECT, [one.detect for one in past]),
        (TimeKind.ACKNOWLEDGE, [one.acknowledge for one in past]),
        (TimeKind.RECOVER, [one.recover for one in past]),
    ):
        known = [one.total_seconds() for one in took if one is not None]
        mine = [one for one in counted if one.kind is kind]
        assert (sum(one.count for one in mine), sum(one.seconds for one in mine)) == (len(known), sum(known))
        assert dict(buckets_of(mine))["300.0"] == sum(one <= 300 for one in known)
        assert known


def test_rules_and_panels_name_only_what_is_exposed(said: str) -> None:
    """A rule over a series that is called otherwise never fires."""
    known = families(said)
    asked = {one["alert"]: [one["expr"]] for one in rules()} | panel_queries()

    assert {
        name: strange
        for name, queries in asked.items()
        if (strange := {word for query in queries for word in NAMED.findall(query)} - known)
    } == {}


def test_rules_and_panels_name_only_labels_that_their_series_have(said: str) -> None:
    """A panel that groups by what is not there shows one line, and a rule that selects by it never fires."""
    found = exposed(said)
    asked = {one["alert"]: [one["expr"]] for one in rules()} | panel_queries()

    assert strange_labels('sum by (colour) (outage_messages{chanel="x"})', found) == {"colour", "chanel"}
    assert {
        name: strange
        for name, queries in asked.items()
        if (strange := set().union(*(strange_labels(query, found) for query in queries)))
    } == {}


def test_every_alert_says_what_it_means_and_what_to_do() -> None:
    """Somebody reads it at three in the morning."""
    for one in rules():
        assert one["labels"]["severity"] in ("critical", "warning")
        assert one["annotations"]["summary"]
        assert len(one["annotations"]["description"]) > 40


@pytest.mark.stack
def test_promtool_takes_the_rules_the_panels_and_the_metrics(said: str, tmp_path: Path) -> None:
    """Prometheus' own checker: of the rules as they are, of each panel's query, of the exposition."""
    tool = subprocess.run(
        [str(HERE.parent / "bin/promtool")], capture_output=True, text=True, check=True
    ).stdout.strip()
    queries = [query for panel in panel_queries().values() for query in panel]
    recorded = [{"record": f"panel_{number}", "expr": query} for number, query in enumerate(queries)]
    panels = tmp_path / "panels.yaml"
    panels.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": recorded}]}), encoding="utf-8")

    for file in (RULES, panels):
        checked = subprocess.run(
            [tool, "check", "rules", str(file)], capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, checked.stderr
    linted = subprocess.run(
        [tool, "check", "metrics"], input=said, capture_output=True, text=True, check=False
    )
    assert linted.returncode == 0, linted.stderr


@pytest.mark.stack
def test_the_rules_fire_when_they_should_and_not_before(tmp_path: Path) -> None:
    """A runner that stands still, a lost message that is the first of its channel, an outage of two hours."""
    tool = subprocess.run(
        [str(HERE.parent / "bin/promtool")], capture_output=True, text=True, check=True
    ).stdout.strip()
    series = {
        "outage_record_up": "1x200",
        'outage_process_beat_timestamp_seconds{process="runner"}': "0+60x10 600x190",
        'outage_messages_lost_total{channel="mail"}': "_x30 1x170",
        'outage_open_incident_oldest_timestamp_seconds{drill="false",severity="P1",platform="shop"}': "60x200",
    }
    fires = [
        ("OutageProcessSilent", "10m", 0),
        ("OutageProcessSilent", "15m", 1),
        ("OutageMessagesLost", "29m", 0),
        ("OutageMessagesLost", "31m", 1),
        ("OutageMessagesLost", "180m", 0),
        ("OutageIncidentOpenLong", "120m", 0),
        ("OutageIncidentOpenLong", "122m", 1),
        ("OutageRecordAway", "100m", 0),
        ("OutageNotScraped", "100m", 0),
    ]
    for name, at, count in fires:
        case = {
            "rule_files": [str(RULES)],
            "tests": [
                {
                    "interval": "1m",
                    "input_series": [{"series": one, "values": values} for one, values in series.items()],
                    "promql_expr_test": [
                        {
                            "expr": f'count(ALERTS{{alertname="{name}",alertstate="firing"}}) or vector(0)',
                            "eval_time": at,
                            "exp_samples": [{"labels": "{}", "value": count}],
                        }
                    ],
                }
            ],
        }
        file = tmp_path / "case.yaml"
        file.write_text(yaml.safe_dump(case), encoding="utf-8")
        tried = subprocess.run(
            [tool, "test", "rules", str(file)], capture_output=True, text=True, check=False
        )
        assert tried.returncode == 0, f"{name} at {at}: {tried.stdout}{tried.stderr}"


def test_the_incident_that_waits_is_not_over(waiting: Incident) -> None:
    """What the other tests count on."""
    assert waiting.ending is None
