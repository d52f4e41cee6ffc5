"""Raise what a drill needs: the practice ground, the response, and a baseline of the healthy platform."""

import shlex
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from blocks.record import Record
from blocks.retry import wait_until
from blocks.settings import HERE, Settings
from outage.errors import FileError
from outage.incidents.incident import Incident, Phase
from outage.plans.approval import Answer
from tasks.ask.person_answer import answer_and_wake

Say = Callable[[str], None]

QUIET_EVERY_SECONDS = 2.0
QUIET_WITHIN_SECONDS = 120.0
"""Alerts about ground that is being raised come and go in less."""
RAISED = "opened while the practice ground was raised"
ANSWERED_INSIDE = (
    "practise from this machine: the practice ground's alerts are answered in the cluster since `make cluster`; type"
    " `kubectl -n outage-system exec deployment/outage-page -- outage drill --here`, or `make cluster-down` first"
)
GONE = "the practice ground that it was about is gone"


def raise_ground(say: Say) -> None:
    """Bring up the practice cluster and the stack, and point the stack at the ground; quick when both stand.

    Raises:
        PracticeError: The cluster cannot be raised; what is missing and what to do.
        StackError: One of our own processes cannot be started; which and what to do.
        FileError: The ground's alerts are answered in the cluster, where this machine's processes would hear nothing.
    """
    from practice import ground, places
    from practice.cluster import api_server, cluster_status
    from stack.stack_up import bring_stack_up

    if ground.response_installed():
        raise FileError(ANSWERED_INSIDE)
    began, stood = datetime.now(UTC), cluster_status.is_whole()
    ground.raise_ground_up(None, say)
    chosen = Settings(
        platform_file=places.practice_home() / "platform.yaml",
        policy_file=HERE / "practice" / "policy.yaml",
        kubeconfig=str(places.practice_kubeconfig()),
        reader_kubeconfig=str(places.practice_home() / "reader.kubeconfig"),
        writer_kubeconfig=str(places.practice_home() / "writer.kubeconfig"),
        node_command=shlex.join([sys.executable, "-m", "cli", "practice", "node"]),
    )
    raised = bring_stack_up(chosen, say) or not stood
    if raised:
        say("waiting until the alerts about ground that was just raised are over")
    await_quiet(api_server.born_of_kubeconfig(), began if raised else None)


def await_quiet(born: datetime, raised: datetime | None) -> None:
    """Wait, for two minutes at most, until no incident is open that the ground itself made; decline what those ask.

    The monitoring sees half of a platform for a while, and is right to complain. What was open before the ground
    was born is about one that is gone: its plan fits nothing any more, and would keep every drill from being
    believed. What else is open is an outage of the ground that stands, and is left to a person.

    Args:
        born: When the ground that stands was made.
        raised: Since when ground or stack are being raised; without it they stood.
    """
    settings = Settings()
    with Record.open(settings.record_dsn) as record:

        def quiet() -> bool:
            found = record.open_incidents()
            noisy = [(one, why) for one in found if (why := startup_noise(one, born, raised))]
            for one, why in noisy:
                if one.phase is Phase.AWAITING_APPROVAL and (plans := record.plans(one.id)):
                    answer_and_wake(
                        settings, record, one, plans[-1], Answer.DECLINE, "drill", why, door="terminal"
                    )
            return not noisy

        wait_until(quiet, QUIET_WITHIN_SECONDS, QUIET_EVERY_SECONDS)


def startup_noise(incident: Incident, born: datetime, raised: datetime | None) -> str:
    """Why an open incident is about nothing that a person must answer; empty when it is."""
    if incident.opened_at < born:
        return GONE
    return RAISED if raised and incident.opened_at >= raised else ""
