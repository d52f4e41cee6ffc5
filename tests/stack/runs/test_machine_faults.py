"""A full disk and a clock that jumps, under a stack that answers: nothing is lost, nothing is there twice."""

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import yaml

from blocks.installation.intake_token import intake_token
from blocks.record import Record
from blocks.settings import Settings
from outage.incidents.timeline import EntryKind
from outage.people.outbox_message import OutboxMessage
from outage.verification.run_history import broken_promises
from tests.blocks.channels.configured import settings_for
from tests.blocks.channels.fake_service import serving
from tests.blocks.channels.webhook_double import WebhookDouble
from tests.conftest import eventually, raised
from tests.end_to_end.recorded_history import history_of

pytestmark = [pytest.mark.stack, pytest.mark.endurance, pytest.mark.timeout(900)]

DISK = "700m"
HOUR = 3600
BIG = 700_000
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
POLICY = {
    "version": 1,
    "people": {"ana": {}},
    "approvers": {"on-call": ["ana"]},
    "escalation": {"rungs": {"L1": ["on-call"]}},
}


class Machine:
    """One machine whose disk and clock can be spoilt, and a sender of alerts that comes again when it is sent away."""

    def __init__(self, settings: Settings, disk: Path, clock: Path, hook: WebhookDouble) -> None:
        self.settings, self.disk, self.clock, self.hook = settings, disk, clock, hook
        self.sent, self.taken, self.refused = 0, 0, 0

    def alert(self, with_bytes: int = 0) -> bool:
        """Send one more outage's alert; whether it was taken.

        Args:
            with_bytes: Of an annotation that cannot be made smaller: the record's tables must grow for it.
        """
        self.sent += 1
        labels = {"alertname": f"Down{self.sent}", "namespace": "shop", "service": f"service-{self.sent}"}
        alert = {"status": "firing", "labels": labels, "startsAt": datetime.now(UTC).isoformat()}
        body = {"alerts": [alert | {"annotations": {"description": secrets.token_hex(with_bytes // 2)}}]}
        word = {"Authorization": f"Bearer {intake_token(self.settings.intake_token_file)}"}
        try:
            answer = httpx.post(
                f"{self.settings.intake_url}/webhook/alertmanager",
                json=body,
                headers=word,
                timeout=60,
                trust_env=False,
            )
        except httpx.HTTPError:
            answer = httpx.Response(503)
        self.taken += answer.is_success
        self.refused += not answer.is_success
        return answer.is_success

    def fill(self) -> None:
        """Leave no byte free."""
        with (self.disk / "ballast").open("wb") as ballast:
            try:
                while True:
                    os.write(ballast.fileno(), bytes(4096))
            except OSError:
                return

    def free(self) -> None:
        """Make room again."""
        (self.disk / "ballast").unlink()

    def jump(self, seconds: int) -> None:
        """Set the wall clock so far from the true time."""
        fresh = self.clock.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.replace(self.clock)

    def seen(self, message: OutboxMessage) -> int:
        """Whether the service shows a message: what came again under its key is the same one."""
        return int(any(one["key"] == message.key for one in self.hook.taken))

    def keeps_every_promise(self) -> None:
        """Wait for the end of all that was taken, and hold it against what is on record."""
        with Record.open(self.settings.record_dsn) as record:
            eventually("every incident has ended", lambda: not record.open_incidents(), 300)
            eventually("every message has arrived", lambda: not record.channels_waiting(), 120)
            history = history_of(record, Path(os.devnull), "", self.seen, LONG_AGO)
            found = broken_promises(history)
            print(  # noqa: T201 - the counts are what is shown
                "\n".join([f"{self.taken} alerts taken, {self.refused} sent away", *found.lines()])
            )
            assert found.kept
            assert len(history.alerts) >= self.taken
            assert history.incidents
            for one in history.incidents:
                ends = [line for line in record.entries(one.id) if line.kind is EntryKind.ENDING]
                assert len(ends) == 1


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of its own, in memory."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A stack whose home is a small disk and whose processes look at a clock of ours."""
    if os.geteuid() != 0:
        pytest.skip("a disk of its own needs root")
    folder = tmp_path_factory.mktemp("machine")
    library, clock = folder / "jumping_clock.so", folder / "clock"
    source = Path(__file__).parent / "jumping_clock.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"], check=True)
    clock.write_text("0")
    hook, patch = WebhookDouble(), pytest.MonkeyPatch()
    with small_disk(folder / "disk") as disk, serving(hook):
        home = disk / "home"
        home.mkdir()
        (home / "platform.yaml").write_text("version: 1\nname: shop\nnamespace: shop\n")
        channels = {"hook": settings_for("webhook", hook, folder)}
        (home / "policy.yaml").write_text(yaml.safe_dump(POLICY | {"channels": channels}))
        flows = [{"name": "respond", "entrypoint": "tests.stack.toys.telling"}]
        (home / "deployments.yaml").write_text(yaml.safe_dump({"deployments": flows}))
        patch.setenv("LD_PRELOAD", str(library))
        patch.setenv("JUMPING_CLOCK", str(clock))
        with raised(home, home / "deployments.yaml") as settings:
            patch.delenv("LD_PRELOAD")
            yield Machine(settings, disk, clock, hook)
    patch.undo()


def test_a_full_disk_takes_no_alert_that_it_loses(machine: Machine) -> None:
    """As soon as a table must grow senders are sent away; what was taken before and after is answered, once."""
    assert [machine.alert() for _ in range(4)] == [True] * 4
    machine.fill()
    full = [machine.alert(BIG) for _ in range(12)]
    assert not all(full)
    machine.free()
    eventually("alerts are taken again", machine.alert, 120)

    print(f"while the disk was full {sum(full)} of {len(full)} were taken")  # noqa: T201 - what is shown
    machine.keeps_every_promise()


@pytest.mark.parametrize("jumps", [(2 * HOUR, -HOUR, 0)])
def test_a_clock_that_jumps_loses_and_doubles_nothing(machine: Machine, jumps: tuple[int, ...]) -> None:
    """Two hours on, three back, and right again: alerts come right before and after each."""
    assert machine.alert()
    for seconds in jumps:
        assert machine.alert()
        machine.jump(seconds)
        assert machine.alert()

    machine.keeps_every_promise()
