"""The form that the Prefect UI shows while an incident waits for approval."""

from typing import Any, Literal

from prefect.input import RunInput
from pydantic import Field, create_model

from outage.plans.plan import Plan
from outage.policies.handle import HANDLE_PATTERN
from outage.reports.markdown import plan_in_markdown


class ApprovalForm(RunInput):
    """What a person answers. `approver` has no default on purpose: an empty resume must not approve anything."""

    decision: Literal["decline", "approve"] = Field(
        "decline", title="Decision", description="What to do with the plan", json_schema_extra={"position": 1}
    )
    approver: str = Field(
        pattern=HANDLE_PATTERN, title="Approver", description="Your handle", json_schema_extra={"position": 2}
    )
    why: str = Field("", title="Why", description="For the timeline", json_schema_extra={"position": 3})
    plan: str = ""


def form_for(plan: Plan, note: str = "", page: str = "") -> type[ApprovalForm]:
    """The form with the plan, its diff, its risk and its way back as markdown above the fields.

    Args:
        plan: What is asked about.
        note: Why it is asked again; empty the first time.
        page: Address of our page of the incident, where a name can be proven by a code; empty where none is named.
    """
    bound = create_model("ApprovalForm", __base__=ApprovalForm, plan=(str, _plan_field(plan.hash)))
    elsewhere = f"\n\nTo prove your name with a code, answer on [the page]({page})." if page else ""
    return bound.with_initial_data(description=plan_in_markdown(plan, note) + elsewhere)


def _plan_field(plan_hash: str) -> Any:
    """The hash goes with the form: an answer from a page that was opened for an earlier plan shows as such."""
    says = "The plan that you read; leave it as it is"
    return Field(plan_hash, title="Plan", description=says, json_schema_extra={"position": 4})
