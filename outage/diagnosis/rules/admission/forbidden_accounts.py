"""What logs say that accounts of the platform may not do.

Promise: nobody is blamed for what was forbidden before already; some programs always ask for more than they may.
"""

import re
from datetime import datetime

from outage.diagnosis.findings.user_signs import line_moment
from outage.snapshots.case_index import CaseIndex

FORBIDDEN = re.compile(
    r'is forbidden: User \\*"system:serviceaccount:([^:"]+):([^"\\]+)\\*" cannot (\w+) resource \\*"([^"\\]+)'
)


def forbidden_accounts(index: CaseIndex) -> list[str]:
    """What the logs say that an account may not do."""
    logs = [line for tail in index.snapshot.logs for line in tail.text.splitlines()[-400:]]
    return [line[:300] for line in logs if FORBIDDEN.search(line)]


def forbidden_since(said: list[str], at: datetime | None) -> list[str]:
    """What was not forbidden before that moment already."""
    old = {_refusal(line) for line in said if at and (when := line_moment(line)) and when < at}
    return [line for line in said if _refusal(line) not in old]


def _refusal(line: str) -> tuple[str, ...]:
    found = FORBIDDEN.search(line)
    return found.groups() if found else ()
