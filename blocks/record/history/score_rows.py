"""The score cards of drills."""

from blocks.record.record_pool import RecordPool, as_json
from outage.reports.drills.score_card import ScoreCard


class ScoreRows(RecordPool):
    """How every drill went."""

    def keep_score(self, card: ScoreCard) -> None:
        """Keep a card; the first of a drill stands."""
        self.row(
            f"keep the score of {card.drill}",
            "insert into outage.drill_score (drill, platform, fault, service, at, passed, body)"
            " values (%s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
            *(card.drill, card.platform, card.fault, card.service, card.at, card.passed, as_json(card)),
        )

    def score_of(self, drill_id: str) -> ScoreCard | None:
        """The card of one drill; None while it goes on, or of one of before there were cards."""
        found = self.row(
            f"read the score of {drill_id}",
            "select body from outage.drill_score where drill = %s",
            drill_id,
        )
        return ScoreCard.model_validate(found["body"]) if found else None

    def last_score(self, card: ScoreCard) -> ScoreCard | None:
        """The card before this one, of the same fault at the same place; None the first time."""
        found = self.row(
            f"read the score before {card.drill}",
            "select body from outage.drill_score where platform = %s and fault = %s and service = %s"
            " and at < %s order by at desc limit 1",
            *(card.platform, card.fault, card.service, card.at),
        )
        return ScoreCard.model_validate(found["body"]) if found else None

    def scores(self, platform: str = "", limit: int = 1000) -> list[ScoreCard]:
        """The newest cards, oldest first.

        Args:
            platform: Of this one alone; empty for all.
            limit: Most of them.
        """
        found = self.rows(
            "list the scores of drills",
            "select body from outage.drill_score where %s = '' or platform = %s order by at desc limit %s",
            *(platform, platform, limit),
        )
        return [ScoreCard.model_validate(row["body"]) for row in reversed(found)]
