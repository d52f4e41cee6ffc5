"""The sentence in weather, and in errors that nobody expected: waited out, or handed to a person with all we know."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from blocks.clients import clients
from outage.errors import ClusterForbidden, ClusterUnreachable, RecordError
from outage.plans.planned import Planned
from tests.flows.scripted_response import Story

PHASES = ["triage", "investigate-1", "plan-1", "resolve-1", "verify-1", "publish"]


@pytest.fixture
def log() -> Iterator[list[logging.LogRecord]]:
    """What is logged about errors; Prefect's loggers do not reach the root."""
    found: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = found.append  # type: ignore[method-assign, assignment]
    logger = logging.getLogger("prefect.outage.tell")
    logger.addHandler(handler)
    yield found
    logger.removeHandler(handler)


async def test_weather_in_a_phase_is_waited_out(story: Story) -> None:
    """An API server that is restarted must not end a response."""
    gone = ClusterUnreachable("list pods: 503")
    story.gives["investigate"] = [gone, gone, story.gives["triage"]]
    state = await story.respond()

    assert state.name == "Recovered"
    assert story.ran.count("investigate-1") == 3


async def test_a_record_that_is_away_for_a_moment_ends_nothing(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its supervisor brings it back within seconds; the sentence begins again from its first line."""
    answers = iter([RecordError("read: no connection"), RecordError("read: no connection"), None])
    ask = story.answer

    async def away(incident_id: str, planned: Planned) -> object:
        if error := next(answers):
            raise error
        return await ask(incident_id, planned)

    monkeypatch.setattr("flows.respond.answer_for", away)
    state = await story.respond()

    assert state.name == "Recovered"
    assert story.phases == PHASES


async def test_weather_that_does_not_pass_is_waited_for_once_and_then_handed_over(story: Story) -> None:
    """Two minutes, not two minutes for every room around it; and the person is told what was in the way."""
    story.gives["investigate"] = ClusterUnreachable("list pods: 503")
    state = await story.respond()

    assert state.name == "NotRecovered"
    assert story.ran.count("investigate-1") == 4
    assert "list pods: 503; nothing that was written stands" in story.now.says


async def test_an_error_nobody_expected_closes_the_incident_with_all_that_is_known(
    story: Story, log: list[logging.LogRecord]
) -> None:
    """What was written and not settled stands in the last words, the traceback in the log, the report in the UI."""
    story.gives["verify"] = ClusterForbidden("list pods: 403")
    state = await story.respond()

    assert (state.name, state.is_failed()) == ("NotRecovered", True)
    assert state.message == story.now.says
    assert "the response broke off: ClusterForbidden in run: list pods: 403; " in story.now.says
    assert "written and not taken back: patch deployment/auth in shop" in story.now.says
    assert story.ran[-1] == "publish"
    assert "on-call (ada, bob) has to take over" in story.report
    assert "needs a person: ClusterForbidden" in story.lines("note")[-1]
    [told] = [one for one in log if one.exc_info]
    assert told.exc_info
    assert isinstance(told.exc_info[1], ClusterForbidden)


async def test_an_error_before_the_first_look_is_handed_over_too(story: Story) -> None:
    """There is no diagnosis yet; there is still a person to tell."""
    story.gives["triage"] = ValueError("a bug")
    state = await story.respond()

    assert state.name == "NotRecovered"
    assert "ValueError in run: a bug; nothing that was written stands" in story.now.says
    assert "Service: none known yet" in story.lines("message")[-1]


async def test_an_error_while_closing_does_not_change_how_the_outage_ended(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It recovered, and a mistake of ours in the last message does not make it break again."""
    errors = iter([ValueError("a bug")])

    def send(incident: object) -> None:
        for error in errors:
            raise error

    monkeypatch.setattr("flows.close.send_last_message", send)
    state = await story.respond()

    assert state.name == "Recovered"
    assert len(story.lines("ending")) == 1


async def test_a_report_that_cannot_be_written_does_not_change_how_the_outage_ended(story: Story) -> None:
    """A full disk is worth a line; the record renders the report at any time."""
    (Path(clients().settings.home) / "reports").write_text("a file where the folder should be")
    state = await story.respond()

    assert state.name == "Recovered"
    assert "the report could not be written" in story.lines("note")[-1]


async def test_a_record_that_stays_away_fails_the_run_loudly(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then nothing can be closed here: the watch finds the run ended and says that nobody answers."""

    def away(*_: object) -> None:
        raise RecordError("keep: no connection")

    monkeypatch.setattr(story.record, "keep_phase", away)
    with pytest.raises(RecordError, match="no connection"):
        await story.respond()
