"""Complaints that are a program's last word: said once or twice, and nothing has been said since.

Who works once an hour cannot complain three times in a minute. One word counts when it tells of what does not go
by itself, and when what the program reads was changed before it was said; a replica that stopped says so once. A login
that was refused once is none of these: a server that starts refuses everybody for a moment.
"""

from datetime import datetime, timedelta

from outage.diagnosis.findings.user_signs import line_moment
from outage.diagnosis.history.change_moments import written_change
from outage.diagnosis.history.failing_path import reads_of
from outage.diagnosis.thresholds import CHANGE_OF_THE_DAY, LAST_WORD, RECENT_CHANGE
from outage.kubernetes.objects import ObjectRef
from outage.snapshots.case_index import CaseIndex
from outage.snapshots.snapshot import LogTail
from outage.text.logs.trouble_kinds import NamedTrouble, TroubleKind, named_trouble
from outage.text.logs.trouble_lines import bare_line, begins_entry
from outage.text.logs.trouble_words import complaint

STAYS = frozenset(
    {
        *(TroubleKind.CERTIFICATE_EXPIRED, TroubleKind.CERTIFICATE_UNTRUSTED, TroubleKind.NO_SPACE),
        *(TroubleKind.SEQUENCE_EXHAUSTED, TroubleKind.PROTOCOL_UNLIKE),
    }
)
"""What is so until somebody changes something: a name, a table or a primary may be there a moment later."""
OF_ITSELF = frozenset({TroubleKind.REPLICATION_STOPPED})
"""What a server says of itself once, and what lasts until a person ends it."""
LINES_READ = 40
"""From the end of a log: the last word with its trace."""


def last_complaint(
    index: CaseIndex, workload: ObjectRef, tail: LogTail, telling: frozenset[TroubleKind]
) -> tuple[str, NamedTrouble] | None:
    """The line with which a container's log ends, when it is a complaint that still holds.

    Args:
        index: The case.
        workload: Whose container it is.
        tail: The log of the container's present life.
        telling: The kinds that count for such a workload.

    Returns:
        The whole line, and what it tells of; None when something else was said after it, or when it was said long ago.
    """
    for line in _last_words(index, tail):
        said, at = named_trouble(bare_line(line)[1]), line_moment(line)
        if said is None or said.kind not in telling or at is None:
            continue
        if said.kind in OF_ITSELF and index.now - at < CHANGE_OF_THE_DAY:
            return line, said
        if said.kind in STAYS and index.now - at < LAST_WORD and _changed_before(index, workload, at):
            return line, said
    return None


def _last_words(index: CaseIndex, tail: LogTail) -> list[str]:
    """The lines of the last complaints, the newest first, without anything that was said after them."""
    speaks = complaint(index.platform.error_patterns)
    found = []
    for line in reversed(tail.text.splitlines()[-LINES_READ:]):
        text = bare_line(line)[1]
        if speaks(text):
            found.append(line)
        elif text and begins_entry(line):
            break
    return found


def _changed_before(index: CaseIndex, workload: ObjectRef, at: datetime) -> bool:
    """Whether the template, or what it reads, was written in the time before."""
    made = [written_change(index, one) for one in (workload, *reads_of(index, workload))]
    return any(one is not None and timedelta() <= at - one.at <= RECENT_CHANGE for one in made)
