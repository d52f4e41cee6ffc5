"""Incidents: at most one open per key, and the rule that says which alert opens a new one."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any, NamedTuple

from blocks.record.received_alerts import add_member
from blocks.record.record_pool import Connection, RecordPool, Row, advisory_lock
from outage.errors import RecordError, UnknownIncident
from outage.incidents.alert import Alert
from outage.incidents.drill_notice import Drill
from outage.incidents.incident import Incident, incident_id, incident_key, incident_scope
from outage.incidents.joining import Arrival, Candidate, JoinDecision, JoinReason, decide_joining
from outage.incidents.payloads import requester_name
from outage.incidents.routing import Route

COLUMNS = ", ".join(Incident.model_fields)

CHANGEABLE = frozenset(Incident.model_fields) - {"id", "key", "opened_at"}

REMEMBERED = timedelta(days=1)
"""How long after its close an incident may still have a tail."""


class OpenedIncident(NamedTuple):
    """An incident, and whether it is new."""

    incident: Incident
    new: bool


class PlacedAlert(NamedTuple):
    """Where an alert was put."""

    incident: Incident
    new: bool
    """Whether it opened the incident."""
    first: bool
    """Whether it was no member before."""
    decision: JoinDecision


class IncidentRows(RecordPool):
    """The heads of the record."""

    def open_incident(
        self, key: str, title: str, at: datetime, drill: str | None = None, *, alert: Alert | None = None
    ) -> OpenedIncident:
        """Find the open incident of a key, or open one; `place_alert` decides by what is down instead.

        Args:
            key: What makes two outages the same incident.
            title: For the new incident.
            at: Now, aware UTC.
            drill: Name of the fault when it is practice.
            alert: What it is about.
        """
        with self.transaction(f"open an incident for {title}") as connection:
            advisory_lock(connection, "incident", key)
            last = connection.execute(
                f"select {COLUMNS} from outage.incident where key = %s and closed_at is null", (key,)
            ).fetchone()
            if last is not None:
                return OpenedIncident(_incident(last), False)
            new = Incident(
                id=incident_id(key, at), key=key, scope=key, title=title, opened_at=at, drill=drill
            )
            new = new.model_copy(update={"requester": requester_name(alert)})
            return OpenedIncident(_insert(connection, new), True)

    def place_alert(self, arrival: Arrival, route: Route, title: str) -> PlacedAlert:
        """Find the incident that a received alert belongs to, or open one, and make it a member; all in one.

        Args:
            arrival: The alert, and what is known of its platform.
            route: Where it was sent.
            title: For the new incident.
        """
        alert, scope = arrival.alert, incident_scope(route, arrival.alert)
        with self.transaction(f"find the incident of {alert.name}") as connection:
            advisory_lock(connection, "incident", scope)
            decision = decide_joining(arrival, _candidates(connection, scope, arrival))
            if decision.incident:
                incident, new = _known(connection, decision.incident), False
            else:
                drill = _practice(connection, route.namespace or alert.namespace, arrival)
                named = "storm" if decision.reason is JoinReason.STORM_OPENED else arrival.subject
                key = incident_key(scope, named)
                incident, new = (
                    _insert(connection, _drafted(connection, arrival, route, scope, key, title, drill)),
                    True,
                )
            first = add_member(connection, incident.id, alert, arrival.subject, decision.reason)
            return PlacedAlert(incident, new, first, decision)

    def incident(self, incident_id: str) -> Incident:
        """One incident.

        Raises:
            UnknownIncident: There is none of that id. Permanent.
        """
        row = self.row(
            f"read incident {incident_id}",
            f"select {COLUMNS} from outage.incident where id = %s",
            incident_id,
        )
        if row is None:
            raise UnknownIncident(f"read incident {incident_id}: the record knows no incident of that id")
        return _incident(row)

    def incident_of(self, alert: Alert) -> Incident | None:
        """The newest incident that this episode of the alert belongs to, or None."""
        columns = ", ".join(f"i.{name}" for name in Incident.model_fields)
        row = self.row(
            f"find the incident of alert {alert.name}",
            f"select {columns} from outage.member m join outage.incident i on i.id = m.incident"
            " where m.fingerprint = %s order by i.opened_at desc limit 1",
            alert.fingerprint,
        )
        return _incident(row) if row else None

    def incidents(self, limit: int = 50) -> list[Incident]:
        """The newest incidents, newest first; what is open, however much of it, are `open_incidents`."""
        found = self.rows(
            "list incidents",
            f"select {COLUMNS} from outage.incident order by opened_at desc, id limit %s",
            limit,
        )
        return [_incident(row) for row in found]

    def incidents_of_drill(self, drill: Drill) -> list[Incident]:
        """What was opened while a fault was practised, oldest first: two faults may be two incidents."""
        found = self.rows(
            f"list incidents of {drill.id}",
            f"select {COLUMNS} from outage.incident where drill = %s and opened_at >= %s"
            " and namespace in (%s, '') order by opened_at, id",
            drill.fault,
            drill.announced_at,
            drill.namespace,
        )
        return [_incident(row) for row in found]

    def update(self, incident_id: str, **fields: Any) -> Incident:
        """Write some fields of an incident; returns it as it now stands.

        Raises:
            UnknownIncident: There is none of that id. Permanent.
            RecordError: A field cannot be changed.
        """
        wrong = set(fields) - CHANGEABLE
        if wrong or not fields:
            raise RecordError(
                f"update incident {incident_id}: {sorted(wrong) or 'nothing'} cannot be changed"
            )
        row = self.row(
            f"update incident {incident_id}",
            f"update outage.incident set {', '.join(f'{name} = %s' for name in fields)}"
            f" where id = %s returning {COLUMNS}",
            *fields.values(),
            incident_id,
        )
        if row is None:
            raise UnknownIncident(f"update incident {incident_id}: the record knows no incident of that id")
        return _incident(row)

    def runless_incidents(self) -> list[Incident]:
        """Open incidents that were recorded but never got a run: the intake died in between."""
        found = self.rows(
            "read incidents without a run",
            f"select {COLUMNS} from outage.incident where closed_at is null and flow_run_id is null"
            " order by opened_at",
        )
        return [_incident(row) for row in found]


def _incident(row: Row) -> Incident:
    return Incident.model_validate(row)


def _practice(connection: Connection, namespace: str, arrival: Arrival) -> str | None:
    """The fault that is practised just now and whose outage this can be; a real outage beside a drill is real."""
    row = connection.execute(
        "select fault, about from outage.drill where namespace = %s and announced_at <= %s"
        " and until > %s and ended_at is null order by announced_at desc limit 1",
        (namespace, arrival.at, arrival.at),
    ).fetchone()
    if row is None:
        return None
    about = set(filter(None, row["about"].split(",")))
    subject, leans_on = arrival.subject, arrival.leans_on
    touched = {subject, *leans_on.get(subject, ()), *(one for one in leans_on if subject in leans_on[one])}
    beside = about and subject in leans_on and not about & touched
    return None if beside else str(row["fault"])


def _free_id(connection: Connection, key: str, at: datetime) -> str:
    """An id that no incident has: one of this very alert and moment may have opened and ended already."""
    for turn in count():
        wanted = incident_id(f"{key}/{turn}" if turn else key, at)
        if connection.execute("select from outage.incident where id = %s", (wanted,)).fetchone() is None:
            return wanted
    raise AssertionError("counting does not end")


def _drafted(
    connection: Connection,
    arrival: Arrival,
    route: Route,
    scope: str,
    key: str,
    title: str,
    drill: str | None,
) -> Incident:
    return Incident(
        # With the alert: another one of this place may have opened and ended one in this very moment.
        id=_free_id(connection, f"{key}/{arrival.alert.fingerprint}", arrival.at),
        key=key,
        title=title,
        opened_at=arrival.at,
        severity=arrival.alert.floor,
        drill=drill,
        requester=requester_name(arrival.alert),
        scope=scope,
        platform=route.platform,
        namespace=route.namespace,
        rule=route.rule,
    )


def _known(connection: Connection, incident_id: str) -> Incident:
    row = connection.execute(
        f"select {COLUMNS} from outage.incident where id = %s", (incident_id,)
    ).fetchone()
    if row is None:
        raise UnknownIncident(f"read incident {incident_id}: it was there a moment ago")
    return _incident(row)


def _candidates(connection: Connection, scope: str, arrival: Arrival) -> list[Candidate]:
    """The open incidents of the place, those closed lately, and the one that has this very episode."""
    fingerprint = arrival.alert.fingerprint
    heads = connection.execute(
        f"select {COLUMNS} from outage.incident i where scope = %s and (closed_at is null or closed_at > %s"
        " or exists (select from outage.member m where m.incident = i.id and m.fingerprint = %s))",
        (scope, arrival.at - REMEMBERED, fingerprint),
    ).fetchall()
    known = {row["id"]: _incident(row) for row in heads}
    members = connection.execute(
        "select incident, array_agg(distinct subject) filter (where subject <> '') as subjects,"
        " min(starts_at) as began, bool_or(fingerprint = %s and firing) as member"
        " from outage.member where incident = any(%s) group by incident",
        (fingerprint, list(known)),
    ).fetchall()
    told = {row["incident"]: row for row in members}
    causes = _causes(connection, list(known), arrival)
    return [
        Candidate(
            incident=one,
            subjects=tuple(
                dict.fromkeys([*(told.get(name, {}).get("subjects") or ()), *causes.get(name, ())])
            ),
            began=told.get(name, {}).get("began") or one.opened_at,
            member=bool(told.get(name, {}).get("member")),
            storm=one.key == incident_key(scope, "storm"),
            opened_for_it=one.key == incident_key(scope, arrival.subject),
        )
        for name, one in known.items()
    ]


def _causes(connection: Connection, incidents: list[str], arrival: Arrival) -> dict[str, list[str]]:
    """Incident → the service of the cause that its first investigation put first, where it is one."""
    found = connection.execute(
        "select incident, lower(body #>> '{hypotheses,0,about,kind}') as kind,"
        " body #>> '{hypotheses,0,about,name}' as name"
        " from outage.phase where incident = any(%s) and key = 'investigate-1'",
        (incidents,),
    ).fetchall()
    services = {row["incident"]: arrival.workloads.get(f"{row['kind']}/{row['name']}") for row in found}
    return {incident: [service] for incident, service in services.items() if service}


def _insert(connection: Connection, new: Incident) -> Incident:
    written = new.model_dump()
    places = ", ".join(["%s"] * len(written))
    connection.execute(
        f"insert into outage.incident ({', '.join(written)}) values ({places})",
        list(written.values()),
    )
    return new
