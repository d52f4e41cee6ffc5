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

from bench.crowd import Crowd, crowd
from bench.orchestration import overhead
from bench.ours import measured
from bench.runbook import HOUSE, PHASES, commands, typed
from blocks.cluster import Cluster
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


def main(sizes: list[int]) -> int:
    """Measure every size; the exit status is 0 when the largest is as fast and as small as promised."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the crowd is cleared also then
    kubeconfig = str(places.kubeconfig())
    cluster = Cluster.from_kubeconfig(kubeconfig)
    say(f"{'pods':>6}  {'what':<32}{'ours':>10}{'theirs':>10}{'ratio':>8}{'resident':>11}")
    rows: list[dict[str, Any]] = []
    with crowd(cluster) as standing:
        for size in sizes:
            standing.grow_to(size)
            time.sleep(SETTLE_SECONDS)
            rows += measure(size, kubeconfig)
            if size == ILL_AT:
                rows += [measure_ill(standing, ill, kubeconfig) for ill in ILL]
                standing.sicken(standing.usually_ill)
    rows.append(orchestration())
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "bench.json").write_text(json.dumps(rows, indent=2) + "\n")
    return verdict([row for row in rows if row.get("pods") == max(sizes)])


def measure(pods: int, kubeconfig: str) -> list[dict[str, Any]]:
    """Both phases on a crowd, and the two together."""
    platform = str(platform_file())
    rows = []
    for phase in PHASES:
        one = costed(phase, f"{phase} at {pods} pods", kubeconfig, platform, typed(phase, kubeconfig))
        rows.append(one | {"pods": pods, "commands": len(commands(phase))})
    both = [sum(one[key] for one in rows) for key in ("ours_seconds", "theirs_seconds")]
    largest = max(one["resident_bytes"] for one in rows)
    theirs = rows[-1]["theirs_seconds"]  # a stranger types the same commands to investigate
    rows.append(row(f"both at {pods} pods", both[0], both[1], largest) | {"pods": pods})
    strangers = costed("strangers", f"{STRANGERS} at {pods} pods", kubeconfig, platform, theirs)
    rows.append(strangers | {"pods": pods})
    for one in rows:
        show(one)
    return rows


def measure_ill(standing: Crowd, ill: int, kubeconfig: str) -> dict[str, Any]:
    """What an investigation without a file costs when so many pods of the crowd are ill; nobody types that."""
    standing.sicken(ill)
    time.sleep(2)  # few pods changed
    name = f"{STRANGERS}, {ill} ill at {standing.pods} pods"
    one = costed("strangers", name, kubeconfig, str(platform_file()), None) | {
        "pods": standing.pods,
        "ill": ill,
    }
    show(one)
    return one


def costed(phase: str, name: str, kubeconfig: str, platform: str, theirs: float | None) -> dict[str, Any]:
    """Ours as often as it takes to have a middle one, with what it cost."""
    ours = [measured(phase, kubeconfig, platform) for _ in range(TIMES)]
    middle = sorted(ours, key=lambda one: float(one["seconds"]))[TIMES // 2]
    costs = ("looking_seconds", "process_seconds", "calls", "bytes_read", "unseen")
    return row(name, middle["seconds"], theirs, middle["resident_bytes"]) | {
        key: middle[key] for key in costs
    }


def row(name: str, ours: float, theirs: float | None, resident: int | None) -> dict[str, Any]:
    """One line of the table."""
    return {
        "name": name,
        "ours_seconds": round(ours, 3),
        "theirs_seconds": None if theirs is None else round(theirs, 3),
        "ratio": None if theirs is None else round(theirs / ours, 1),
        "resident_bytes": resident,
    }


def orchestration() -> dict[str, Any]:
    """What Prefect adds, when the responder's own stack is up."""
    from blocks.settings import Settings

    name = "Prefect around both phases"
    try:
        one = row(name, overhead(Settings().prefect_api_url), None, None)
    except Exception as error:  # noqa: BLE001 - a missing stack must not spoil the rest of the bench
        one = {**row(name, 0, None, None), "ours_seconds": None, "unseen": f"no Prefect to measure: {error}"}
        say(f"{name}: not measured, `outage up` first")
        return one
    show(one)
    return one


def platform_file() -> Path:
    """The practice platform's file, with the addresses of its public names when the ground wrote them."""
    written = places.home() / "platform.yaml"
    return written if written.exists() else HOUSE / "practice" / "platform.yaml"


def show(one: dict[str, Any]) -> None:
    """Print one line of the table."""
    name, _, pods = one["name"].partition(" at ")
    theirs = "" if one["theirs_seconds"] is None else f"{one['theirs_seconds']:.2f} s"
    ratio = "" if one["ratio"] is None else f"{one['ratio']:.0f}×"
    resident = "" if one["resident_bytes"] is None else f"{one['resident_bytes'] / 2**20:.0f} MB"
    size = pods.removesuffix(" pods")
    say(f"{size:>6}  {name:<32}{one['ours_seconds']:>8.2f} s{theirs:>10}{ratio:>8}{resident:>11}")


def verdict(largest: list[dict[str, Any]]) -> int:
    """Say whether the promise holds at the largest crowd."""
    both = next(one for one in largest if one["name"].startswith("both"))
    held = both["ratio"] >= ASKED_RATIO and both["resident_bytes"] <= ASKED_BYTES
    say(
        f"{'as promised' if held else 'NOT as promised'}: {both['ratio']:.0f}× (asked {ASKED_RATIO}×), "
        f"{both['resident_bytes'] / 2**20:.0f} MB (allowed {ASKED_BYTES / 2**20:.0f} MB)"
    )
    return 0 if held else 1


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main([int(one) for one in sys.argv[1:]] or list(SIZES)))
