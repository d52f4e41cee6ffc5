"""What a write leaves on record: the picture from before it, and its outcome with a sentence."""

from outage.diagnosis.hypothesis import Change
from outage.plans.outcome import Outcome, StepDid
from outage.plans.plan import WayBack
from outage.plans.preconditions import spec_hash
from outage.value import Manifest


def before_image(live: Manifest | None, says: str) -> WayBack:
    """The object as it must be restored: its status and the bookkeeping of its fields come by themselves."""
    if live is None:
        return WayBack(before=None, says=says)
    kept = {key: value for key, value in live.items() if key != "status"}
    kept["metadata"] = {key: value for key, value in live["metadata"].items() if key != "managedFields"}
    return WayBack(before=kept, says=says)


def applied_outcome(change: Change, after: Manifest | None, followed_by: Change | None, how: str) -> Outcome:
    """It is written; hashed as the next change of the same object will compare it.

    Args:
        change: What was written.
        after: The object afterwards; None when it is gone.
        followed_by: The next change of the same object within the plan, or None.
        how: Whether it was written now, or found written.
    """
    meta = (after or {}).get("metadata") or {}
    return Outcome(
        did=StepDid.APPLIED,
        says=f"{change.action} {change.target}: {how}",
        resource_version=meta.get("resourceVersion"),
        uid=meta.get("uid"),
        spec_hash=spec_hash(after, followed_by or change) if after else None,
    )


def failed_outcome(says: str) -> Outcome:
    """It is not written, or not as wanted."""
    return Outcome(did=StepDid.FAILED, says=says)


def unexpected_outcome(change: Change) -> str:
    """The sentence for an object that somebody else wrote meanwhile."""
    return (
        f"{change.action} {change.target}: it is neither as before nor as wanted, somebody else wrote it; "
        "a person has to look"
    )
