"""Ask the monitoring what fires, and how the traffic is against an hour ago."""

from collections.abc import Callable

from blocks.prometheus import Monitoring
from outage.alert import Alert
from outage.platform import Platform
from outage.readable import lines
from outage.snapshot import Rates
from tasks.observe.looking import Looks


def look_at_monitoring(
    looks: Looks, monitoring: Monitoring, platform: Platform, alerts: list[Alert], rates: list[Rates]
) -> list[Callable[[], None]]:
    """Firing alerts, and the rates of the queries in the platform file."""
    return [
        lambda: _alerts(looks, monitoring, alerts),
        lambda: _rates(looks, monitoring, platform, rates),
    ]


def _alerts(looks: Looks, monitoring: Monitoring, kept: list[Alert]) -> None:
    def ask() -> tuple[Alert, ...]:
        seen = monitoring.alerts(looks.budget.seconds(8))
        kept.extend(seen)
        return seen

    def show(seen: tuple[Alert, ...]) -> str:
        return (
            lines(
                f"{one.name}  {one.labels.get('severity', '')}  {one.namespace}/{one.service}  "
                f"since {one.starts_at:%H:%M:%S}"
                for one in seen
            )
            or "nothing fires"
        )

    looks.see("alerts", f"curl {monitoring.where}/api/v1/alerts", ask, show)


def _rates(looks: Looks, monitoring: Monitoring, platform: Platform, kept: list[Rates]) -> None:
    def ask() -> tuple[Rates, ...]:
        seen = monitoring.rates(platform, looks.now(), looks.budget.seconds(8))
        kept.extend(seen)
        return seen

    looks.see(
        "rates",
        f"curl {monitoring.where}/api/v1/query --data-urlencode 'query=…'",
        ask,
        lambda seen: lines(_rate(one) for one in seen) or "the queries gave no numbers",
    )


def _rate(one: Rates) -> str:
    def both(now: float | None, before: float | None, spell: str) -> str:
        words = ["?" if number is None else spell.format(number) for number in (now, before)]
        return f"{words[0]} (an hour ago {words[1]})"

    return (
        f"{one.service}  errors {both(one.error_ratio, one.error_ratio_before, '{:.1%}')}  "
        f"latency {both(one.latency_seconds, one.latency_seconds_before, '{:.3f} s')}"
    )
