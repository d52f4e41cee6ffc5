"""The form that the Prefect UI shows while an incident waits for approval."""

from collections.abc import Sequence
from typing import Any, Literal

from prefect.input import RunInput
from pydantic import Field, create_model
from pydantic.json_schema import SkipJsonSchema

from outage.diagnosis.hypothesis import Hypothesis, Mitigation
from outage.plans.answer_words import AnswerWords, answer_words
from outage.plans.plan import Plan
from outage.reports.markdown import plan_in_markdown
from outage.text.handle import HANDLE_PATTERN
from outage.text.redaction import redact

KEEP = "no other"
"""Of the choice among other proposals: none is wanted."""
MOST_OTHERS = 4
"""Other proposals that a form offers: more are in the diagnosis beside it."""


class ApprovalForm(RunInput):
    """What a person answers. `approver` has no default on purpose: an empty resume must not approve anything."""

    decision: str = "decline"
    approver: str = Field(
        pattern=HANDLE_PATTERN, title="Approver", description="Your handle", json_schema_extra={"position": 2}
    )
    why: str = Field("", title="Why", description="For the timeline", json_schema_extra={"position": 3})
    instead: SkipJsonSchema[str] = KEEP
    """Shown only where there is a choice: an empty line that takes any text invites the handle into it."""
    plan: str = ""


def form_for(
    plan: Plan,
    note: str = "",
    others: Sequence[Hypothesis | Mitigation] = (),
    page: str = "",
    runbook: str = "",
) -> type[ApprovalForm]:
    """The form with the plan, its diff, its risk and its way back as markdown above the fields.

    Args:
        plan: What is asked about.
        note: Why an answer before did not count; empty at first.
        others: Proposals that may be chosen in its place; each would be planned, shown and asked about first.
        page: Address of our page of the incident, where a name can be proven by a code; empty where none is named.
        runbook: Address of the page of its cause; empty where there is none.
    """
    words = answer_words(plan)
    fields: dict[str, Any] = {
        "decision": (Literal[words.no, words.yes], _decision_field(words)),
        "plan": (str, _plan_field(plan.hash)),
    }
    if titles := list(titled_proposals(others)):
        fields["instead"] = (Literal[(KEEP, *titles)], _instead_field())
    bound = create_model("ApprovalForm", __base__=ApprovalForm, **fields)
    elsewhere = f"\n\nTo prove your name with a code, answer on [the page]({page})." if page else ""
    return bound.with_initial_data(description=plan_in_markdown(plan, note, runbook) + elsewhere)


def titled_proposals(others: Sequence[Hypothesis | Mitigation]) -> dict[str, Hypothesis | Mitigation]:
    """Other proposals by the words that the form offers them under."""
    return {
        redact(f"{number}. {one.repair.summary}"): one
        for number, one in enumerate(others[:MOST_OTHERS], start=1)
        if one.repair
    }


def _decision_field(words: AnswerWords) -> Any:
    says = f"{words.yes}: {words.yes_does}. {words.no}: {words.no_does}"
    return Field(
        words.no, title=words.question.capitalize(), description=says, json_schema_extra={"position": 1}
    )


def _instead_field() -> Any:
    says = "Decline, and choose another proposal: a plan for it is made, shown and asked about; nothing is written now"
    return Field(KEEP, title="Instead", description=says, json_schema_extra={"position": 4})


def _plan_field(plan_hash: str) -> Any:
    """The hash goes with the form: an answer from a page that was opened for an earlier plan shows as such."""
    says = "The plan that you read; leave it as it is"
    return Field(plan_hash, title="Plan", description=says, json_schema_extra={"position": 5})
