"""`make bench`: our looks against the runbook's commands, on 100, 1,000 and 5,000 pods; `python -m bench 5000 20000`.

The crowds stand on a control plane of their own, without nodes (`practice/nodeless`), so that no cluster that answers
drills is disturbed; Kubernetes must have been built by `outage practice up` once. Writes results/bench.json: name,
ours_seconds, theirs_seconds, ratio, resident_bytes, and what it cost to look.
"""

import json
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

from bench.crowd.fake_kubelets import FakeKubelets, fake_kubelets
from bench.crowd.fake_pods import FakePods
from bench.crowd.standing_platform import stand_platform
from bench.orchestration import prefect_overhead
from bench.our_looks import measured_look
from bench.typed_runbook import HOUSE, PHASES, object_commands, runbook_commands, typed_seconds
from blocks.kubernetes.api_client import ApiClient
from blocks.kubernetes.kubeconfig import read_access
from practice.nodeless.nodeless_plane import nodeless_plane, secrets_of

RESULTS = HOUSE / "results"
SIZES = (100, 1_000, 5_000)
ASKED_RATIO = {5_000: 6.5, 20_000: 20.0}
"""How many times faster the first pass is to be than the commands it stands for, by the crowd's size."""
ASKED_BYTES = 250 * 1024 * 1024
ASKED_GROWTH = 1.5
"""How many times its own seconds at the smaller of these crowds a first pass may take at the larger."""
ASKED_SECONDS = 5.0
"""For a whole look with so many bytes of logs behind the pods that fail."""
LOG_BYTES = 50 * 1000 * 1000
QUIET_BYTES = 12_000
FIRST, STRANGERS, LONG_LOGS = "first pass", "no file", "50 MB of logs, no file"
ILL_AT, ILL = 1_000, (10, 50, 200)
"""How many pods are ill in a crowd of that size: cost follows them, on top of a wide look that is flat."""
SETTLE_SECONDS = 3.0
"""Until the API server's cache has taken the new ones in."""
TIMES = 3
"""Ours is measured so often and the middle one counts; theirs takes long enough to be measured once."""

Row = dict[str, Any]


def bench_main(sizes: list[int]) -> int:
    """Measure every size; the exit status is 0 when the largest is as fast and as small as promised."""
    signal.signal(
        signal.SIGTERM, lambda *_: sys.exit(143)
    )  # so that the control plane is taken down also then
    bench_print(f"{'pods':>6}  {'what':<32}{'ours':>10}{'theirs':>10}{'ratio':>8}{'resident':>11}")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="outage-bench-") as folder, nodeless_plane(Path(folder)) as plane:
        kubeconfig, platform = str(plane.kubeconfig), written_platform(Path(folder))
        with fake_kubelets(plane.towards_nodes, secrets_of(plane.folder)) as kubelets:
            api = ApiClient(read_access(kubeconfig))
            stand_platform(api)
            standing = FakePods(api, plane.etcd_url)
            for size in sizes:
                standing.grow_to(size)
                time.sleep(SETTLE_SECONDS)
                rows += measure_crowd(standing, kubelets, kubeconfig, platform)
    rows.append(measure_orchestration())
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "bench.json").write_text(json.dumps(rows, indent=2) + "\n")
    return bench_verdict(rows, max(sizes))


def written_platform(folder: Path) -> str:
    """The practice platform's file without what only its own ground answers: public names, and its smoke test."""
    described = yaml.safe_load((HOUSE / "practice" / "platform.yaml").read_text())
    kept = {key: value for key, value in described.items() if key not in ("endpoints", "smoke")}
    path = folder / "platform.yaml"
    path.write_text(yaml.safe_dump(kept, sort_keys=False))
    return str(path)


