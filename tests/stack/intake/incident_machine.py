"""Alerts, reports, answers, deadlines and deaths in any order, through the real intake on a real record.

The cluster, the clock and Prefect's server are models; the response is one as far as it looks, and real where it is
allowed to write: the policy, the answers, the fences and the intents are the program's own.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from outage.incidents.alert import Alert
from outage.incidents.incident import Ending
from outage.incidents.payloads import from_person
from outage.plans.approval import Answer
from outage.policies.policy import Policy
from tasks.watch import tasks as watch
from tests.stack.intake.modelled_house import (
    EDITS,
    MINUTE,
    PEOPLE,
    Freeze,
    freezes,
    labels,
    loss,
    pick,
    several,
)
from tests.stack.intake.modelled_response import ModelledResponse


class IncidentMachine(ModelledResponse):
    """Anything may happen; what must hold is in the invariants and in `teardown`."""

    # What the monitoring and people tell

    @rule(labels=labels, late=st.integers(0, 10), lost=loss)
    def fires(self, labels: dict[str, str], late: int, lost: int | None) -> None:
        """A new alert; it began some minutes ago. When the record is lost in between, the sender repeats it, or not."""
        told = {key: word for key, word in labels.items() if word}
        alert = Alert(name=labels["alertname"], labels=told, starts_at=self.now - late * MINUTE)
        if self._weathered(lost, lambda: self._deliver([alert])) and late % 2:
            self._deliver([alert])

    @rule(service=st.sampled_from(["web", "mail", "db"]), number=st.integers(2, 3))
    def several_fire_at_once(self, service: str, number: int) -> None:
        """Alerts of one service at several intakes in the same moment are one outage."""
        labels = {"namespace": "shop", "service": service, "cluster": "eu"}
        alerts = [Alert(name=f"Down{one}", labels=labels, starts_at=self.now) for one in range(number)]
        self.now += timedelta(milliseconds=1)
        with ThreadPoolExecutor(number) as pool:
            done = list(pool.map(lambda one: self._deliver([one]), alerts))
        assert len({one[0] for one in done}) == 1 or self.server.away

    @precondition(lambda self: self.sent)
    @rule(which=st.lists(pick, min_size=1, max_size=4))
    def repeats(self, which: list[int]) -> None:
        """The sender repeats itself, in any order."""
        self._deliver([self.sent[one % len(self.sent)] for one in which])

    @rule(labels=labels, before=st.booleans())
    def resolves(self, labels: dict[str, str], before: bool) -> None:
        """An alert ends; its end may be told before its beginning."""
        told = {key: word for key, word in labels.items() if word}
        alert = Alert(name=labels["alertname"], labels=told, starts_at=self.now)
        over = alert.model_copy(update={"firing": False})
        self._deliver([over, alert] if before else [alert, over])

    @rule(by=st.sampled_from([*PEOPLE, ""]), service=st.sampled_from(["web", "mail", ""]))
    def reports(self, by: str, service: str) -> None:
        """A person tells of an outage: a run starts, or it joins an open one."""
        self.now += timedelta(milliseconds=1)  # nobody tells of two outages in one moment
        told = {"title": "it is slow", "namespace": "shop", "service": service, "by": by}
        [done] = self._deliver([from_person(told, self.now)])
        assert self.server.away or self.record.incident(done).closed_at is None

    @rule(labels=labels)
    def intake_dies(self, labels: dict[str, str]) -> None:
        """Killed between keeping an alert and opening its incident."""
        told = {key: word for key, word in labels.items() if word}
        self.record.receive(Alert(name=labels["alertname"], labels=told, starts_at=self.now), self.now)

    @rule(lost=loss)
    def reconciles(self, lost: int | None) -> None:
        """The next intake finishes what was begun."""
        if not self.server.away:
            self._weathered(lost, lambda: self.intake.reconcile(self.now + MINUTE))

    @rule(which=st.sampled_from(EDITS))
    def policy_is_edited(self, which: Policy) -> None:
        """Somebody saves the policy file, in the middle of everything."""
        self.policy = self.doors.policy = which

    @rule(minutes=st.sampled_from([1, 3, 30, 90]))
    def time_passes(self, minutes: int) -> None:
        """Nothing else does."""
        self.now += minutes * MINUTE

    @rule()
    def server_comes_and_goes(self) -> None:
        """Prefect is started anew."""
        self.server.away = not self.server.away

    # What the response and people do

    @precondition(lambda self: self._open())
    @rule(which=pick, interrupted=st.booleans(), lost=loss)
    def run_goes_on(self, which: int, interrupted: bool, lost: int | None) -> None:
        """One step of a response: it plans, asks, writes or closes; somebody may say no at the last moment."""
        self.interrupted = interrupted
        incident = self._open()[which % len(self._open())]
        if incident.flow_run_id and incident.flow_run_id not in self.server.gone:
            self._weathered(lost, lambda: self._step(incident))

    @precondition(lambda self: self._open())
    @rule(which=pick, freeze=freezes, now_and_then=st.integers(0, 3))
    def responder_freezes(self, which: int, freeze: Freeze | None, now_and_then: int) -> None:
        """All say yes; the process is stopped while it writes, loses its session, and goes on after another one.

        Or somebody says no at the last moment. Now and then only: other answers want their turn, too.
        """
        if now_and_then:
            return
        incident = self._open()[which % len(self._open())]
        self.interrupted, self.freeze = freeze is None, freeze
        self._approved_by_all(incident)

    @rule(service=st.sampled_from(["web", "auth", "db", "mail"]), freeze=st.none() | freezes)
    def outage_is_answered(self, service: str, freeze: Freeze | None) -> None:
        """From the alert to the write in one go, as most outages go; the responder may be frozen on the way.

        Alone the other rules seldom meet: of two thousand steps two came to a write, and none to a freeze.
        """
        self.now += timedelta(milliseconds=1)
        labels = {"namespace": "shop", "service": service, "cluster": "eu"}
        [taken] = self._deliver([Alert(name="Lost", labels=labels, starts_at=self.now)])
        self.interrupted, self.freeze = False, freeze
        if taken:
            self._approved_by_all(self.record.incident(taken))

    @precondition(lambda self: self._waiting())
    @rule(
        which=pick,
        by=st.sampled_from([*PEOPLE, *PEOPLE, "mallory", "j", "silence", " @Ada "]),
        answer=st.sampled_from([Answer.APPROVE, Answer.APPROVE, Answer.APPROVE, Answer.DECLINE]),
        door=st.sampled_from(["ui", "cli", "terminal"]),
        lost=loss,
    )
    def answers(self, which: int, by: str, answer: Answer, door: str, lost: int | None) -> None:
        """Somebody answers at some door; whatever it is, it is on the timeline."""
        incident = self._waiting()[which % len(self._waiting())]
        self._answer(incident, by, answer, door, lost)

    @precondition(lambda self: self._waiting())
    @rule(which=pick, said=several, turns=st.booleans(), goes_on=st.booleans())
    def several_answer(self, which: int, said: list[tuple[str, Answer]], turns: bool, goes_on: bool) -> None:
        """One after the other, whoever reported it among them, and the first may turn round; then the run goes on."""
        incident = self._waiting()[which % len(self._waiting())]
        first, before = said[0]
        other = Answer.APPROVE if before is Answer.DECLINE else Answer.DECLINE
        for who, answer in [*said, (first, other)] if turns else said:
            by = incident.requester or "ada" if who == "requester" else who
            self._answer(incident, by, answer, "cli", None)
        if goes_on and incident.flow_run_id not in self.server.gone:
            self._step(self.record.incident(incident.id))

    @precondition(lambda self: self._open())
    @rule(which=pick)
    def run_is_lost(self, which: int) -> None:
        """Somebody deletes the run, or its process dies for good."""
        incident = self._open()[which % len(self._open())]
        self.server.gone.add(str(incident.flow_run_id))

    @rule()
    def watch_goes_round(self) -> None:
        """Deadlines act; what no run answers is closed."""
        self._watch()

    @rule(lost=loss)
    def watch_is_interrupted(self, lost: int | None) -> None:
        """The record is lost while the watch goes round; the next minute's goes round again."""
        self._weathered(lost, self._watch)

    def _watch(self) -> None:
        try:
            for incident, plan in watch.waiting_plans():
                if self.now - plan.made_at >= self.policy.answer_within:
                    watch.expire(incident, plan, self.policy, self.now)
            watch.close_abandoned.fn()
        finally:
            self.record.lost_after = None
            self._in_our_time()

    # What must always hold

    @invariant()
    def every_alert_is_answered(self) -> None:
        """Every firing alert that was answered 200 is in an incident with a run or an ending."""
        heads = {one.id: one for one in self.record.incidents(limit=1000)}
        for fingerprint, incident in self.taken.items():
            head = heads[incident]
            assert head.flow_run_id or head.ending, f"{fingerprint} is in {incident}, which nobody answers"

    @invariant()
    def nobodys_alert_has_no_platforms_plan(self) -> None:
        """What no platform answers is planned for by none; another cluster's is over once its sender heard 200.

        A delivery that the record's loss cut off got no 200: what it left open the sender's repetition or the next
        reconciling closes.
        """
        taken = set(self.taken.values())
        for one in self.record.incidents(limit=1000):
            assert not (one.unclaimed and self.record.plans(one.id))
            assert one.rule != "other-cluster" or one.ending is Ending.NOT_MINE or one.id not in taken
            strange = [alert for alert in self.record.alerts(one.id) if alert.namespace == "unknown"]
            assert one.unclaimed or not strange

    @invariant()
    def one_plan_for_each_cause(self) -> None:
        """Of the open incidents that came to one cause on one object, one alone has a plan; the others wait for it."""
        planned = [plan.hypothesis for one in self._open() for plan in self.record.plans(one.id)]
        assert len(planned) == len(set(planned))

    def teardown(self) -> None:
        """No incident is open for ever: when all is quiet, the runs and the watch bring every one to its end."""
        try:
            self.server.away = False
            self.record.heal()
            self.intake.reconcile(self.now + MINUTE)
            for _ in range(8):
                self.now += timedelta(hours=2)
                for incident in self._open():
                    if incident.flow_run_id not in self.server.gone:
                        self._step(incident)
                self.watch_goes_round()
            assert [one.id for one in self._open()] == []
            assert self._homeless() == []
        finally:
            self._patches.close()

    def _homeless(self) -> list[str]:
        found = self.record.rows(
            "look for alerts that nobody has",
            "select body ->> 'name' as name from outage.alert a where firing and not exists (select from"
            " outage.member m where m.fingerprint = a.fingerprint) and body ->> 'name' <> 'Watchdog'",
        )
        return [row["name"] for row in found]
