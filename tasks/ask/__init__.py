"""Ask: a person's yes or no to a plan, from whichever door it comes first."""

from tasks.ask.approval import answer_for
from tasks.ask.form import ApprovalForm

__all__ = ["ApprovalForm", "answer_for"]