def measure_crowd(standing: FakePods, kubelets: FakeKubelets, kubeconfig: str, platform: str) -> list[Row]:
    """Every look at a crowd as it stands: beside the commands typed, with and without a file, with long logs."""
    kubelets.speak(QUIET_BYTES)
    pods, rows = standing.pods, []
    typed = {phase: typed_seconds(runbook_commands(phase), kubeconfig) for phase in PHASES}
    objects = typed_seconds(object_commands(), kubeconfig)
    for phase, theirs in typed.items():
        rows += looked_at(phase, phase, pods, (kubeconfig, platform), theirs, objects)
    ours = sum(one["ours_seconds"] for one in rows if not one["name"].startswith(FIRST))
    largest = max(one["resident_bytes"] for one in rows)
    both = bench_row(f"both at {pods} pods", ours, sum(typed.values()), largest) | {"pods": pods}
    show_rows(both)
    strangers = f"investigate, {STRANGERS}"
    rows += looked_at("strangers", strangers, pods, (kubeconfig, platform), typed["investigate"], objects)
    if standing.ill:
        kubelets.speak(LOG_BYTES // standing.ill)
        rows += looked_at("strangers", LONG_LOGS, pods, (kubeconfig, platform))
        kubelets.speak(QUIET_BYTES)
    if pods == ILL_AT:
        rows += measure_ill(standing, kubeconfig, platform)
    return [*rows, both]


def measure_ill(standing: FakePods, kubeconfig: str, platform: str) -> list[Row]:
    """What an investigation without a file costs when so many pods of the crowd are ill; nobody types that."""
    rows = []
    for ill in ILL:
        standing.sicken(ill)
        time.sleep(SETTLE_SECONDS)
        found = looked_at("strangers", f"{ill} ill, {STRANGERS}", standing.pods, (kubeconfig, platform))
        rows += [one | {"ill": ill} for one in found]
    standing.sicken(standing.usually_ill)
    return rows


def looked_at(
    phase: str,
    name: str,
    pods: int,
    at: tuple[str, str],
    theirs: float | None = None,
    objects: float | None = None,
) -> list[Row]:
    """Ours as often as it takes to have a middle one, and its first answer where it has one.

    Args:
        phase: As `our_looks` knows it.
        name: For the table.
        pods: In the crowd.
        at: The kubeconfig and the platform file.
        theirs: Seconds of the commands that it stands for; None where nobody types any.
        objects: Seconds of those commands that read objects alone.
    """
    ours = [measured_look(phase, *at) for _ in range(TIMES)]
    middle = sorted(ours, key=lambda one: float(one["seconds"]))[TIMES // 2]
    resident = middle["resident_bytes"]
    rows = [bench_row(f"{name} at {pods} pods", middle["seconds"], theirs, resident)]
    firsts = sorted(one["first_seconds"] for one in ours if one["first_seconds"] is not None)
    if firsts:
        first = f"{FIRST}: {name} at {pods} pods"
        rows.append(bench_row(first, firsts[len(firsts) // 2], objects, resident))
    costs = ("looking_seconds", "cpu_seconds", "process_seconds", "calls", "bytes_read", "unseen")
    rows = [one | {key: middle[key] for key in costs} | {"pods": pods} for one in rows]
    for one in rows:
        show_rows(one)
    return rows


def bench_row(name: str, ours: float, theirs: float | None, resident: int | None) -> Row:
    """One line of the table."""
    return {
        "name": name,
        "ours_seconds": round(ours, 3),
        "theirs_seconds": None if theirs is None else round(theirs, 3),
        "ratio": None if theirs is None else round(theirs / ours, 1),
        "resident_bytes": resident,
    }


def measure_orchestration() -> Row:
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


def show_rows(one: Row) -> None:
    """Print one line of the table."""
    name, _, pods = one["name"].partition(" at ")
    theirs = "" if one["theirs_seconds"] is None else f"{one['theirs_seconds']:.2f} s"
    ratio = "" if one["ratio"] is None else f"{one['ratio']:.1f}×"
    resident = "" if one["resident_bytes"] is None else f"{one['resident_bytes'] / 2**20:.0f} MB"
    size = pods.removesuffix(" pods")
    bench_print(f"{size:>6}  {name:<32}{one['ours_seconds']:>8.2f} s{theirs:>10}{ratio:>8}{resident:>11}")


def bench_verdict(rows: list[Row], largest: int) -> int:
    """Say of each promise whether it holds at the largest crowd; 0 when all do."""
    of = {one["name"]: one for one in rows if one.get("pods")}
    here = [one for one in of.values() if one["pods"] == largest]
    asked = next((ratio for size, ratio in sorted(ASKED_RATIO.items(), reverse=True) if size <= largest), 1.0)
    memory = max(one["resident_bytes"] for one in here)
    kept = [
        promise(f"{one['name']} {one['ratio']:.1f}×, asked {asked}×", one["ratio"] >= asked)
        for one in here
        if one["name"].startswith(FIRST) and one["ratio"] is not None
    ]
    kept.append(promise(f"{memory >> 20} MB, allowed {ASKED_BYTES >> 20} MB", memory <= ASKED_BYTES))
    for one in [one for one in here if one["name"].startswith(LONG_LOGS)]:
        took = one["ours_seconds"]
        kept.append(promise(f"{LONG_LOGS} {took:.1f} s, allowed {ASKED_SECONDS} s", took <= ASKED_SECONDS))
    small = min(ASKED_RATIO)
    for one in [one for one in here if one["name"].startswith(FIRST) and largest > small]:
        if before := of.get(one["name"].replace(f" {largest} ", f" {small} ")):
            growth = one["ours_seconds"] / before["ours_seconds"]
            words = f"{one['name']} {growth:.1f}× its time at {small}, allowed {ASKED_GROWTH}×"
            kept.append(promise(words, growth <= ASKED_GROWTH))
    return 0 if all(kept) else 1


def promise(words: str, kept: bool) -> bool:
    """Print whether a promise is kept, and return it."""
    bench_print(f"{'as promised' if kept else 'NOT as promised'}: {words}")
    return kept


def bench_print(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(bench_main([int(one) for one in sys.argv[1:]] or list(SIZES)))
