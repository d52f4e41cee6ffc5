"""A new line after a change of what its workload reads: the innocents, then eleven stories in words nobody knows."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from outage.diagnosis.cause import Cause
from outage.diagnosis.hypothesis import Diagnosis
from outage.kubernetes.field_managers import WRITER
from outage.snapshots.snapshot import LogTail
from tests.outage.diagnosis.worlds.breaking import probes_fail
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_objects import NOON, SHOP, meta
from tests.outage.diagnosis.worlds.shop_snapshot import Ground, platform

BAD = "ERROR ledger epoch 7 does not abut epoch 5, entry skipped"
CHANGED = 5.0
"""Minutes ago."""
Said = tuple[float, str]
"""Seconds ago, and the line."""
Break = Callable[[Ground], None]


def usual(until: float = 0, every: float = 20) -> list[Said]:
    """What auth says all the time."""
    return [
        (900 - n * every, f"INFO session {n} opened")
        for n in range(int(900 / every))
        if 900 - n * every >= until
    ]


def again(line: str = BAD, since: float = 280, until: float = 5, every: float = 10) -> list[Said]:
    """One line again and again."""
    return [(ago, line) for ago in _steps(since, until, every)]


def _steps(since: float, until: float, every: float) -> list[float]:
    return [since - n * every for n in range(int((since - until) / every) + 1)]


def settings(ground: Ground, minutes: float | None = CHANGED, manager: str = "kubectl-edit") -> None:
    """Auth reads a ConfigMap, which somebody changed so long ago."""
    ground.put("ConfigMap", {"metadata": meta("auth-settings"), "data": {"EPOCHS": "5,7"}})
    sets = [one for one in ground.objects["ReplicaSet"] if one["metadata"]["name"].startswith("auth-")]
    templates = [one["spec"]["template"]["spec"] for one in (ground.get("Deployment", "auth"), *sets)]
    for spec in (*templates, *(pod["spec"] for pod in ground.pods("auth"))):
        spec["containers"][0]["envFrom"] = [{"configMapRef": {"name": "auth-settings"}}]
    if minutes is not None:
        ground.touch("ConfigMap", "auth-settings", minutes, manager)


def told(said: Sequence[Said], change: Break = settings, also: Break | None = None) -> Diagnosis:
    """What is said of the shop when the first pod of auth logs this."""
    ground = Ground()
    change(ground)
    if also:
        also(ground)
    lines = [
        f"{(NOON - timedelta(seconds=ago)).isoformat().replace('+00:00', 'Z')} {line}"
        for ago, line in sorted(said, reverse=True)
    ]
    pod = ground.pods("auth")[0]["metadata"]["name"]
    ground.extra["logs"] = (LogTail(namespace=SHOP, pod=pod, container="auth", text="\n".join(lines)),)
    return diagnose(ground.snapshot(), platform())


def two_at_once(ground: Ground) -> None:
    """Two things that auth reads were changed in the same moment."""
    settings(ground)
    ground.touch("Service", "auth", CHANGED)


@pytest.mark.parametrize(
    ("said", "change"),
    [
        pytest.param(usual(), settings, id="changed, and all is said as before"),
        pytest.param([*usual(), *again()], lambda g: settings(g, None), id="nothing was changed"),
        pytest.param([*usual(), *again(since=800)], settings, id="it said so before the change"),
        pytest.param(again(), settings, id="nobody listened before"),
        pytest.param(
            [*usual(), *again(since=280, until=270, every=2)], settings, id="said while it read again"
        ),
        pytest.param([*usual(), *again(until=120)], settings, id="it is over"),
        pytest.param([*usual(), (100.0, BAD), (20.0, BAD)], settings, id="two bad requests"),
        pytest.param([*usual(every=1), *again(every=60)], settings, id="one request of very many"),
        pytest.param(
            [*usual(), *again("INFO error budget reloaded, 3 rules")], settings, id="told as information"
        ),
        pytest.param(
            [*usual(), *again("cache refilled from peer b")], settings, id="new words and nothing fails"
        ),
        pytest.param([*usual(), *again()], lambda g: settings(g, 50), id="changed an hour before it began"),
        pytest.param(
            [*usual(), *again()], lambda g: settings(g, CHANGED, WRITER), id="we changed it ourselves"
        ),
        pytest.param([*usual(), *again()], two_at_once, id="two changes at once: nobody can say which"),
    ],
)
def test_a_line_that_is_old_rare_over_or_without_a_change_accuses_no_change(
    said: list[Said], change: Break
) -> None:
    """Healthy first: pods are ready, users are served."""
    assert told(said, change).hypotheses == ()


STORIES = [
    pytest.param("ERROR tariff TRF-9 has no successor after rollover", id="a tariff table"),
    pytest.param("E1105 glyph atlas mismatch: wanted rev 8, error", id="a font service"),
    pytest.param(
        '{"level":"error","msg":"quorum of witnesses not met","want":3,"got":2}', id="JSON, a quorum"
    ),
    pytest.param('level=error msg="shard map is older than the ring" ring=41 shard=40', id="logfmt, a ring"),
    pytest.param(
        "[FATAL?] no: recoverable failure - palette index 300 outside 0..255", id="an image encoder"
    ),
    pytest.param(
        "WARN  rejecting 12 events: schema fingerprint d41d8c not in catalogue", id="an event schema"
    ),
    pytest.param("panic recovered: feature gate 'nova' undefined", id="a feature gate"),
    pytest.param("Exception: Steuersatz fuer Region 'BX' nicht hinterlegt", id="a German program"),
    pytest.param("failed to compile rule 17: unexpected token '}' near 'allow'", id="a rule engine"),
]


@pytest.mark.parametrize("line", STORIES)
def test_words_that_no_rule_knows_accuse_the_change_before_them_though_every_pod_is_ready(line: str) -> None:
    """It fits, and is never more; a person decides."""
    found = told([*usual(), *again(line)])
    first = found.hypotheses[0]

    assert (first.cause, first.about.kind, first.about.name) == (
        Cause.RECENT_CHANGE,
        "ConfigMap",
        "auth-settings",
    )
    assert (first.strength, first.repair) == ("fits", None)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("falling back to stub tenant for every caller", id="a tenant"),
        pytest.param("payment signature invalid: kid=2026-a is not in key set", id="a key set"),
    ],
)
def test_a_line_without_a_word_of_trouble_counts_where_users_see_that_it_fails(line: str) -> None:
    """The probe says that something is wrong, the line since when, the change why."""
    assert told([*usual(), *again(line)]).hypotheses == ()
    found = told([*usual(until=300), *again(line)], also=lambda ground: probes_fail(ground, "auth"))

    assert (found.hypotheses[0].cause, found.hypotheses[0].about.name) == (
        Cause.RECENT_CHANGE,
        "auth-settings",
    )
