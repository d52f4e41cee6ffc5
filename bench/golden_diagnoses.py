"""Golden diagnoses: what the program answers to every recorded picture, kept in a file and compared later.

`python -m bench.golden_diagnoses record FILE` diagnoses each picture under tests/specimens twice, with the healthy
picture as the baseline and without one. `python -m bench.golden_diagnoses compare BEFORE AFTER` prints what became
different and ends with 1 if that is a first cause, its object, its repair or a severity. It needs no cluster.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench.specimen_files import baseline_of, read_specimen
from outage.diagnosis import diagnose
from outage.diagnosis.hypothesis import Change, Hypothesis, Mitigation, Repair
from outage.mitigation import mitigations
from outage.platforms.platform import Platform
from outage.platforms.platform_file import load_platform
from outage.snapshots.baseline import Baseline
from outage.snapshots.case import Case
from outage.snapshots.snapshot import Snapshot

HOUSE = Path(__file__).resolve().parents[1]
SPECIMENS = HOUSE / "tests/specimens"
PLATFORM = HOUSE / "practice/platform.yaml"
HEALTHY = "healthy"
"""The picture that serves as the baseline of all others."""
ENDING = ".json.gz"

Golden = dict[str, Any]
"""One answer, as the file holds it: `severity`, `findings`, `hypotheses` and `mitigations`."""


def golden_diagnoses() -> dict[str, Golden]:
    """Diagnose every picture of the repository with and without a baseline.

    Returns:
        One answer by `PICTURE, with baseline` and `PICTURE, without baseline`, in the order of the names.
    """
    pictures = {path.name.removesuffix(ENDING): read_specimen(path) for path in SPECIMENS.rglob(f"*{ENDING}")}
    platform, baseline = load_platform(PLATFORM), baseline_of(pictures[HEALTHY])
    answers = {}
    for name, snapshot in sorted(pictures.items()):
        answers[f"{name}, with baseline"] = _golden(snapshot, platform, baseline)
        answers[f"{name}, without baseline"] = _golden(snapshot, platform, None)
    return answers


def _golden(snapshot: Snapshot, platform: Platform, baseline: Baseline | None) -> Golden:
    case = Case(snapshot=snapshot, platform=platform, baseline=baseline)
    diagnosis = diagnose(case)
    return {
        "severity": str(diagnosis.assessment.severity),
        "hypotheses": [_hypothesis(one) for one in diagnosis.hypotheses],
        "findings": sorted(f"{one.sign} {one.about}" for one in diagnosis.findings),
        "mitigations": [_hypothesis(one) for one in mitigations(diagnosis, case)],
    }


def _hypothesis(one: Hypothesis | Mitigation) -> Golden:
    return {
        "cause": one.cause,
        "about": str(one.about),
        "field": one.field,
        "score": round(one.score, 4),
        "repair": _repair(one.repair) if one.repair else None,
    }


def _repair(repair: Repair) -> Golden:
    return {"summary": repair.summary, "changes": [_change(one) for one in repair.changes]}


def _change(change: Change) -> Golden:
    more = {"manifest": change.manifest, "session": change.session}
    return {
        "action": str(change.action),
        "target": str(change.target),
        "patch": list(change.patch),
        **{key: value for key, value in more.items() if value is not None},
    }


def _first(answer: Golden, key: str) -> Any:
    return answer["hypotheses"][0][key] if answer["hypotheses"] else "(no hypothesis)"


def _first_repair(answer: Golden, key: str) -> Any:
    repair = answer["hypotheses"][0]["repair"] if answer["hypotheses"] else None
    return repair[key] if repair else "(no repair)"


def _listed(answer: Golden, key: str) -> list[str]:
    return [f"{one['cause']} {one['about']}" for one in answer[key]]


def _repairs(answer: Golden, key: str) -> list[str]:
    return [
        f"{one['cause']} {one['about']} {json.dumps(one['repair'], sort_keys=True)}" for one in answer[key]
    ]


GRAVE: Mapping[str, Callable[[Golden], Any]] = {
    "severity": lambda answer: answer["severity"],
    "first cause": lambda answer: _first(answer, "cause"),
    "first object": lambda answer: _first(answer, "about"),
    "first repair": lambda answer: _first_repair(answer, "changes"),
}
"""What a change of the code's form must leave as it is."""
LESSER: Mapping[str, Callable[[Golden], Any]] = {
    "first field": lambda answer: _first(answer, "field"),
    "first summary": lambda answer: _first_repair(answer, "summary"),
    "hypotheses": lambda answer: _listed(answer, "hypotheses"),
    "scores": lambda answer: [
        f"{one['cause']} {one['about']} {one['score']}" for one in answer["hypotheses"]
    ],
    "other fields": lambda answer: [f"{one['cause']} {one['field']}" for one in answer["hypotheses"][1:]],
    "other repairs": lambda answer: _repairs({"hypotheses": answer["hypotheses"][1:]}, "hypotheses"),
    "findings": lambda answer: answer["findings"],
    "mitigations": lambda answer: _repairs(answer, "mitigations"),
}
"""What may change when there is a reason for it."""


