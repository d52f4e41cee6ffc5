"""What happens to an alert that arrives: it is kept, finds its incident, and the incident gets its one run.

In that order, so that an intake which dies at any line loses nothing: the record has the alert, and the
reconciler finishes what was begun. The run is asked for under the incident's id, so that asking twice starts one.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from blocks.prefect_api import PrefectApi, PrefectRefused
from blocks.record import Record
from blocks.record.incident_rows import PlacedAlert
from outage.diagnosis.resolution_action import ResolutionAction
from outage.errors import MalformedAlert, StackError, cut
from outage.incidents.alert import PERSON, Alert
from outage.incidents.alert_subject import alert_subject, dependencies
from outage.incidents.alert_trace import AlertTrace, compared_times, trace_id
from outage.incidents.incident import Incident, run_name, run_tags
from outage.incidents.joining import Arrival
from outage.incidents.payloads import alert_sentence, alert_title
from outage.incidents.routing import Route, RouteRule, route_alert
from outage.incidents.severity_words import severity_floor
from outage.incidents.timeline import Entry, EntryKind
from outage.people.watchdog import WATCHDOGS
from outage.platforms.platform import Platform
from outage.platforms.platform_registry import PlatformRegistry
from outage.policies.policy import Policy
from outage.value import Value
from stack.intake.abandoned_drills import TAKE_BACK, AbandonedDrills
from stack.intake.not_mine import turn_away
from stack.runs.deployments import pool_deployment

RESPONSE = "respond"
"""The deployment that answers an incident."""

YOUNG = timedelta(seconds=3)
"""What is younger than this is still in the hands of the delivery that brought it."""

EACH_SAID = 3
"""Alerts of an incident that have a line each; after them the crowd is counted, at ever larger numbers."""


ACTION = "action"
"""Annotation of a person's report that an `act` makes: what was chosen."""


def read_action(alert: Alert) -> ResolutionAction | None:
    """The action that a person's report is opened for; None where there is none.

    Raises:
        MalformedAlert: It is none. Permanent.
    """
    text = alert.annotations.get(ACTION) if alert.source == PERSON else ""
    try:
        return ResolutionAction.model_validate_json(text) if text else None
    except ValueError as error:
        raise MalformedAlert(f"read the report: action: {cut(str(error))}") from error


class Delivered(Value):
    """What became of one alert."""

    incident: str | None
    """None for a heartbeat, and for a resolved alert that nobody asked about."""
    new: bool = False
    flow_run_id: str | None = None
    trace: str = ""
    """What `outage explain` tells the way of this alert by."""
    says: str = ""
    """The rule and the decision in one sentence."""


