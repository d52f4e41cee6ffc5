"""Starts that have outgrown their liveness probe: killed again and again in the middle of work that goes on."""

import re
from collections.abc import Iterator

from outage.diagnosis.findings import Signs
from outage.diagnosis.known_good.troubled_workloads import Troubled, troubled_workloads
from outage.diagnosis.rules.probes.liveness_budget import too_eager
from outage.diagnosis.rules.rule import CauseRule
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.weighing.strength import Strength, Support
from outage.errors import cut
from outage.kubernetes.events import event_message
from outage.kubernetes.objects import object_ref
from outage.snapshots.case_index import CaseIndex
from outage.text.logs.trouble_lines import bare_line
from outage.text.logs.trouble_words import complaint

PROGRESS = re.compile(
    r"\b\d+ ?(?:of|/) ?\d+\b|\b\d{1,3}(?:\.\d+)? ?%|\b(?:load|read|open|index|migrat|replay|recover|warm|build|restor"
    r"|compil|initiali[sz]|prepar|import|fetch|download|start|boot|scan|sync)\w*ing\b",
    re.I,
)
"""How programs say that they are still on their way."""


def suspect_outgrown_starts(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Workloads whose containers are ended by their liveness probe while their logs show that they are starting."""
    for one in troubled_workloads(index, signs):
        text = "\n".join(
            event_message(event)
            for pod in one.pods
            for event in index.warnings(object_ref(pod, "Pod"))
            if event.get("reason") == "Unhealthy"
        )
        found = too_eager(one, text)
        last = _last_words(one)
        if found is not None and last:
            found.add(
                Strength.STATED, "the log of the life that was ended breaks off in the middle of a start"
            )
            found.add(Support.TRACE, "nothing in that log tells of trouble")
            found.add(Support.DETAIL, f"it was still at work when it was killed: {cut(last, 120)}")
            found.evidence_for = [
                f"the last words of a life that was ended: {cut(last, 160)}",
                *found.evidence_for,
            ]
            found.settle = "How long a start takes now: what it opens may have grown. The probe itself stays."
            yield found


def _last_words(one: Troubled) -> str:
    """The last line of a life that was ended, when it tells of work that goes on and of no trouble."""
    names = {pod["metadata"]["name"] for pod in one.pods}
    speaks = complaint(one.index.platform.error_patterns)
    for tail in one.index.snapshot.logs:
        if tail.pod in names and tail.previous and tail.text.strip():
            line = bare_line(tail.text.strip().splitlines()[-1])[1]
            if PROGRESS.search(line) and not speaks(line):
                return line
    return ""


RULES = (
    CauseRule(
        suspect_outgrown_starts,
    ),
)