def changed_answers(
    before: Mapping[str, Golden],
    after: Mapping[str, Golden],
    aspects: Mapping[str, Callable[[Golden], Any]],
) -> list[str]:
    """Tell what became different, one line for each aspect of each answer that both files have.

    Args:
        before: Answers as `golden_diagnoses` gives them.
        after: The same of a later state of the code.
        aspects: What to compare, by name: `GRAVE` or `LESSER`.
    """
    return [
        f"{name}: {aspect}: {_told(was, now)}"
        for name in sorted(before.keys() & after.keys())
        for aspect, taken in aspects.items()
        for was, now in [(taken(before[name]), taken(after[name]))]
        if was != now
    ]


def _told(was: Any, now: Any) -> str:
    if not (isinstance(was, list) and isinstance(now, list)):
        return f"{_plain(was)} → {_plain(now)}"
    gone = [f"- {_plain(one)}" for one in was if one not in now]
    came = [f"+ {_plain(one)}" for one in now if one not in was]
    return "; ".join(gone + came) or f"another order: {_plain(was)} → {_plain(now)}"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def compare_answers(before: Mapping[str, Golden], after: Mapping[str, Golden]) -> int:
    """Print every difference, the grave ones first.

    Returns:
        The exit status: 1 when there is a grave one. A picture that is gone is one, a new one is not.
    """
    grave = [f"{name}: no answer any more" for name in sorted(before.keys() - after.keys())]
    grave += changed_answers(before, after, GRAVE)
    lesser = [f"{name}: not in the file before" for name in sorted(after.keys() - before.keys())]
    lesser += changed_answers(before, after, LESSER)
    for line in grave:
        print("DIFFERENT", line)
    for line in lesser:
        print("lesser   ", line)
    same = len(before.keys() & after.keys())
    print(f"{same} answers compared: {len(grave)} grave differences, {len(lesser)} lesser ones")
    return 1 if grave else 0


def main() -> int:
    """Record, or compare two records."""
    ask = argparse.ArgumentParser(prog="python -m bench.golden_diagnoses", description=__doc__)
    modes = ask.add_subparsers(dest="mode", required=True)
    modes.add_parser("record").add_argument("file", type=Path)
    comparing = modes.add_parser("compare")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    wanted = ask.parse_args()
    if wanted.mode == "compare":
        return compare_answers(_read(wanted.before), _read(wanted.after))
    answers = golden_diagnoses()
    wanted.file.parent.mkdir(parents=True, exist_ok=True)
    wanted.file.write_text(json.dumps(answers, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{len(answers)} answers in {wanted.file}")
    return 0


def _read(path: Path) -> dict[str, Golden]:
    try:
        answers: dict[str, Golden] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SystemExit(f"read the golden diagnoses in {path}: {error}") from error
    return answers


if __name__ == "__main__":
    sys.exit(main())
