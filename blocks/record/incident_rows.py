"""Incidents: at most one open per key, and the rule that says which alert opens a new one."""

from datetime import datetime, timedelta
from typing import Any

from blocks.record.record_pool import Connection, RecordPool, Row, advisory_lock
from outage.errors import RecordError, UnknownIncident
from outage.incidents.alert import Alert
from outage.incidents.incident import Incident, incident_id
from outage.incidents.joining import PracticeWindow, joins_incident
from outage.incidents.payloads import requester_name

COLUMNS = ", ".join(Incident.model_fields)

CHANGEABLE = frozenset(Incident.model_fields) - {"id", "key", "opened_at"}


class IncidentRows(RecordPool):
    """The heads of the record."""

    def open_incident(
        self,
        key: str,
        title: str,
        at: datetime,
        drill: str | None = None,
        reopen_within: timedelta = timedelta(0),
        *,
        alert: Alert | None = None,
        namespace: str = "",
    ) -> tuple[Incident, bool]:
        """Find the incident that an alert belongs to, or open one.

        Args:
            key: What makes two alerts the same incident.
            title: For the new incident.
            at: Now, aware UTC.
            drill: Name of the fault when it is known to be practice; else an announced drill is looked up.
            reopen_within: An alert that begins this soon after an incident was closed still belongs to it.
            alert: The alert itself; without one (a person asks) only an open incident is joined.
            namespace: Where an announced drill is looked for; the alert's by default.

        Returns:
            The incident, and whether it is new.
        """
        namespace = namespace or (alert.namespace if alert else "")
        with self.transaction(f"open an incident for {title}") as connection:
            advisory_lock(connection, "incident", key)
            practice = _practice(connection, namespace, at)
            last = connection.execute(
                f"select {COLUMNS} from outage.incident where key = %s"
                " order by closed_at is null desc, opened_at desc limit 1",
                (key,),
            ).fetchone()
            if last is not None:
                former = _incident(last)
                member = alert is not None and _is_member(connection, former.id, alert)
                if joins_incident(
                    alert, former, member=member, at=at, within=reopen_within, practice=practice
                ):
                    return former, False
            fault = drill or (practice.fault if practice else None)
            new = Incident(id=incident_id(key, at), key=key, title=title, opened_at=at, drill=fault)
            return _insert(connection, new.model_copy(update={"requester": requester_name(alert)})), True

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

    def incidents(self, limit: int = 50, open_only: bool = False) -> list[Incident]:
        """Incidents, newest first."""
        found = self.rows(
            "list incidents",
            f"select {COLUMNS} from outage.incident where closed_at is null or not %s"
            " order by opened_at desc, id limit %s",
            open_only,
            limit,
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


def _is_member(connection: Connection, incident_id: str, alert: Alert) -> bool:
    found = connection.execute(
        "select from outage.member where incident = %s and fingerprint = %s",
        (incident_id, alert.fingerprint),
    )
    return found.fetchone() is not None


def _practice(connection: Connection, namespace: str, at: datetime) -> PracticeWindow | None:
    row = connection.execute(
        "select fault, announced_at from outage.drill where namespace = %s and announced_at <= %s"
        " and until > %s and ended_at is null order by announced_at desc limit 1",
        (namespace, at, at),
    ).fetchone()
    return PracticeWindow(fault=row["fault"], announced_at=row["announced_at"]) if row else None


def _insert(connection: Connection, new: Incident) -> Incident:
    written = new.model_dump()
    places = ", ".join(["%s"] * len(written))
    connection.execute(
        f"insert into outage.incident ({', '.join(written)}) values ({places})",
        list(written.values()),
    )
    return new
