"""Looking: at the cluster, the users' endpoints, the monitoring and the database. No look changes anything there.

What cannot be seen is an Evidence with the reason, never an exception. Prefect is not imported here:
`tasks.observe.tasks` wraps the looks as tasks, and `watching` opens and closes incidents on the record by them.
"""

from tasks.observe.budget import Budget
from tasks.observe.snapshot_looks import collect_case, collect_snapshot, collect_wide_snapshot

__all__ = ["Budget", "collect_case", "collect_snapshot", "collect_wide_snapshot"]
