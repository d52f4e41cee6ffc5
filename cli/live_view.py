"""What the terminal shows while an incident is answered: live phases, the plan, the question, the times."""

import select
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import click
from rich.console import Console
from rich.markdown import Markdown

from blocks.prefect_runs import state_of
from blocks.record import Record
from blocks.record.incident_account import account_of
from blocks.settings import Settings
from cli.people.answer_commands import asked_code
from outage.errors import AnswerRefused
from outage.incidents.incident import Incident, Phase
from outage.incidents.timeline import EntryKind
from outage.plans.answer_words import answer_words
from outage.plans.approval import Answer
from outage.plans.plan import Plan
from outage.reports.markdown import plan_in_markdown
from outage.reports.report import Account
from outage.text.durations import duration_in_words
from tasks.ask.person_answer import answer_and_wake

LOOK_EVERY_SECONDS = 0.5
QUIET_KINDS = frozenset({EntryKind.MESSAGE, EntryKind.EVIDENCE})
"""Lines for the report, too long for a live view."""

ENDED_EARLY = frozenset({"Refused", "Failed", "TimedOut", "Cancelled"})
"""States of a drill's run after which its drill will not be ended. A crashed run is taken up again."""


class LiveView:
    """Follows one drill through the record: says what is new, asks when a plan waits."""

    def __init__(
        self, settings: Settings, record: Record, say: Callable[[str], None], answer_yes: bool
    ) -> None:
        """Say nothing yet."""
        self.settings, self.record, self.say, self.answer_yes = settings, record, say, answer_yes
        self.told: set[str] = set()
        self.asked: set[str] = set()
        self.deaf = not sys.stdin.isatty()
        """Nobody answers here (any more): the other doors stay open."""

    def follow(self, drill_id: str, run: str) -> list[Incident]:
        """Tell everything until the drill is over.

        Returns:
            Its incidents as they ended, oldest first; none when nobody noticed what was broken.
        """
        while not self.over(drill_id):
            for incident in self.incidents_of(drill_id):
                self.tell_news(incident)
                self.ask_if_waiting(incident)
            if ended := self.run_ended(run):
                self.say(f"the drill ended before it was over: {ended}")
                return self.incidents_of(drill_id)
            time.sleep(LOOK_EVERY_SECONDS)
        incidents = self.incidents_of(drill_id)
        for incident in incidents:
            self.tell_news(incident)
            self.tell_end(incident)
        return incidents

    def over(self, drill_id: str) -> bool:
        """Whether the drill has ended, mended and scored."""
        return any(one.id == drill_id and one.ended_at for one in self.record.drills(limit=5))

    def incidents_of(self, drill_id: str) -> list[Incident]:
        """What was opened for a drill so far, oldest first."""
        begun = [one for one in self.record.drills(limit=5) if one.id == drill_id]
        return self.record.incidents_of_drill(begun[0]) if begun else []

    def run_ended(self, run: str) -> str:
        """The ending of the drill's own run, or empty while it goes on."""
        state = state_of(self.settings.prefect_api_url, run)
        name, message = state.name, state.message
        return f"{name}: {message}" if name in ENDED_EARLY else ""

    def tell_news(self, incident: Incident) -> None:
        """Print each line of the timeline once, with the time since the incident was opened."""
        for entry in self.record.entries(incident.id):
            if entry.key in self.told or entry.kind in QUIET_KINDS:
                continue
            self.told.add(entry.key)
            self.say(f"{_clock(entry.at, incident.opened_at)}  {entry.kind:10} {entry.says}")

    def ask_if_waiting(self, incident: Incident) -> None:
        """Show a waiting plan once and take an answer from whoever sits here, while other doors stay open."""
        plans = self.record.plans(incident.id)
        if incident.phase is not Phase.AWAITING_APPROVAL or not plans:
            return
        plan = plans[-1]
        if plan.hash not in self.asked:
            self.asked.add(plan.hash)
            self.show(plan, incident)
        if self.record.approvals(incident.id, plan.hash):
            return
        if self.answer_yes:  # to what mends; what was mended is let stay
            answer = Answer.DECLINE if plan.asks_to_take_back else Answer.APPROVE
            self.give(incident, plan, answer, "drill", "--yes")
        elif not self.deaf:
            self.listen(incident, plan)

    def give(self, incident: Incident, plan: Plan, answer: Answer, by: str, why: str) -> None:
        """Answer; an answer that does not count leaves the plan waiting for the other doors."""
        try:
            code = asked_code(self.settings, incident, plan, answer, by)
            given = answer_and_wake(
                self.settings, self.record, incident, plan, answer, by, why, door="terminal", code=code
            )
            self.say(given.says)
        except AnswerRefused as refused:
            self.answer_yes, self.deaf = False, True
            self.say(f"{refused}; waiting for the UI, or `outage approve {incident.id} --by NAME`")

    def show(self, plan: Plan, incident: Incident) -> None:
        """Print the plan with its diff, and where it can be answered."""
        Console(stderr=not sys.stdout.isatty()).print(Markdown(plan_in_markdown(plan)))
        url = f"{self.settings.prefect_ui_url}/runs/flow-run/{incident.flow_run_id}"
        self.say(f"approve or decline in the UI: {url}")
        if self.answer_yes:
            return
        if not self.deaf:
            words = answer_words(plan)
            click.echo(f"[y]es: {words.yes_does}; [n]o: {words.no_does}")
            click.echo(f"{words.question} [y]es, [n]o (or answer in the UI): ", nl=False)
        else:
            self.say(
                f"no terminal here and no --yes: waiting for the UI, or `outage approve {incident.id} --by NAME`"
            )

    def listen(self, incident: Incident, plan: Plan) -> None:
        """Take a line from the terminal if one is there; wrong input is asked again."""
        if not select.select([sys.stdin], [], [], 0)[0]:
            return
        line = sys.stdin.readline()
        if not line:
            self.deaf = True
            self.say(
                f"nobody is here any more: waiting for the UI, or `outage approve {incident.id} --by NAME`"
            )
            return
        said = line.strip().lower()
        answer = {"y": Answer.APPROVE, "yes": Answer.APPROVE, "n": Answer.DECLINE, "no": Answer.DECLINE}.get(
            said
        )
        if answer is None:
            click.echo("please say y or n: ", nl=False)
            return
        self.give(incident, plan, answer, _who(), "answered in the terminal")

    def tell_end(self, incident: Incident) -> None:
        """Print the ending, the times, the run and the report."""
        times = self.account(incident).times
        self.say(f"\n{incident.ending or incident.phase}: {incident.says}")
        for name, seconds in (
            ("detect", times.detect_seconds),
            ("plan", times.plan_seconds),
            ("approve", times.approve_seconds),
            ("mend", times.mend_seconds),
            ("verified", times.verified_seconds),
        ):
            if seconds is not None:
                self.say(f"  {name:9} {duration_in_words(timedelta(seconds=seconds))}")
        self.say(f"  run       {self.settings.prefect_ui_url}/runs/flow-run/{incident.flow_run_id}")
        self.say(f"  report    {self.settings.home / 'reports' / (incident.id + '.md')}")

    def account(self, incident: Incident) -> Account:
        """Everything the record knows of the incident."""
        return account_of(self.record, self.record.incident(incident.id))


def _clock(at: datetime, opened: datetime) -> str:
    seconds = (at - opened).total_seconds()
    return f"{'+' if seconds >= 0 else '-'}{abs(seconds):6.1f} s"


def _who() -> str:
    import getpass

    return getpass.getuser()
