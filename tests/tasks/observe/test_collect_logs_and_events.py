"""What logs and events say: of whom they are read, and how many become a few sentences."""

from datetime import timedelta
from typing import Any

import pytest

from outage.snapshots.baseline import Baseline
from tasks.observe import collect_case
from tasks.observe.logs import collect_whole_logs
from tests.blocks.fake_api import Answer, fake_api, listing
from tests.tasks.shop_api import NOON, SHOP, evidence, pod, seen, shop


def test_logs_of_an_ill_pod_are_read_now_and_before() -> None:
    """What it said before it died is the best witness."""
    snapshot = seen(shop(pod("web-1", ready=False, restarts=3)))

    assert {(one.pod, one.previous) for one in snapshot.logs} == {("web-1", False), ("web-1", True)}
    assert "connection refused" in evidence(snapshot, "log-templates").came_back


def test_a_look_with_a_baseline_marks_what_the_logs_say_anew() -> None:
    """The response's own evidence; a baseline that knows the line marks nothing."""

    def told(*known: str) -> str:
        baseline = Baseline(
            recorded_at=NOON - timedelta(hours=1), objects={}, log_templates={"pod/web-1 in shop": known}
        )
        with fake_api(shop(pod("web-1"))) as (cluster, _):
            seen = collect_case(cluster, SHOP, now=lambda: NOON, baseline=baseline).snapshot
        return evidence(seen, "log-templates").came_back

    assert told("error: disk full") == (
        "new since the baseline: ×1  error: connection refused  (2030-01-01 11:59:00, web-1)"
    )
    assert told("error: connection refused") == (
        "×1  error: connection refused  (2030-01-01 11:59:00, web-1)"
    )


def test_ten_thousand_events_become_a_few_sentences() -> None:
    """The same sentence about the same object is one event with a count; Warning comes first."""

    def event(number: int, kind: str) -> dict[str, Any]:
        return {
            "metadata": {
                "name": f"{kind}{number}",
                "namespace": "shop",
                "creationTimestamp": "2030-01-01T11:00:00Z",
            },
            "involvedObject": {"kind": "Pod", "name": "web-1", "namespace": "shop"},
            "type": kind,
            "reason": kind,
            "message": "Back-off",
            "count": 2,
            "lastTimestamp": f"2030-01-01T11:{number % 60:02d}:00Z",
        }

    def crowded(path: str, query: dict[str, str]) -> Answer:
        if not path.endswith("/events"):
            return shop(pod("web-1"))(path, query)
        kind, there = ("Warning", 1_000) if query["fieldSelector"] == "type=Warning" else ("Normal", 9_000)
        at = int(query.get("continue", "0"))
        page = [event(at + n, kind) for n in range(500)]
        return listing(*page, more=str(at + 500) if at + 500 < there else "")

    snapshot = seen(crowded)

    told = {one["type"]: one["count"] for one in snapshot.kind("Event")}
    assert told == {"Warning": 2_000, "Normal": 12_000}, "every warning, and twelve pages of the others"
    said = evidence(snapshot, "events/shop").came_back
    assert said.splitlines()[0] == "not all: the first 6,000 events of type!=Warning; 12 pages are read"
    assert [line.split()[0] for line in said.splitlines()[1:]] == ["Warning", "Normal"]


def test_the_warnings_of_all_namespaces_are_one_look_and_strangers_events_are_not_kept() -> None:
    """The runbook looks everywhere; a diagnosis only at what is ours or ill."""

    def about(namespace: str, name: str) -> dict[str, Any]:
        involved = {"kind": "Pod", "name": name, "namespace": namespace}
        meta = {"name": f"{name}-event", "namespace": namespace, "creationTimestamp": "2030-01-01T11:00:00Z"}
        return {"metadata": meta, "involvedObject": involved, "type": "Warning", "reason": "BackOff"}

    def answer(path: str, query: dict[str, str]) -> Answer:
        if path == "/api/v1/events":
            assert query["fieldSelector"] == "type=Warning"
            return listing(about("other", "ill"), about("far", "strange"))
        return shop(pod("web-1"), pod("ill", ready=False, namespace="other"))(path, query)

    snapshot = seen(answer)

    assert "pod/strange" in evidence(snapshot, "events/all/warning").came_back
    assert [one["involvedObject"]["name"] for one in snapshot.kind("Event")] == ["ill"]


def _long_log(path: str, query: dict[str, str]) -> Answer:
    """A pod that has complained for an hour, first right after it read its configuration anew."""
    if not path.endswith("/log"):
        return shop(pod("web-1"))(path, query)
    lines = [
        "2030-01-01T10:59:00Z INFO serving",
        "2030-01-01T11:00:00Z INFO configuration reloaded",
        *(
            f"2030-01-01T11:{second // 60:02d}:{second % 60:02d}Z error: no such host db"
            for second in range(3000)
        ),
    ]
    if limit := query.get("tailLines"):
        lines = lines[-int(limit) :]
    return 200, "".join(f"{line}\n" for line in lines).encode()


def test_a_log_of_which_only_the_end_was_kept_is_read_from_its_beginning() -> None:
    """What began an hour ago did not begin 150 lines ago; and the reload right before it is told."""
    snapshot = seen(_long_log)

    (tail,) = snapshot.logs
    (complaint,) = tail.earlier
    assert complaint.first.startswith("2030-01-01T11:00:00Z error")
    assert complaint.count + tail.text.count("no such host") == 3000
    assert (tail.begins, tail.gap) == ("2030-01-01T10:59:00Z", "")
    told = evidence(snapshot, "log-templates").came_back.splitlines()
    assert told[0].startswith("×3000  error: no such host db  (2030-01-01 11:00:00 to 11:49:59, ")
    assert told[2] == "    before the first: INFO configuration reloaded"


def test_reading_from_the_beginning_has_a_limit_and_says_where_it_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody waits for a log of a gigabyte, and nobody is told that it was read."""
    monkeypatch.setattr(collect_whole_logs, "BYTES_OF_ONE", 20_000)

    def cut(path: str, query: dict[str, str]) -> Answer:
        code, content = _long_log(path, query)
        return (
            (code, content[:20_000])
            if path.endswith("/log") and "tailLines" not in query
            else (code, content)
        )

    snapshot = seen(cut)

    (tail,) = snapshot.logs
    assert tail.gap.startswith("2030-01-01T11:0")
    assert "was not read" in evidence(snapshot, "logs/web-1/app/earlier").came_back
