"""What runs, where, since when, and what is wrong: one line each."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from blocks.installation.platform_files import PlatformFiles
from blocks.installation.switch_variables import thrown_switches
from blocks.prefect_api import PrefectApi
from blocks.record import Record
from blocks.settings import Settings
from outage.errors import OutageError, RecordError
from stack import embedded_postgres
from stack.outbox.deliver_message import degraded_words
from stack.processes import state_layout
from stack.processes.heartbeats import last_beat
from stack.processes.own_processes import age_seconds
from stack.processes.stack_services import StackService, stack_services
from stack.processes.supervisor import SETTLED_SECONDS, supervisor_state
from stack.runs import deployments, flow_process_files
from stack.runs.deployments import DeploymentReport
from stack.status_line import StatusLine
from stack.watch_status import watch_lines

TARGET = "outage.target"
"""What `outage install` makes."""

OFTEN = 4
"""Deaths in a row that are no accident any more."""


def stack_status(settings: Settings) -> list[StatusLine]:
    """One line per process, the supervisor first."""
    return [
        _keeper(settings),
        *_database(settings),
        *[_service(settings, one) for one in stack_services(settings)],
        _flows(settings),
        *_channels(settings),
        *watch_lines(settings, datetime.now(UTC)),
        *_switches(settings),
    ]


def _switches(settings: Settings) -> list[StatusLine]:
    """A line for the kill switches; none while the server is away, which its own line says."""
    platforms = [one.name for one in PlatformFiles(settings).registry().platforms]
    try:
        with PrefectApi(settings.prefect_api_url) as api:
            thrown = thrown_switches(api, platforms)
    except OutageError:
        return []
    wrong = "; ".join(str(one) for one in thrown)
    return [StatusLine(name="switches", what="kill switches, variables in the UI", wrong=wrong or None)]


def _channels(settings: Settings) -> list[StatusLine]:
    """A line for the channels through which people are told; none while there are none."""
    files = PlatformFiles(settings)
    policies, channels = files.policies(), files.channels()
    broken = [one.broken for one in policies.values() if one.broken]
    if not settings.record_dsn or not (channels or broken):
        return []
    try:
        with Record.open(settings.record_dsn) as record:
            health = [one for one in record.channel_health() if one.channel in channels]
    except RecordError:
        return []  # said in PostgreSQL's own line
    waiting = sum(one.waiting for one in health)
    what = f"{', '.join(channels) or 'none'}; {waiting} messages wait"
    told = "the settings' own people are told" if policies[""].channels else "nobody is told"
    wrong = f"{told}: {'; '.join(broken)}" if broken else degraded_words(health)
    return [StatusLine(name="channels", what=what, wrong=wrong or None)]


def _database(settings: Settings) -> list[StatusLine]:
    """A line for a PostgreSQL of the user's; the embedded one is a process like the others."""
    if not settings.database_url:
        return []
    place = urlsplit(settings.database_url)
    what = f"PostgreSQL of yours, {place.hostname or 'unix socket'}{f':{place.port}' if place.port else ''}"
    return [
        StatusLine(
            name="postgres", what=what, wrong=embedded_postgres.postgres_answers(settings.database_url)
        )
    ]


def _keeper(settings: Settings) -> StatusLine:
    if state_layout.units_file(settings).exists():
        return StatusLine(
            name="supervisor", what=f"systemd's {TARGET} keeps the others, home {settings.home}"
        )
    what = f"supervisor of the others, home {settings.home}"
    standby = supervisor_state(settings, "standby")
    dead = "nobody restarts what dies; `outage up` starts it"
    if standby and standby.process.alive:
        dead = f"the standby, process {standby.process.pid}, starts it anew"
    return _line(settings, "supervisor", what, dead)


def _service(settings: Settings, service: StackService) -> StatusLine:
    line = _line(settings, service.name, service.what, "`outage up` starts it")
    if line.wrong is not None:
        return line
    state = supervisor_state(settings, service.name)
    why = service.sick()
    if state and state.deaths >= OFTEN and age_seconds(state.process) < SETTLED_SECONDS:
        why = f"it died {state.deaths} times in a row; see {state_layout.log_path(settings, service.name)}"
    return line.model_copy(update={"wrong": why})


def _line(settings: Settings, name: str, what: str, dead: str) -> StatusLine:
    state = supervisor_state(settings, name)
    if state is None:
        return StatusLine(name=name, what=what, wrong=f"it does not run: {dead}")
    if not state.process.alive:
        seen = last_life(settings, name)
        when = f", last seen alive at {seen:%Y-%m-%d %H:%M:%S} UTC" if seen else ""
        wrong = f"process {state.process.pid} died{when}: {dead}"
        return StatusLine(name=name, what=what, died_at=seen, wrong=wrong)
    died = state.died_at.astimezone(UTC) if state.died_at else None
    since = state.started_at.astimezone(UTC)
    return StatusLine(name=name, what=what, pid=state.process.pid, since=since, died_at=died)


def last_life(settings: Settings, name: str) -> datetime | None:
    """When a process was last seen alive: by its heartbeat, else by the last line of its log; None when neither is."""
    if beat := last_beat(settings, name):
        return beat
    try:
        return datetime.fromtimestamp(state_layout.log_path(settings, name).stat().st_mtime, UTC)
    except OSError:
        return None


def _flows(settings: Settings) -> StatusLine:
    report = (
        deployments.report_deployments(state_layout.state_folder(settings, "flows")) or DeploymentReport()
    )
    carried = [
        one
        for one in flow_process_files.flow_processes(state_layout.flow_states(settings))
        if one.process.alive
    ]
    names = ", ".join(sorted(one.name for one in report.known)) or "none known"
    wrong = "; ".join(report.problems.values())
    return StatusLine(name="flows", what=f"{names}; {len(carried)} running", wrong=wrong or None)
