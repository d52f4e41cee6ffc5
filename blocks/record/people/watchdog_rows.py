"""Of each cluster whether its monitoring shows that it lives, and since when not."""

from collections.abc import Sequence
from datetime import datetime

from blocks.record.record_pool import RecordPool
from outage.people.watchdog import WatchdogState

WATCHED = ", ".join(WatchdogState.model_fields)


class WatchdogRows(RecordPool):
    """Heard and missed signs of life of the monitoring."""

    def hear_watchdog(self, cluster: str, at: datetime) -> None:
        """Keep that a cluster's monitoring was heard."""
        self.rows(
            f"keep that the monitoring of {cluster or 'the cluster'} was heard",
            "insert into outage.watchdog (cluster, heard_at, expected_at) values (%s, %s, %s)"
            " on conflict (cluster) do update set heard_at = greatest(outage.watchdog.heard_at, excluded.heard_at)",
            *(cluster, at, at),
        )

    def expect_watchdogs(self, at: datetime, clusters: Sequence[str]) -> None:
        """Wait for each cluster's monitoring from now on, whether or not it was ever heard.

        Args:
            at: The time; whose silence counts already keeps its own.
            clusters: As their alerts name them; empty for one without a name.
        """
        self.rows(
            "wait for the monitoring",
            "insert into outage.watchdog (cluster, expected_at) select one, %s from unnest(%s::text[]) one"
            " on conflict do nothing",
            *(at, list(clusters)),
        )

    def forget_watchdogs(self, awaited: Sequence[str]) -> None:
        """Drop what was never heard, is not missed, and is not waited for: its cluster has no platform any more.

        Args:
            awaited: The clusters that are waited for.
        """
        self.rows(
            "wait for no other monitoring",
            "delete from outage.watchdog where heard_at is null and lost_at is null and not cluster = any(%s)",
            list(awaited),
        )

    def await_watchdogs(self, at: datetime) -> None:
        """Count the silence of those that were not missed yet from now on: while we were down nobody listened."""
        self.rows(
            "listen for the monitoring anew",
            "update outage.watchdog set expected_at = greatest(expected_at, %s) where lost_at is null",
            at,
        )

    def watchdogs(self) -> list[WatchdogState]:
        """All that is known, by cluster."""
        found = self.rows(
            "read when the monitoring was heard", f"select {WATCHED} from outage.watchdog order by cluster"
        )
        return [WatchdogState.model_validate(row) for row in found]

    def mark_watchdog(self, cluster: str, lost_at: datetime | None) -> None:
        """Keep since when a cluster's monitoring is silent; None: it is heard again."""
        self.rows(
            f"keep whether the monitoring of {cluster or 'the cluster'} is silent",
            "update outage.watchdog set lost_at = %s where cluster = %s",
            *(lost_at, cluster),
        )

    def silent_pools(self) -> dict[str, datetime]:
        """The work pools that were found without a worker, with the moment; by the record's clock."""
        found = self.rows("read which pools nobody carries", "select pool, since from outage.silent_pool")
        return {row["pool"]: row["since"] for row in found}

    def mark_silent_pool(self, pool: str, since: datetime | None) -> None:
        """Keep since when nobody carries a pool, the first moment stands; None: somebody does again."""
        if since is None:
            self.rows(
                f"keep that pool {pool} is carried", "delete from outage.silent_pool where pool = %s", pool
            )
            return
        self.rows(
            f"keep that nobody carries pool {pool}",
            "insert into outage.silent_pool (pool, since) values (%s, %s) on conflict do nothing",
            *(pool, since),
        )
