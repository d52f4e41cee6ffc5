"""What callers' logs say about a Service they use: they name it, or its cluster address, beside an error.

Promise: only lines of the last minutes count (or of so long as is asked for), and only of pods that call the Service
by what is known of them.
"""

import re
from datetime import datetime, timedelta

from outage.diagnosis.calls.call_graph import CallGraph
from outage.diagnosis.findings.user_signs import line_moment, troubled_lines
from outage.diagnosis.thresholds import SAID_LATELY
from outage.kubernetes.objects import ObjectRef, dig
from outage.snapshots.case_index import CaseIndex
from outage.text.logs.trouble_kinds import TroubleKind, trouble_pattern

LOST = trouble_pattern(
    *(TroubleKind.NAME_UNKNOWN, TroubleKind.CONNECTION_REFUSED),
    *(TroubleKind.CONNECTION_LOST, TroubleKind.TIMED_OUT),
    more=r"refused|unreachable|reset by|unavailable|deadline|50[234]|connect(?:ion)? error|failed to connect|no route",
)
"""Words of clients, in whatever language, that could not reach or not use what they called."""


def caller_complaints(
    index: CaseIndex, service: ObjectRef, within: timedelta = SAID_LATELY
) -> list[tuple[str, datetime | None]]:
    """Log lines in which callers of a Service say that they cannot use it, with their dates."""
    key = ("complaints", str(service), within)
    if key not in index.memory:
        callers = CallGraph.of(index).callers.get(str(service), [])
        word = _spelled(index, service)
        index.memory[key] = [
            said for caller in callers for said in _lines(index, caller, within) if word.search(said[0])
        ]
    found: list[tuple[str, datetime | None]] = index.memory[key]
    return found


def lost_calls(index: CaseIndex, caller: ObjectRef) -> list[tuple[str, datetime | None]]:
    """Log lines in which a workload says that it cannot reach something, whatever it is."""
    return _lines(index, caller, SAID_LATELY)


def _spelled(index: CaseIndex, service: ObjectRef) -> re.Pattern[str]:
    """Its name (alone, with a port, as a DNS name) or its cluster address."""
    words = [re.escape(service.name)]
    address = dig(index.get(service), "spec.clusterIP", "")
    if address and address != "None":
        words.append(re.escape(address))
    return re.compile(rf"(?<![\w.-])(?:{'|'.join(words)})(?![\w-])")


def _lines(index: CaseIndex, caller: ObjectRef, within: timedelta) -> list[tuple[str, datetime | None]]:
    key = ("lost calls", str(caller), within)
    if key not in index.memory:
        pods = {pod["metadata"]["name"] for pod in index.pods_of(caller)}
        tails = [one for one in index.snapshot.logs if one.pod in pods and one.namespace == caller.namespace]
        lines = [line for tail in tails for line in troubled_lines(index, tail, within) if LOST.search(line)]
        index.memory[key] = [(line[:300], line_moment(line)) for line in lines]
    found: list[tuple[str, datetime | None]] = index.memory[key]
    return found
