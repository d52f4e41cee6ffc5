"""A home with a policy and a record, as the timers have it."""

from tests.stack.timers.conftest import home, incident, policy, record

__all__ = ["home", "incident", "policy", "record"]
