"""Tell: what people read, in the UI, in the timeline and in the report."""

from tasks.tell.artifacts import show_diagnosis, show_plan
from tasks.tell.closing import publish, write_report
from tasks.tell.people import call_a_person, send_first, send_last

__all__ = [
    "call_a_person",
    "publish",
    "send_first",
    "send_last",
    "show_diagnosis",
    "show_plan",
    "write_report",
]
