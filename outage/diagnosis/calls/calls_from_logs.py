"""Calls that only logs tell of: programs that find their peers by convention name them when something fails.

Promise: only spellings that can mean nothing but a host count; a bare word in a sentence is no call.
"""

import re
from collections.abc import Iterator

from outage.diagnosis.thresholds import SAID_LATELY
from outage.kubernetes.object_times import parsed_moment
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.snapshots.case_index import CaseIndex

LINES = 400
"""Lines of each log that are read, from its end."""
HOST = re.compile(
    r"(?:\blookup |\bENOTFOUND |\bEAI_AGAIN |\bUnknownHostException: |\bhost[=:] ?|://|@|\bresolve )"
    r"\W?([a-z0-9][-a-z0-9]*[a-z0-9])(?![-\w])"
    r"|(?<![\w.@/-])([a-z][-a-z0-9]*[a-z0-9])(?:\.[a-z][-a-z0-9]*)*:\d{2,5}(?!\d)"
    r"|(?<![\w.@/-])([a-z][-a-z0-9]*[a-z0-9])\.[a-z][-a-z0-9]*\.svc\b"
)
ADDRESS = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3}):\d{2,5}(?!\d)")


def _lately(index: CaseIndex, line: str) -> bool:
    """Whether the line is of the last minutes; one without a date counts."""
    at = parsed_moment(line.split(" ", 1)[0])
    return at is None or index.now - at < SAID_LATELY


def calls_from_logs(index: CaseIndex) -> Iterator[tuple[ObjectRef, ObjectRef]]:
    """Workload and the Service that its log names as a host, whether the Service is still there or not."""
    addresses = {
        str(dig(one, "spec.clusterIP")): object_ref(one, "Service")
        for one in index.services
        if dig(one, "spec.clusterIP", "None") != "None"
    }
    for tail in index.snapshot.logs:
        pod = index.get(ObjectRef(kind="Pod", name=tail.pod, namespace=tail.namespace))
        if pod is None or tail.namespace not in index.home:
            continue
        caller = index.workload_of(pod)
        text = "\n".join(line for line in tail.text.splitlines()[-LINES:] if _lately(index, line))
        for name in dict.fromkeys(next(filter(None, found.groups())) for found in HOST.finditer(text)):
            if name != caller.name:
                yield caller, ObjectRef(kind="Service", name=name, namespace=caller.namespace)
        for address in dict.fromkeys(ADDRESS.findall(text)):
            if address in addresses:
                yield caller, addresses[address]
