"""Read logs from their beginning up to the end that is kept already: what began before, how often, after which lines.

The last 300 lines of who complains thirty times a second are ten seconds. Nothing is kept but each kind of complaint,
so that the cost is time and bytes alone; both have a limit, and where it was reached is said.
"""

from collections.abc import Callable, Sequence
from functools import partial

from blocks.kubernetes import Cluster
from outage.errors import ClusterRejected
from outage.snapshots.snapshot import LogTail
from outage.text.logs.log_digest import LogDigest
from outage.text.logs.trouble_lines import bare_line
from tasks.observe.collector import Collector
from tasks.observe.logs.collect_logs import KEPT_CHARACTERS, TAIL_WELL

BYTES_OF_ONE = 12 * 1024 * 1024
"""A kubelet keeps 10 MiB of a log in one piece, unless told otherwise."""
BYTES_OF_ALL = 60 * 1024 * 1024
"""Of one investigation; what the calls of the other looks may need is left to them."""
SECONDS_OF_ONE = 3.0
LONG_LOGS = 40


def collect_whole_logs(
    looks: Collector, cluster: Cluster, kept: list[LogTail], patterns: Sequence[str]
) -> list[Callable[[], None]]:
    """One look for each log of which only the end was read; what it finds is added to its entry in `kept`.

    Args:
        looks: Keeps what could not be looked at.
        cluster: The reading door.
        kept: The ends of the logs, the most telling first.
        patterns: More words that mean trouble on this platform.
    """
    wanted = [place for place, tail in enumerate(kept) if _is_end_of_more(tail)][:LONG_LOGS]
    share = min(BYTES_OF_ONE, BYTES_OF_ALL // max(len(wanted), 1))
    return [partial(_read_whole, looks, cluster, kept, place, share, patterns) for place in wanted]


def _read_whole(
    looks: Collector,
    cluster: Cluster,
    kept: list[LogTail],
    place: int,
    limit_bytes: int,
    patterns: Sequence[str],
) -> None:
    tail = kept[place]

    def ask() -> LogTail:
        digest = LogDigest(patterns, until=bare_line(tail.text.partition("\n")[0])[0])
        pieces = cluster.log_from_its_beginning(
            tail.namespace,
            tail.pod,
            tail.container,
            previous=tail.previous,
            limit_bytes=limit_bytes,
            within_seconds=looks.budget.seconds(SECONDS_OF_ONE),
        )
        try:
            for piece in pieces:
                digest.read(piece)
                if digest.over:
                    break
        except ClusterRejected:
            return tail  # it was there a moment ago: the container began anew, and its end is what is known
        kept[place] = tail.model_copy(
            update={
                "earlier": digest.earlier(),
                "begins": digest.begins,
                "gap": "" if digest.over else digest.reached,
            }
        )
        return kept[place]

    previous = " --previous" if tail.previous else ""
    looks.see(
        f"logs/{tail.pod}/{tail.container}{'/previous' if tail.previous else ''}/earlier",
        f"kubectl logs {tail.pod} -c {tail.container} -n {tail.namespace}{previous} | grep -iE 'error|exception|…'",
        ask,
        _told,
    )


def _is_end_of_more(tail: LogTail) -> bool:
    """Whether the log may have begun before what was kept of it."""
    return len(tail.text) >= KEPT_CHARACTERS // 2 or tail.text.count("\n") >= TAIL_WELL - 1


def _told(seen: LogTail) -> str:
    """The first line of each kind with its number, and how far the reading came."""
    rows = [f"×{one.count} since {one.first}" for one in seen.earlier]
    if seen.gap:
        rows.append(
            f"read from {seen.begins} to {seen.gap}: what came between that and the end kept was not read"
        )
    return "\n".join(rows) or f"from {seen.begins or 'its beginning'} on nothing was complained of before"
