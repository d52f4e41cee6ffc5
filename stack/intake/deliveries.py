"""What happens to an alert that arrives: it is kept, finds its incident, and the incident gets its one run.

In that order, so that an intake which dies at any line loses nothing: the record has the alert, and the
reconciler finishes what was begun. The run is asked for under the incident's id, so that asking twice starts one.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from blocks.prefect_api import PrefectApi, PrefectRefused
from blocks.record import Record
from outage.errors import StackError
from outage.incidents.alert import Alert
from outage.incidents.incident import Incident, incident_key, incident_place
from outage.incidents.payloads import alert_sentence, alert_title
from outage.incidents.timeline import Entry
from outage.value import Value

RESPONSE = "respond"
"""The deployment that answers an incident."""

YOUNG = timedelta(seconds=3)
"""What is younger than this is still in the hands of the delivery that brought it."""


class Delivered(Value):
    """What became of one alert."""

    incident: str | None
    """None for a resolved alert that nobody asked about."""
    new: bool = False
    flow_run_id: str | None = None


class Intake:
    """Takes alerts in. Safe to use from several threads and several processes at once."""

    def __init__(
        self,
        record: Record,
        api: PrefectApi,
        reopen_within: timedelta,
        platform: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self.record = record
        self.platform = platform  # its namespaces, its own first; empty while no platform file can be read
        self.api = api
        self.reopen_within = reopen_within
        self._deployment: str | None = None

    def deliver(self, alerts: Iterable[Alert], now: datetime) -> list[Delivered]:
        """Take in one delivery; when it returns, every firing alert has an incident with a run.

        Raises:
            RecordError: The record did not take it. Transient: the sender tries again.
            PrefectUnreachable: It is recorded, but the run could not be started yet. Transient.
            StackError: The server does not know the response.
        """
        return [
            self._fires(alert, now) if alert.firing else self._is_resolved(alert, now) for alert in alerts
        ]

    def reconcile(self, now: datetime) -> list[str]:
        """Finish what an intake that died left half done; returns a sentence for each."""
        done = []
        # Incidents first: one alert that cannot be placed must not keep the others' runs from starting.
        for incident in self.record.runless_incidents():
            if incident.opened_at < now - YOUNG:
                self.start(incident)
                done.append(f"incident {incident.id} was recorded without a run: it has one now")
        for alert in self.record.homeless_alerts(received_before=now - YOUNG):
            self._fires(alert, now)
            done.append(f"alert {alert.name} was kept without an incident: it has one now")
        return done

    def start(self, incident: Incident) -> str:
        """Make sure that an incident has its run; the same incident gets the same one."""
        if incident.flow_run_id:
            return incident.flow_run_id
        try:
            run = self._start(incident)
        except PrefectRefused:
            self._deployment = None  # it may have been made anew under another id
            run = self._start(incident)
        self.record.update(incident.id, flow_run_id=run)
        return run

    def _fires(self, alert: Alert, now: datetime) -> Delivered:
        self.record.receive(alert, now)
        platform = self.platform()
        incident, new = self.record.open_incident(
            incident_key(alert, platform),
            alert_title(alert),
            now,
            reopen_within=self.reopen_within,
            alert=alert,
            namespace=incident_place(alert, platform),
        )
        self._attach(incident, alert, now)
        # A closed incident that this alert is the tail of has had its run.
        run = self.start(incident) if incident.closed_at is None else incident.flow_run_id
        return Delivered(incident=incident.id, new=new, flow_run_id=run)

    def _is_resolved(self, alert: Alert, now: datetime) -> Delivered:
        self.record.receive(alert, now)
        incident = self.record.incident_of(alert)
        if incident is None:
            return Delivered(incident=None)
        self._attach(incident, alert, now)
        return Delivered(incident=incident.id, flow_run_id=incident.flow_run_id)

    def _attach(self, incident: Incident, alert: Alert, now: datetime) -> None:
        if self.record.attach_alert(incident.id, alert):
            word = "alert" if alert.firing else "resolved"
            line = Entry(key=f"{word}-{alert.fingerprint}", at=now, kind="alert", says=alert_sentence(alert))
            self.record.add(incident.id, line.model_copy(update={"by": alert.source}))

    def _start(self, incident: Incident) -> str:
        return self.api.start_run(
            self._response(),
            name=f"{incident.id} {incident.title}",
            key=incident.id,
            parameters={"incident_id": incident.id},
            tags=["drill"] if incident.drill else [],
        )

    def _response(self) -> str:
        if self._deployment is None:
            found = self.api.deployments(RESPONSE)
            if not found:
                raise StackError(
                    f"start the response: the Prefect server knows no deployment {RESPONSE};"
                    " `outage status` says what is wrong with the runner"
                )
            self._deployment = str(found[0]["id"])
        return self._deployment
