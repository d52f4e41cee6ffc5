"""Scores of a quarter: two platforms, faults that get better, one that got worse, one that never passed."""

from datetime import datetime, timedelta

from outage.reports.drills.drill_score import score_drill
from outage.reports.drills.score_card import ScoreCard
from tests.outage.reports.drills.practised import facts

FAULTS = ("bad-image", "bad-probe", "config-drift", "node-down", "service-selector", "wrong-port", "quota")
STANDS = score_drill(facts(cause_stands=True))
WELL = score_drill(facts())


def quarter_of_cards(now: datetime) -> list[ScoreCard]:
    """Some thirty cards, oldest first."""
    made = []
    for number in range(30):
        fault = FAULTS[number * 5 % len(FAULTS)]
        platform = "learning" if number % 3 else "shop"
        wrong = fault == "node-down" or number % 11 == 3
        drawn = 1.0 + (number * 7 % 10) / 6
        card = (STANDS if wrong else WELL).model_copy(
            update={
                "drill": f"drill-{number}",
                "fault": fault,
                "service": "checkout" if number % 4 == 0 else "",
                "platform": platform,
                "at": now - timedelta(days=3 * (30 - number)),
                "points": round(0.55 + number % 4 * 0.1, 2) if wrong else 1.0 - (number % 3) * 0.09,
                "seconds": {name: round(seconds * drawn, 1) for name, seconds in WELL.seconds.items()},
            }
        )
        made.append(card)
    return made
