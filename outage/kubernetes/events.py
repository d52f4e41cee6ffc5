"""An event of the cluster: when it was said, how often, and what."""

from datetime import datetime

from outage.kubernetes.object_times import created_at, latest_of, parsed_moment
from outage.kubernetes.objects import dig
from outage.value import Manifest


def event_moment(event: Manifest) -> datetime | None:
    """When the event was last seen.

    Returns:
        None when it has no date at all.
    """
    return latest_of(
        [
            parsed_moment(event.get("lastTimestamp") or event.get("deprecatedLastTimestamp")),
            parsed_moment(dig(event, "series.lastObservedTime")),
            parsed_moment(event.get("eventTime")),
        ]
    ) or created_at(event)


def event_began(event: Manifest) -> datetime | None:
    """When the event was first seen.

    Returns:
        None when it has no date at all.
    """
    first = event.get("firstTimestamp") or event.get("deprecatedFirstTimestamp") or event.get("eventTime")
    return parsed_moment(first) or created_at(event)


def event_message(event: Manifest) -> str:
    """What the event says."""
    return str(event.get("message") or event.get("note") or "")


def event_count(event: Manifest) -> int:
    """How often it was said."""
    return int(event.get("count") or event.get("deprecatedCount") or dig(event, "series.count", 1) or 1)
