"""Tell: what people read, in the UI, in the timeline and in the report."""

from tasks.tell.closing_report import publish_report, write_report
from tasks.tell.follow_up import keep_follow_ups
from tasks.tell.people_messages import (
    call_a_person,
    send_first_message,
    send_joined_message,
    send_last_message,
)
from tasks.tell.run_artifacts import show_diagnosis, show_plan

__all__ = [
    "call_a_person",
    "keep_follow_ups",
    "publish_report",
    "send_first_message",
    "send_joined_message",
    "send_last_message",
    "show_diagnosis",
    "show_plan",
    "write_report",
]
