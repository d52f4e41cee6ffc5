"""Where the index of a case was; modules still import it from here."""

from outage.kubernetes.events import event_began, event_count, event_message, event_moment
from outage.kubernetes.workloads import WORKLOADS
from outage.snapshots.case_index import CaseIndex

__all__ = ["WORKLOADS", "CaseIndex", "event_began", "event_count", "event_message", "event_moment"]
