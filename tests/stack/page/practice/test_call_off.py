"""An announced drill is called off on the page by whoever proves a name; what is not over is said."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pyotp
import pytest
from fastapi.testclient import TestClient

from blocks.clients import clients
from blocks.record import Record
from blocks.record.record_pool import connect_record
from blocks.settings import Settings
from outage.incidents.drill_notice import Drill
from outage.policies.drill_rotation import PlannedDrill
from tests.stack.page.filled_record import utc_now
from tests.stack.page.page_forms import form_of

_numbers = count()


@pytest.fixture(autouse=True)
def _own_process(settings: Settings, module_dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The page's process has the settings of its home; codes of the test before are forgotten."""
    with connect_record(module_dsn) as connection:
        connection.execute("truncate outage.used_code, outage.wrong_code")
    monkeypatch.setenv("OUTAGE_HOME", str(settings.home))
    monkeypatch.setenv("OUTAGE_RECORD_DSN", module_dsn)
    monkeypatch.setenv("OUTAGE_PREFECT_API_URL", settings.prefect_api_url)
    (Path(settings.home) / "platform.yaml").write_text("version: 1\nname: learning\nnamespace: learning\n")
    clients.cache_clear()
    yield
    clients().record.close()
    clients.cache_clear()


@pytest.fixture
def planned(record: Record) -> PlannedDrill:
    """A drill that was announced for in an hour."""
    number, now = next(_numbers), utc_now()
    return record.plan_drill(
        PlannedDrill(
            id=f"drill-of-the-page-{number}",
            run=f"run-{number}",
            platform="learning",
            fault="bad-probe",
            service="auth",
            announced_at=now,
            begins_at=now + timedelta(hours=1),
        )
    )


def sent(browser: TestClient, planned: PlannedDrill, at: str = "/drills", **typed: str) -> str:
    """Open a page, fill the form in, and send it; what is said."""
    fields = {**form_of(browser.get(at)), "drill": planned.id, "by": "ana", **typed}
    return browser.post("/drills/call-off", data=fields).text


@pytest.mark.parametrize("at", ["/", "/drills"])
def test_whoever_proves_a_name_calls_it_off(
    browser: TestClient, record: Record, planned: PlannedDrill, ana: pyotp.TOTP, at: str
) -> None:
    """From its card, with its countdown; the reason is kept for those who were told."""
    shown = browser.get(at).text
    assert planned.id in shown
    assert f'data-until="{planned.begins_at.isoformat(timespec="seconds")}"' in shown
    said = sent(browser, planned, at, code=ana.now(), why="release day")
    off = record.planned_drill(planned.id)

    assert f"called off: {planned.id} by ana" in said
    assert off
    assert (off.off_by, off.off_why, off.waits) == ("ana", "release day", False)
    assert planned.id not in browser.get(at).text


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        pytest.param({"code": "000000"}, "this name and code do not fit", id="a wrong code"),
        pytest.param({"by": "mallory", "code": "000000"}, "this name and code do not fit", id="a stranger"),
        pytest.param({"drill": ""}, "say which drill is called off", id="no drill"),
        pytest.param({"form": "made-elsewhere"}, "this form was not shown here", id="another site's form"),
    ],
)
def test_what_does_not_count_leaves_it_as_it_was(
    browser: TestClient,
    record: Record,
    planned: PlannedDrill,
    ana: pyotp.TOTP,
    typed: dict[str, str],
    says: str,
) -> None:
    """One sentence each."""
    assert says in sent(browser, planned, **typed)
    assert record.planned_drill(planned.id) == planned


def test_one_that_has_begun_is_no_longer_called_off(
    browser: TestClient, record: Record, planned: PlannedDrill, ana: pyotp.TOTP
) -> None:
    """Its own run puts everything back."""
    other = form_of(browser.get("/drills"))
    record.begin_planned(planned.id, utc_now())
    code = ana.now()
    said = browser.post("/drills/call-off", data={**other, "drill": planned.id, "by": "ana", "code": code})

    assert said.status_code == 403
    assert "it has begun: its own run puts everything back" in said.text


@pytest.mark.parametrize(
    ("minutes", "over", "pictures", "says"),
    [
        pytest.param(30, False, 2, "goes on since", id="it goes on"),
        pytest.param(-5, False, 2, "and nobody ended it", id="its process is gone"),
        pytest.param(-5, True, 1, "1 object is not as before", id="it is over, and not all of it is back"),
        pytest.param(-5, True, 0, "", id="it is over"),
    ],
)
def test_an_unfinished_drill_has_a_card(
    browser: TestClient, record: Record, minutes: int, over: bool, pictures: int, says: str
) -> None:
    """On the first page and where practice is told; none for one that is done with."""
    now, number = utc_now(), next(_numbers)
    drill = Drill(
        id=f"drill-standing-{number}",
        namespace=f"place-{number}",
        fault="bad-image",
        announced_at=now - timedelta(minutes=20),
        until=now + timedelta(minutes=minutes),
        platform=f"place-{number}",
    )
    record.announce(drill)
    record.keep_drill(drill.id, {"pictures": [{}] * pictures, "passed": True}, now if over else None)
    for at in ("/", "/drills"):
        shown = browser.get(at).text
        assert (drill.id in shown) is bool(says)
        assert says in shown
    record.keep_drill(drill.id, {"pictures": []}, now)
