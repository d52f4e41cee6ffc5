"""When things happened to an object, as far as its own fields tell."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from outage.kubernetes.objects import dig
from outage.value import Manifest

MACHINERY = ("kube-controller-manager", "kube-scheduler", "kubelet", "cloud-controller-manager")
"""Field managers that only carry out what somebody else decided."""


def parsed_moment(text: Any) -> datetime | None:
    """Read a Kubernetes timestamp; anything else is None."""
    if not isinstance(text, str) or not text:
        return None
    try:
        read = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def created_at(manifest: Manifest) -> datetime | None:
    """When the object was made.

    Returns:
        None when the object does not say.
    """
    return parsed_moment(dig(manifest, "metadata.creationTimestamp"))


def changed_at(manifest: Manifest) -> datetime | None:
    """When somebody last changed what the object asks for; status writes of the machinery do not count.

    Who takes a field away leaves no entry: then the generation tells that it was changed, and nothing tells when.
    """
    moments = [
        parsed_moment(entry.get("time"))
        for entry in dig(manifest, "metadata.managedFields", [])
        if entry.get("manager") not in MACHINERY and entry.get("subresource") != "status"
    ]
    newest, born = latest_of([*moments, created_at(manifest)]), created_at(manifest)
    if newest == born and (dig(manifest, "metadata.generation") or 1) > 1:
        return None
    return newest


def edited_at(manifest: Manifest, being_made: timedelta, made_at: datetime | None = None) -> datetime | None:
    """When somebody last changed what an object asks for after it was made; what it was made with is a choice.

    Args:
        manifest: The object.
        being_made: For how long whoever makes one writes it.
        made_at: From when it counts as made; None: from its own creation.

    Returns:
        None when nobody did, or nothing tells when.
    """
    at, born = changed_at(manifest), made_at or created_at(manifest)
    return at if at and born and at - born > being_made else None


def respecified_at(manifest: Manifest) -> datetime | None:
    """When what it asks for last changed, of a kind whose generation the API server counts.

    The first generation means that whoever wrote to it since, as a chart does with every release, changed marks only.

    Returns:
        None when the object does not say.
    """
    return created_at(manifest) if dig(manifest, "metadata.generation") == 1 else changed_at(manifest)


def earliest_of(moments: Iterable[datetime | None]) -> datetime | None:
    """The first of several moments, None when there is none."""
    return min((one for one in moments if one), default=None)


def latest_of(moments: Iterable[datetime | None]) -> datetime | None:
    """The last of several moments, None when there is none."""
    return max((one for one in moments if one), default=None)


def condition_of(manifest: Manifest, kind: str) -> Manifest:
    """A condition of the object's status, or an empty dict."""
    for one in dig(manifest, "status.conditions", []):
        if one.get("type") == kind:
            return {key: value for key, value in one.items() if value is not None}
    return {}


def since_condition(manifest: Manifest, kind: str) -> datetime | None:
    """When that condition last turned.

    Returns:
        None when it has no such condition, or the condition no date.
    """
    return parsed_moment(condition_of(manifest, kind).get("lastTransitionTime"))


def age_of(manifest: Manifest, now: datetime) -> timedelta:
    """How old the object is; one without a date counts as old."""
    born = created_at(manifest)
    return now - born if born else timedelta(days=365)
