"""`make bench`: our triage and investigation against the runbook's commands, on 100, 1,000 and 5,000 pods.

Needs the practice cluster (`outage practice up`). Writes results/bench.json: name, ours_seconds, theirs_seconds,
ratio, resident_bytes, and what it cost to look.
"""

import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

from bench.crowd.fake_pods import FakePods, fake_pods
from bench.orchestration import prefect_overhead
from bench.our_looks import measured_look
from bench.typed_runbook import HOUSE, PHASES, runbook_commands, typed_seconds
from blocks.kubernetes import Cluster
from practice import places

RESULTS = HOUSE / "results"
SIZES = (100, 1_000, 5_000)
ASKED_RATIO, ASKED_BYTES = 20, 150 * 1024 * 1024
STRANGERS = "investigate, no file"
ILL_AT, ILL = 1_000, (10, 50, 200)
"""How many pods are ill in a crowd of that size: cost follows them, on top of a wide look that is flat."""
SETTLE_SECONDS = 20.0
"""Until all who watch pods have taken the new ones in: both sides are to be measured on a quiet cluster."""
TIMES = 3
"""Ours is measured so often and the middle one counts; theirs takes long enough to be measured once."""


def bench_main(sizes: list[int]) -> int:
    """Measure every size; the exit status is 0 when the largest is as fast and as small as promised."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the crowd is cleared also then
    kubeconfig = str(places.practice_kubeconfig())
    cluster = Cluster.from_kubeconfig(kubeconfig)
    bench_print(f"{'pods':>6}  {'what':<32}{'ours':>10}{'theirs':>10}{'ratio':>8}{'resident':>11}")
    rows: list[dict[str, Any]] = []
    with fake_pods(cluster) as standing:
        for size in sizes:
            standing.grow_to(size)
            time.sleep(SETTLE_SECONDS)
            rows += measure_crowd(size, kubeconfig)
            if size == ILL_AT:
                rows += [measure_ill(standing, ill, kubeconfig) for ill in ILL]
                standing.sicken(standing.usually_ill)
    rows.append(measure_orchestration())
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "bench.json").write_text(json.dumps(rows, indent=2) + "\n")
    return bench_verdict([row for row in rows if row.get("pods") == max(sizes)])


def measure_crowd(pods: int, kubeconfig: str) -> list[dict[str, Any]]:
    """Both phases on a crowd, and the two together."""
    platform = str(platform_file())
    rows = []
    for phase in PHASES:
        one = with_cost(
            phase, f"{phase} at {pods} pods", kubeconfig, platform, typed_seconds(phase, kubeconfig)
        )
        rows.append(one | {"pods": pods, "commands": len(runbook_commands(phase))})
    both = [sum(one[key] for one in rows) for key in ("ours_seconds", "theirs_seconds")]
    largest = max(one["resident_bytes"] for one in rows)
    theirs = rows[-1]["theirs_seconds"]  # a stranger types the same commands to investigate
    rows.append(bench_row(f"both at {pods} pods", both[0], both[1], largest) | {"pods": pods})
    strangers = with_cost("strangers", f"{STRANGERS} at {pods} pods", kubeconfig, platform, theirs)
    rows.append(strangers | {"pods": pods})
    for one in rows:
        show_rows(one)
    return rows


def measure_ill(standing: FakePods, ill: int, kubeconfig: str) -> dict[str, Any]:
    """What an investigation without a file costs when so many pods of the crowd are ill; nobody types that."""
    standing.sicken(ill)
    time.sleep(2)  # few pods changed
    name = f"{STRANGERS}, {ill} ill at {standing.pods} pods"
    one = with_cost("strangers", name, kubeconfig, str(platform_file()), None) | {
        "pods": standing.pods,
        "ill": ill,
    }
    show_rows(one)
    return one


def with_cost(phase: str, name: str, kubeconfig: str, platform: str, theirs: float | None) -> dict[str, Any]:
    """Ours as often as it takes to have a middle one, with what it cost."""
    ours = [measured_look(phase, kubeconfig, platform) for _ in range(TIMES)]
    middle = sorted(ours, key=lambda one: float(one["seconds"]))[TIMES // 2]
    costs = ("looking_seconds", "process_seconds", "calls", "bytes_read", "unseen")
    return bench_row(name, middle["seconds"], theirs, middle["resident_bytes"]) | {
        key: middle[key] for key in costs
    }


def bench_row(name: str, ours: float, theirs: float | None, resident: int | None) -> dict[str, Any]:
    """One line of the table."""
    return {
        "name": name,
        "ours_seconds": round(ours, 3),
        "theirs_seconds": None if theirs is None else round(theirs, 3),
        "ratio": None if theirs is None else round(theirs / ours, 1),
        "resident_bytes": resident,
    }


def measure_orchestration() -> dict[str, Any]:
    """What Prefect adds, when the responder's own stack is up."""
    from blocks.settings import Settings

    name = "Prefect around both phases"
    try:
        one = bench_row(name, prefect_overhead(Settings().prefect_api_url), None, None)
    except Exception as error:  # noqa: BLE001 - a missing stack must not spoil the rest of the bench
        one = {
            **bench_row(name, 0, None, None),
            "ours_seconds": None,
            "unseen": f"no Prefect to measure: {error}",
        }
        bench_print(f"{name}: not measured, `outage up` first")
        return one
    show_rows(one)
    return one


def platform_file() -> Path:
    """The practice platform's file, with the addresses of its public names when the ground wrote them."""
    written = places.practice_home() / "platform.yaml"
    return written if written.exists() else HOUSE / "practice" / "platform.yaml"


def show_rows(one: dict[str, Any]) -> None:
    """Print one line of the table."""
    name, _, pods = one["name"].partition(" at ")
    theirs = "" if one["theirs_seconds"] is None else f"{one['theirs_seconds']:.2f} s"
    ratio = "" if one["ratio"] is None else f"{one['ratio']:.0f}×"
    resident = "" if one["resident_bytes"] is None else f"{one['resident_bytes'] / 2**20:.0f} MB"
    size = pods.removesuffix(" pods")
    bench_print(f"{size:>6}  {name:<32}{one['ours_seconds']:>8.2f} s{theirs:>10}{ratio:>8}{resident:>11}")


def bench_verdict(largest: list[dict[str, Any]]) -> int:
    """Say whether the promise holds at the largest crowd."""
    both = next(one for one in largest if one["name"].startswith("both"))
    held = both["ratio"] >= ASKED_RATIO and both["resident_bytes"] <= ASKED_BYTES
    bench_print(
        f"{'as promised' if held else 'NOT as promised'}: {both['ratio']:.0f}× (asked {ASKED_RATIO}×), "
        f"{both['resident_bytes'] / 2**20:.0f} MB (allowed {ASKED_BYTES / 2**20:.0f} MB)"
    )
    return 0 if held else 1


def bench_print(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(bench_main([int(one) for one in sys.argv[1:]] or list(SIZES)))
