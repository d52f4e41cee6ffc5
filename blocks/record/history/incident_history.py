"""Past incidents with their times, as a page or a statistic wants them: one statement for many incidents."""

from blocks.record.record_pool import RecordPool, Row
from outage.incidents.incident import Incident
from outage.reports.past_incidents import DrillChoice, HistoryFilter, PastIncident

HEAD = ", ".join(f"i.{name}" for name in Incident.model_fields)
CAUSE = "(select p.cause from outage.phase p where p.incident = i.id and p.key = 'investigate-1')"
BEGAN = (
    "coalesce((select (d.result ->> 'broken_at')::timestamptz from outage.drill d where d.fault = i.drill"
    " and d.announced_at <= i.opened_at and d.result ->> 'broken_at' is not null"
    " order by d.announced_at desc limit 1),"
    " (select min((a.body ->> 'starts_at')::timestamptz) from outage.member m"
    " join outage.alert a using (fingerprint, firing) where m.incident = i.id and m.firing))"
)
ACKNOWLEDGED = (
    "least((select min(act.at) from outage.person_act act where act.incident = i.id"
    " and act.kind in ('acknowledged', 'handed-to')),"
    " (select min(said.at) from outage.approval said where said.incident = i.id"
    " and said.by not in ('policy', 'silence')))"
)


class IncidentHistory(RecordPool):
    """The incidents of a record, looked back at."""

    def past_incidents(self, wanted: HistoryFilter, limit: int = 100) -> list[PastIncident]:
        """Incidents that fit a filter, open ones too, newest first.

        Args:
            wanted: What is looked for.
            limit: Most of them.
        """
        pattern = f"%{_literal(wanted.text)}%" if wanted.text else None
        drills = None if wanted.drills is DrillChoice.BOTH else wanted.drills is DrillChoice.DRILLS
        found = self.rows(
            "read the history",
            f"select {HEAD}, {CAUSE} as cause, {BEGAN} as began_at, {ACKNOWLEDGED} as acknowledged_at"
            " from outage.incident i where (%s::text is null or i.platform = %s)"
            " and (%s::text is null or i.severity = %s) and (%s::text is null or i.ending = %s)"
            " and (%s::boolean is null or (i.drill is not null) = %s)"
            " and (%s::text is null or i.title ilike %s or i.says ilike %s or i.id ilike %s)"
            " and (%s::timestamptz is null or i.opened_at < %s) order by i.opened_at desc, i.id limit %s",
            *[wanted.platform or None] * 2,
            *[wanted.severity] * 2,
            *[wanted.ending] * 2,
            *[drills] * 2,
            *[pattern] * 4,
            *[wanted.before] * 2,
            limit,
        )
        return [_past(row) for row in found]

    def known_platforms(self) -> list[str]:
        """The platforms that ever had an incident, by name."""
        found = self.rows(
            "read which platforms had incidents",
            "select distinct platform from outage.incident where platform <> '' order by platform",
        )
        return [str(row["platform"]) for row in found]


def _past(row: Row) -> PastIncident:
    times = {name: row.pop(name) for name in ("began_at", "acknowledged_at")}
    return PastIncident(cause=row.pop("cause") or "", incident=Incident.model_validate(row), **times)


def _literal(text: str) -> str:
    """Text in which nothing is a wildcard of `like`."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("\x00", "")
