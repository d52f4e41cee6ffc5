"""Ask: a person's yes or no to a plan, from whichever door it comes first."""

from tasks.ask.approval_form import ApprovalForm
from tasks.ask.await_answer import answer_for

__all__ = ["ApprovalForm", "answer_for"]