class Intake:
    """Takes alerts in. Safe to use from several threads and several processes at once."""

    def __init__(
        self,
        record: Record,
        api: PrefectApi,
        reopen_within: timedelta,
        registry: Callable[[], PlatformRegistry] = PlatformRegistry,
        policy_of: Callable[[Platform | None], Policy] = lambda _: Policy(),
    ) -> None:
        self.record = record
        self.registry = registry
        self.policy_of = policy_of
        self.api = api
        self.reopen_within = reopen_within
        self._deployments: dict[str, str] = {}
        self.abandoned = AbandonedDrills(record, self._take_back_drill)

    def deliver(self, alerts: Iterable[Alert], now: datetime, token_cluster: str = "") -> list[Delivered]:
        """Take in one delivery; when it returns, every firing alert has an incident with a run or an ending.

        Args:
            alerts: As they came; what others lean on is placed before what leans on it.
            now: Aware UTC.
            token_cluster: The cluster whose word the sender knew; empty for everybody's.

        Raises:
            RecordError: The record did not take it. Transient: the sender tries again.
            PrefectUnreachable: It is recorded, but the run could not be started yet. Transient.
            StackError: The server does not know the response.
        """
        registry = self.registry()
        routed = [(alert, route_alert(alert, registry, token_cluster)) for alert in alerts]
        done: dict[int, Delivered] = {}
        for number in sorted(range(len(routed)), key=lambda at: self._depth(*routed[at], registry)):
            alert, route = routed[number]
            done[number] = (
                self._fires(alert, route, now, registry)
                if alert.firing
                else self._is_resolved(alert, route, now)
            )
        return [done[number] for number in range(len(routed))]

    def reconcile(self, now: datetime) -> list[str]:
        """Finish what an intake that died left half done; returns a sentence for each."""
        done = []
        # Incidents first: one alert that cannot be placed must not keep the others' runs from starting.
        for incident in self.record.runless_incidents():
            if incident.opened_at >= now - YOUNG:
                continue
            if incident.rule == RouteRule.OTHER_CLUSTER:
                self._turned_away(incident, "no platform file names its cluster", now)
                done.append(f"incident {incident.id} is another cluster's: it is over now")
            else:
                self.start(incident)
                done.append(f"incident {incident.id} was recorded without a run: it has one now")
        registry = self.registry()
        for alert in self.record.homeless_alerts(received_before=now - YOUNG):
            self._fires(alert, route_alert(alert, registry), now, registry)
            done.append(f"alert {alert.name} was kept without an incident: it has one now")
        return done

    def start(self, incident: Incident) -> str:
        """Make sure that an incident has its run; the same incident gets the same one."""
        if incident.flow_run_id:
            return incident.flow_run_id
        try:
            run = self._start(incident)
        except PrefectRefused:
            self._deployments.clear()  # it may have been made anew under another id
            run = self._start(incident)
        self.record.update(incident.id, flow_run_id=run)
        return run

    def _take_back_drill(self, drill_id: str, key: str) -> None:
        """Start the run that puts back what a dead drill broke."""
        known = self.api.deployments(TAKE_BACK)
        if not known:
            raise StackError(f"take back {drill_id}: the server knows no deployment {TAKE_BACK}")
        self.api.start_run(
            known[0]["id"], name=key, key=key, parameters={"drill_id": drill_id}, tags=["outage", "drill"]
        )

    def _depth(self, alert: Alert, route: Route, registry: PlatformRegistry) -> int:
        """How much its service leans on: a cause is placed before what it breaks, however the sender orders them."""
        platform = registry.named(route.platform)
        subject = alert_subject(alert, platform.services) if platform else ""
        return len(dependencies(platform).get(subject, ()))

    def _fires(self, alert: Alert, route: Route, now: datetime, registry: PlatformRegistry) -> Delivered:
        action = read_action(alert)
        platform = registry.named(route.platform)
        policy = self.policy_of(platform)
        floor = severity_floor(alert.labels, policy.severity_words)
        alert = alert.model_copy(update={"floor": floor.severity})
        self.record.receive(alert, now)
        trace = AlertTrace(
            id=trace_id(alert),
            at=now,
            alert=alert.name,
            firing=True,
            route=route,
            window=compared_times(alert, now, self.reopen_within.total_seconds()),
            severity=floor.says,
        )
        if route.rule is RouteRule.HEARTBEAT:
            if alert.name in WATCHDOGS:
                self.record.hear_watchdog(route.cluster, now)
            return self._traced(trace)
        placed = self.record.place_alert(
            self._arrival(alert, platform, policy, now), route, alert_title(alert)
        )
        if placed.new and action:
            self.record.choose_action(placed.incident.id, action)  # before its run can look for it
        self._note(placed, trace, alert, now)
        incident = self._begun(placed.incident, route, now)
        found = trace.model_copy(update={"decision": placed.decision, "incident": incident.id})
        return self._traced(found, incident, placed.new)

    def _arrival(self, alert: Alert, platform: Platform | None, policy: Policy, now: datetime) -> Arrival:
        services = platform.services if platform else ()
        return Arrival(
            alert=alert,
            subject=alert_subject(alert, services) if platform else "",
            leans_on=dependencies(platform),
            workloads={one.workload: one.name for one in services},
            at=now,
            tail_within=self.reopen_within,
            storm_from=policy.limits.storm_causes,
        )

    def _begun(self, incident: Incident, route: Route, now: datetime) -> Incident:
        """The incident with its run; another cluster's is over at once, and a closed one has had its run."""
        if incident.closed_at is not None:
            return incident
        if route.rule is RouteRule.OTHER_CLUSTER:
            return self._turned_away(incident, route.because, now)
        return incident.model_copy(update={"flow_run_id": self.start(incident)})

    def _turned_away(self, incident: Incident, because: str, now: datetime) -> Incident:
        """Close what is another cluster's, and tell the people of the settings' own policy."""
        return turn_away(self.record, incident, because, self.policy_of(None), now)

    def _is_resolved(self, alert: Alert, route: Route, now: datetime) -> Delivered:
        self.record.receive(alert, now)
        incident = self.record.incident_of(alert)
        window = compared_times(alert, now, self.reopen_within.total_seconds())
        trace = AlertTrace(
            id=trace_id(alert), at=now, alert=alert.name, firing=False, route=route, window=window
        )
        if incident is None:
            return self._traced(trace)
        self._note_end(incident, alert, now)
        return self._traced(trace.model_copy(update={"incident": incident.id}), incident)

    def _traced(self, trace: AlertTrace, incident: Incident | None = None, new: bool = False) -> Delivered:
        self.record.keep_trace(trace)
        decided = trace.decision.says if trace.decision else "nothing is opened by it"
        return Delivered(
            incident=incident.id if incident else None,
            new=new,
            flow_run_id=incident.flow_run_id if incident else None,
            trace=trace.id,
            says="; ".join(filter(None, [trace.route.because, decided, trace.severity])),
        )

    def _note(self, placed: PlacedAlert, trace: AlertTrace, alert: Alert, now: datetime) -> None:
        """Put an alert on the timeline, with why it is there; a crowd is counted instead of listed."""
        incident = placed.incident
        if placed.first:
            why = "" if placed.new else f" ({placed.decision.reason})"
            says = f"{alert_sentence(alert)}{why}"
            self._line(incident, f"alert-{alert.fingerprint}", says, alert, now)
        if placed.new and not trace.route.answered and self.registry().platforms:
            self._line(incident, "route", f"no platform answers it: {trace.route.because}", alert, now)
        if trace.severity and alert.labels.get("severity"):
            self._line(incident, f"severity-word/{alert.labels['severity']}", trace.severity, alert, now)
        if alert.source == PERSON and not placed.new:
            says = f"the report of {alert.annotations.get('by') or 'somebody'} {placed.decision.says}"
            self._line(incident, f"report-{alert.fingerprint}", says, alert, now)
        if over := self.record.resolve_of(alert):
            self._note_end(incident, over, now)  # it was told before its own beginning

    def _note_end(self, incident: Incident, alert: Alert, now: datetime) -> None:
        if self.record.attach_alert(incident.id, alert):
            self._line(incident, f"resolved-{alert.fingerprint}", alert_sentence(alert), alert, now)

    def _line(self, incident: Incident, key: str, says: str, alert: Alert, now: datetime) -> None:
        """One line; of many alerts the first have one each, and the rest one at each doubling of their number."""
        if not key.startswith(("alert-", "resolved-")) or alert.source == PERSON:
            self.record.add(
                incident.id, Entry(key=key, at=now, kind=EntryKind.ALERT, says=says, by=alert.source)
            )
            return
        count = self.record.count_alerts(incident.id, firing=alert.firing)
        if count <= EACH_SAID:
            self.record.add(
                incident.id, Entry(key=key, at=now, kind=EntryKind.ALERT, says=says, by=alert.source)
            )
        elif count % 5 == 0 and (count // 5).bit_count() == 1:
            word = "have fired" if alert.firing else "are resolved"
            crowd = f"{count} alerts {word} by now, the last: {says}"
            key = f"alerts/{alert.firing}/{count}"
            self.record.add(
                incident.id, Entry(key=key, at=now, kind=EntryKind.ALERT, says=crowd, by=alert.source)
            )

    def _start(self, incident: Incident) -> str:
        return self.api.start_run(
            self._response(incident),
            name=run_name(incident),
            key=incident.id,
            parameters={"incident_id": incident.id},
            tags=run_tags(incident),
        )

    def _response(self, incident: Incident) -> str:
        platform = self.registry().named(incident.platform or "")
        name = pool_deployment(RESPONSE, platform.pool if platform else "")
        if name not in self._deployments:
            found = self.api.deployments(name)
            if not found:
                raise StackError(
                    f"start the response: the Prefect server knows no deployment {name};"
                    " `outage status` says what is wrong with the runner"
                )
            self._deployments[name] = str(found[0]["id"])
        return self._deployments[name]
