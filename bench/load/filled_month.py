"""A record as a month of two thousand outages a day leaves it: real diagnoses of recorded pictures, copied in SQL."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from bench.specimen_files import baseline_of, read_specimen
from blocks.record import Record
from blocks.record.record_pool import Connection
from outage.diagnosis import diagnose
from outage.diagnosis.hypothesis import Diagnosis
from outage.incidents.alert import Alert
from outage.incidents.incident import Ending, Incident, Phase
from outage.incidents.phase_key import TRIAGED, investigated
from outage.incidents.timeline import Entry, EntryKind
from outage.people.message_routing import MessageRoute
from outage.people.outbox_message import MessageBody, MessageKind
from outage.plans.planning import plan_for
from outage.platforms.platform import Platform
from outage.platforms.platform_file import load_platform
from outage.snapshots.baseline import Baseline
from outage.snapshots.case import Case

HOUSE = Path(__file__).resolve().parents[2]
SPECIMENS, PLATFORM = HOUSE / "tests/specimens", HOUSE / "practice/platform.yaml"
KINDS = 12
"""Different outages that are copied."""
LINES = 28
"""Of a timeline: what a healed drill of the practice ground has."""
COPIED = ("incident", "alert", "member", "entry", "phase", "plan", "approval", "outbox")
"""Tables, each after those that it refers to."""
SECOND = timedelta(seconds=1)


def fill_month(record: Record, closed: int, still_open: int, days: float, now: datetime) -> list[str]:
    """Fill an empty record.

    Args:
        record: Which.
        closed: Incidents that ended, spread evenly over the days.
        still_open: Incidents whose plans wait for an answer.
        days: How far back it reaches.
        now: Its end.

    Returns:
        Ids of incidents that are open, and of as many that ended.
    """
    originals = [told_incident(record, number, seen, now) for number, seen in enumerate(seen_outages(KINDS))]
    with record.transaction("copy incidents") as connection:
        connection.execute(
            "create temp table copied (original text, copy text, back interval, open boolean) on commit drop"
        )
        for is_open, count, back in (
            (False, closed, timedelta(days=days)),
            (True, still_open, timedelta(hours=1)),
        ):
            connection.execute(
                "insert into copied select (%s::text[])[1 + n %% %s], %s || n, n * %s, %s"
                " from generate_series(1, %s) n",
                (
                    [one.id for one in originals],
                    KINDS,
                    f"inc-{is_open}-",
                    back / max(count, 1),
                    is_open,
                    count,
                ),
            )
        for table in COPIED:
            copy_rows(connection, table)
        connection.execute(
            "update outage.incident set closed_at = null, ending = null, phase = %s where id in"
            " (select copy from copied where open)",
            (Phase.AWAITING_APPROVAL,),
        )
    with record.transaction("know how much there is") as connection:
        connection.execute("analyze")
    return [f"inc-{is_open}-{number}" for is_open in (True, False) for number in range(1, still_open + 1)]


def seen_outages(count: int) -> Iterator[Diagnosis]:
    """What the program says of so many recorded pictures that have a repair."""
    pictures = {path.name.removesuffix(".json.gz"): path for path in sorted(SPECIMENS.rglob("*.json.gz"))}
    platform, well = load_platform(PLATFORM), baseline_of(read_specimen(pictures["healthy"]))
    repaired = (seen for path in pictures.values() if (seen := _diagnosed(path, platform, well)))
    return islice(repaired, count)


def _diagnosed(path: Path, platform: Platform, well: Baseline) -> Diagnosis | None:
    seen = diagnose(Case(snapshot=read_specimen(path), platform=platform, baseline=well))
    return seen if seen.hypotheses and seen.hypotheses[0].repair else None


def told_incident(record: Record, number: int, seen: Diagnosis, now: datetime) -> Incident:
    """One outage from its alert to its end, with its diagnosis twice, its plan, its timeline and its messages."""
    alert = Alert(name="ServiceDown", labels={"n": str(number)}, starts_at=now - 20 * SECOND)
    record.receive(alert, now)
    opened = record.open_incident(f"month-{number}", seen.hypotheses[0].says, now, alert=alert).incident
    record.attach_alert(opened.id, alert)
    for key in (TRIAGED, investigated(1)):
        record.keep_phase(opened.id, key, seen, now)
    record.keep_plan(plan_for(seen.hypotheses[0], opened, 1, {}, now))
    for line in range(LINES):
        entry = Entry(
            key=f"line/{line}", at=now + line * SECOND, kind=EntryKind.NOTE, says="as told " * 9, by="outage"
        )
        record.add(opened.id, entry)
    body = MessageBody(title=opened.title, text=seen.hypotheses[0].says)
    for what in (MessageKind.ALERT, MessageKind.RESOLVED):
        record.ask_message(opened.id, what, [MessageRoute(channel="chat")], body, now)
    record.rows(
        "settle", "update outage.outbox set state = 'receipt', settled_at = asked_at returning channel"
    )
    ended = {"phase": Phase.CLOSED, "ending": Ending.RECOVERED, "closed_at": now + 90 * SECOND}
    return record.update(opened.id, platform="shop", severity=seen.assessment.severity, **ended)


def copy_rows(connection: Connection, table: str) -> None:
    """Copy the rows of one table for every copied incident, with its id, and its times as far back."""
    columns = connection.execute(
        "select column_name as name, data_type as type from information_schema.columns"
        " where table_schema = 'outage' and table_name = %s and is_identity = 'NO'"
        " and is_generated = 'NEVER' order by ordinal_position",
        (table,),
    ).fetchall()
    names = ", ".join(one["name"] for one in columns)
    values = ", ".join(_copied_value(table, one["name"], one["type"]) for one in columns)
    whose = {
        "incident": "outage.incident t join copied c on c.original = t.id",
        "alert": "copied c join outage.member m on m.incident = c.original"
        " join outage.alert t using (fingerprint, firing)",
    }.get(table, f"outage.{table} t join copied c on c.original = t.incident")
    connection.execute(f"insert into outage.{table} ({names}) select {values} from {whose}")


def _copied_value(table: str, name: str, kind: str) -> str:
    if name == "incident" or (table == "incident" and name in ("id", "key")):
        return "c.copy"
    if name == "fingerprint":
        return "md5(c.copy || t.fingerprint)"
    return f"t.{name} - c.back" if kind == "timestamp with time zone" else f"t.{name}"
