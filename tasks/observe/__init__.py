"""Looking: at the cluster, the users' endpoints, the monitoring and the database. Nothing is changed.

What cannot be seen is an Evidence with the reason, never an exception. Prefect is not imported here:
`tasks.observe.rounds` wraps the looks as tasks.
"""

from tasks.observe.budget import Budget
from tasks.observe.picture import look, wide_look

__all__ = ["Budget", "look", "wide_look"]
