"""Many log lines as a few sentences with counts: what is being complained about, how often, since when."""

import re
from collections.abc import Iterable, Sequence

from drain3 import TemplateMiner
from drain3.template_miner_config import TemplateMinerConfig

from outage.redaction import redact
from outage.snapshot import LogTail
from outage.value import Value

TROUBLE = r"error|exception|fatal|panic|timeout|timed out|connection|refused|denied|failed|unavailable|traceback|warn"
STAMP = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))\s+")
MASK = re.compile(
    r"(?P<TIME>\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)"
    r"|(?P<ID>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)"
    r"|(?P<ADDRESS>\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b)"
    r"|(?P<HEX>\b(?:0x)?[0-9a-f]{12,}\b)"
    r"|(?P<NUMBER>(?<![\w.:-])\d+(?:\.\d+)?(?:ms|s|us|µs|m|%|KB|MB)?(?![\w-]))"
)
"""What changes from line to line, by name."""
WILD = "<*>"
OPEN = re.compile(r"<(?:\*|TIME|ID|ADDRESS|HEX|NUMBER)>")
DIGITS = re.compile(r"\d+")
LINE_CHARACTERS = 400
LINES_PER_LOG = 400


Line = tuple[str, str, str]
"""Timestamp, pod, text."""


class Template(Value):
    """One kind of complaint."""

    text: str
    """The line with its changing parts replaced by `<*>`."""
    count: int
    pods: tuple[str, ...]
    first: str = ""
    """Timestamp of the first line, as the kubelet wrote it; empty when the log has none."""
    last: str = ""
    sample: str = ""
    """One line as it stands, redacted."""
    new: bool | None = None
    """Whether nothing like it was known before; None when nobody said what was known."""


def templates(
    logs: Iterable[LogTail], patterns: Sequence[str] = (), known: Iterable[str] | None = None
) -> tuple[Template, ...]:
    """Group the lines that speak of trouble, most frequent first; with `known`, what is new before what is old.

    Args:
        logs: Ends of logs.
        patterns: More words that mean trouble, as regular expressions or plain words.
        known: Texts of the templates of an earlier picture, as `[one.text for one in templates(earlier)]`;
            None when there is none, and then nothing is called new.
    """
    trouble = re.compile("|".join([TROUBLE, *(_usable(one) for one in patterns)]), re.IGNORECASE)
    alike: dict[str, list[Line]] = {}
    for log in logs:
        for stamp, text in _of(log, trouble):
            alike.setdefault(DIGITS.sub("0", text), []).append((stamp, log.pod, text))
    miner = _miner()
    lines: dict[int, list[Line]] = {}
    for same in alike.values():  # each wording once: masking and mining are the dear part
        found_in = miner.add_log_message(masked(same[0][2]))["cluster_id"]
        lines.setdefault(found_in, []).extend(same)
    found = [
        _template(cluster.get_template(), lines[cluster.cluster_id])
        for cluster in miner.drain.clusters
        if cluster.cluster_id in lines
    ]
    if known is not None:
        shapes = [_words(one) for one in known]
        found = [one.model_copy(update={"new": not _known(one, shapes)}) for one in found]
    return tuple(sorted(found, key=lambda one: (not one.new, -one.count, one.text)))


def _known(one: Template, shapes: Sequence[tuple[str, ...]]) -> bool:
    """Whether it is of the shape of a known one.

    Not compared letter by letter: which words a template leaves open depends on the lines it was made from, so a
    place that is open in either fits every word.
    """
    own = _words(one.text)
    return any(
        len(own) == len(shape) and all(a == b or WILD in (a, b) for a, b in zip(own, shape, strict=True))
        for shape in shapes
    )


def _words(text: str) -> tuple[str, ...]:
    """The words of a template, those that change left open; numbers weigh no more than they do in grouping."""
    return tuple(WILD if OPEN.search(word) else DIGITS.sub("0", word) for word in text.split())


def masked(text: str) -> str:
    """The line with its changing parts replaced by their names."""
    return MASK.sub(lambda found: f"<{found.lastgroup}>", text)


def _usable(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error:
        return re.escape(pattern)
    return f"(?:{pattern})"


def _of(log: LogTail, trouble: re.Pattern[str]) -> Iterable[tuple[str, str]]:
    for line in log.text.splitlines()[-LINES_PER_LOG:]:
        stamp = STAMP.match(line)
        text = line[stamp.end() if stamp else 0 :][:LINE_CHARACTERS].strip()
        if text and trouble.search(text):
            yield (stamp[1] if stamp else ""), text


def _template(text: str, lines: list[Line]) -> Template:
    stamps = sorted(stamp for stamp, _, _ in lines if stamp)
    return Template(
        text=redact(text),
        count=len(lines),
        pods=tuple(sorted({pod for _, pod, _ in lines})),
        first=stamps[0] if stamps else "",
        last=stamps[-1] if stamps else "",
        sample=redact(lines[-1][2]),
    )


def _miner() -> TemplateMiner:
    config = TemplateMinerConfig()
    config.profiling_enabled = False
    config.drain_max_clusters = 200
    return TemplateMiner(config=config)


def told(found: Sequence[Template], at_most: int = 15) -> str:
    """The templates as lines for a responder."""
    rows = [_row(one) for one in found[:at_most]]
    more = [f"… and {len(found) - at_most} more kinds"] if len(found) > at_most else []
    return "\n".join(rows + more) or "no line speaks of trouble"


def _row(one: Template) -> str:
    pods = ", ".join(one.pods[:3]) + ("…" if len(one.pods) > 3 else "")
    span = f", {one.first[:19]} to {one.last[:19]}" if one.first else ""
    return f"{'NEW ' if one.new else ''}×{one.count}  {one.text}  ({pods}{span})"
