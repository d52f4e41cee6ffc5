"""The doors through which a response writes: one to the cluster, one to the platform's database.

Only act and verify open them (a drill has its own); whoever decides sees what a plan would write through `tasks.act`.
"""

from blocks.clients import clients
from blocks.kubernetes.writer import Writer
from blocks.postgres.database_target import database_target
from blocks.postgres.session_writer import DatabaseWriter
from outage.kubernetes.access_right import Right
from outage.plans.step_rights import SESSION


def cluster_target() -> Writer:
    """The cluster's, as the writing identity; nothing is asked yet."""
    return Writer(clients().writer_cluster)


def platform_database_target() -> DatabaseWriter | None:
    """The database's, as the writing role, or None when the platform file names no database."""
    return database_target()


def writer_may(right: Right) -> bool:
    """Whether the writing identity has a right: by the API server's word, of sessions by the database's.

    Raises:
        ClusterError, DatabaseError: Neither could be asked.
    """
    return may_end_sessions() if right.kind == SESSION else clients().writer_cluster.has_right(right)


def may_end_sessions() -> bool:
    """Whether the writing role may end sessions, by the database's own word; no when there is no such role."""
    door = platform_database_target()
    return door is not None and door.may_signal()
