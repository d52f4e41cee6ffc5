from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outage.kubernetes.trim import is_healthy_pod, merged_events, trim_object
from outage.reports.investigation_report import grouped_findings
from outage.snapshots.evidence import Evidence, Hindrance
from outage.text.listing import keyed_line, listed_words, pod_word
from outage.value import Manifest

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def pod(state: Manifest | None = None, phase: str = "Running", ready: bool = True, **meta: Any) -> Manifest:
    """A pod with one container in a state."""
    status = {"name": "app", "ready": ready, "restartCount": 0, "state": state or {"running": {}}}
    return {
        "kind": "Pod",
        "metadata": {"name": "web-1", "namespace": "shop", **meta},
        "spec": {"containers": [{"name": "app"}]},
        "status": {
            "phase": phase,
            "containerStatuses": [status],
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
        },
    }


@pytest.mark.parametrize(
    ("one", "word", "well"),
    [
        pytest.param(pod(), "Running", True, id="running"),
        pytest.param(pod(phase="Succeeded", ready=False), "Succeeded", True, id="completed"),
        pytest.param(
            pod({"waiting": {"reason": "ImagePullBackOff"}}, "Pending", False),
            "ImagePullBackOff",
            False,
            id="no image",
        ),
        pytest.param(
            pod({"waiting": {"reason": "ContainerCreating"}}, "Pending", False),
            "Pending",
            False,
            id="starting",
        ),
        pytest.param(
            pod({"terminated": {"exitCode": 137, "reason": "OOMKilled"}}, ready=False),
            "OOMKilled",
            False,
            id="out of memory",
        ),
        pytest.param(pod(ready=False), "Running", False, id="running and not ready"),
        pytest.param(pod(deletionTimestamp="t"), "Terminating", False, id="on its way out"),
    ],
)
def test_a_pod_has_the_word_that_kubectl_prints(one: Manifest, word: str, well: bool) -> None:
    """Responders think in these words."""
    assert (pod_word(one), is_healthy_pod(one)) == (word, well)


def test_ill_pods_are_listed_first_and_a_long_list_is_cut() -> None:
    """A responder reads the first lines."""
    crowd = [pod(name=f"p-{n}") for n in range(40)] + [pod(ready=False, phase="Failed", name="ill")]
    told = listed_words("Pod", crowd).splitlines()

    assert told[0].startswith("ill ")
    assert told[-1] == "… and 16 more"


def test_a_secret_is_listed_by_its_keys() -> None:
    """Never by a value."""
    secret = {
        "kind": "Secret",
        "metadata": {"name": "db", "managedFields": [{"time": "t2"}, {"time": "t1"}]},
        "data": {"b": "x", "a": "y"},
    }

    assert keyed_line(secret) == "db  keys a, b  changed t2"


def test_a_slim_object_knows_who_wrote_it_and_when() -> None:
    """That is what onset is read from."""
    fields = [
        {"manager": "kubectl", "operation": "Update", "time": "t", "fieldsV1": {}, "fieldsType": "FieldsV1"}
    ]
    one = trim_object({"kind": "Service", "metadata": {"name": "web", "managedFields": fields}}, "salt")

    assert one["metadata"]["managedFields"] == [{"manager": "kubectl", "operation": "Update", "time": "t"}]


def event(message: str, kind: str, last: str, count: int = 1) -> Manifest:
    """An event about one pod."""
    return {
        "metadata": {"name": message, "creationTimestamp": last},
        "involvedObject": {"kind": "Pod", "name": "web-1", "namespace": "shop"},
        "reason": "r",
        "message": message,
        "type": kind,
        "count": count,
        "firstTimestamp": last,
        "lastTimestamp": last,
    }


def test_the_same_event_is_one_with_its_counts_added() -> None:
    """First seen is the earliest, last seen the latest, and a Warning comes before what is newer."""
    merged = merged_events(
        [event("a", "Warning", "T1", 2), event("b", "Normal", "T9"), event("a", "Warning", "T3", 5)]
    )

    assert [
        (one["message"], one["count"], one["firstTimestamp"], one["lastTimestamp"]) for one in merged
    ] == [
        ("a", 7, "T1", "T3"),
        ("b", 1, "T9", "T9"),
    ]


def unseen(id: str, why: str, hindrance: Hindrance | None = None) -> Evidence:
    """A look that was not made."""
    return Evidence(id=id, words="", observed_at=NOON, duration=timedelta(), unseen=why, hindrance=hindrance)


def test_the_same_reason_for_not_seeing_is_said_once() -> None:
    """RBAC of one namespace forbids twenty looks alike."""
    told = grouped_findings(
        [
            unseen("nodes", "list nodes: 403, no", Hindrance.FORBIDDEN),
            unseen("pods", "list pods: 403, no", Hindrance.FORBIDDEN),
            unseen("db", "ask db: gone"),
        ]
    )

    assert list(told) == ["our identity may not look at nodes, pods", "ask db: gone"]


def test_a_reason_that_names_nothing_is_said_once_with_the_looks_it_stopped() -> None:
    """Five times `the time was used up` tells nobody what is missing."""
    looks = [unseen(f"logs/{n}", "the time for looking (3 s) was used up") for n in range(8)]

    assert list(grouped_findings(looks)) == [
        "logs/0, logs/1, logs/2, logs/3, logs/4, logs/5 and 2 more: the time for looking (3 s) was used up"
    ]
    assert list(grouped_findings(looks[:1])) == ["logs/0: the time for looking (3 s) was used up"]


def test_one_kubelet_that_is_gone_is_one_reason_whatever_it_was_asked() -> None:
    """The API server quotes the whole address, another one for each pod."""
    told = grouped_findings(
        [
            unseen(f"logs/{n}", f'read {n}: 500, Get "https://10.0.0.1:10250/{n}?tail=1": dial: refused')
            for n in range(2)
        ]
    )

    assert list(told) == ["logs/0, logs/1: 500, dial: refused"]
