"""Known-good pictures of the platform; a week of hourly ones is kept."""

from datetime import datetime

from blocks.record.record_pool import RecordPool, as_json
from outage.snapshots.baseline import Baseline

KEPT = 168
"""A week of hourly pictures: an outage that began before that is not found by comparing."""


class KeptBaselines(RecordPool):
    """What the platform looked like while it was verified healthy."""

    platform: str | None = ""
    """Whose pictures are meant: a platform's name, empty for all that were kept without one, None for nobody's."""

    def keep_baseline(self, baseline: Baseline) -> None:
        """Keep a picture; the oldest beyond a week of them are dropped."""
        with self.transaction("keep a baseline") as connection:
            connection.execute(
                "insert into outage.baseline (recorded_at, platform, body) values (%s, %s, %s) on conflict do nothing",
                (baseline.recorded_at, self.platform or "", as_json(baseline)),
            )
            connection.execute(
                "delete from outage.baseline where platform = %s and recorded_at <"
                " (select min(recorded_at) from (select recorded_at from outage.baseline where platform = %s"
                " order by recorded_at desc limit %s) kept)",
                (self.platform or "", self.platform or "", KEPT),
            )

    def baseline(self, recorded_at: datetime | None = None) -> Baseline | None:
        """The picture of one moment, or the newest; None when there is none."""
        row = self.row(
            "read a baseline",
            "select body from outage.baseline where (%s::timestamptz is null or recorded_at = %s)"
            " and platform in (%s, '') and %s order by platform desc, recorded_at desc limit 1",
            recorded_at,
            recorded_at,
            self.platform or "",
            self.platform is not None,
        )
        return Baseline.model_validate(row["body"]) if row else None

    def baselines(self) -> list[datetime]:
        """When pictures were recorded, newest first."""
        found = self.rows(
            "list baselines", "select recorded_at from outage.baseline order by recorded_at desc"
        )
        return [row["recorded_at"] for row in found]
