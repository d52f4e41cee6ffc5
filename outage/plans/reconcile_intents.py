"""What became of a write whose outcome nobody recorded: told by looking at the live object, never by repeating."""

from enum import StrEnum

from outage.diagnosis.hypothesis import Action, Change
from outage.kubernetes import json_patch
from outage.kubernetes.objects import dig
from outage.plans.preconditions import is_restored, precondition_anew, spec_hash
from outage.value import Manifest


class WriteState(StrEnum):
    """What the live object says about a write."""

    WRITTEN = "written"
    """It is as the write makes it."""
    AS_BEFORE = "as before"
    """It is as it was before: the write did not happen."""
    NEITHER = "neither"
    """Somebody else wrote something else: a person has to look."""


def look_at_write(change: Change, before: Manifest | None, live: Manifest | None) -> WriteState:
    """Tell from the object before and the object now whether a change was written.

    Args:
        change: The write in question.
        before: The object as it was recorded before the write.
        live: The object as it is now.
    """
    match change.action:
        case Action.CREATE:
            return _created(change, live)
        case Action.DELETE | Action.CANCEL:
            return _deleted(change, before, live)
        case _:
            return _patched(change, before, live)


def _created(change: Change, live: Manifest | None) -> WriteState:
    if live is None:
        return WriteState.AS_BEFORE
    return WriteState.WRITTEN if is_this(live, change.manifest or {}, change) else WriteState.NEITHER


def is_this(live: Manifest, manifest: Manifest, change: Change) -> bool:
    """Whether a live object holds all that a manifest says, beside what the server filled in.

    Args:
        live: The object now.
        manifest: What it should be.
        change: The change that writes it.
    """
    wanted = precondition_anew(manifest, change.target)
    parts = {key: value for key, value in wanted.items() if key not in ("metadata", "apiVersion", "kind")}
    words = {key: wanted["metadata"].get(key) or {} for key in ("labels", "annotations")}
    there = {key: dig(live, f"metadata.{key}", {}) for key in words}
    return json_patch.is_within(parts, live) and json_patch.is_within(words, there)


def _deleted(change: Change, before: Manifest | None, live: Manifest | None) -> WriteState:
    if live is None or dig(live, "metadata.deletionTimestamp"):
        return WriteState.WRITTEN
    if dig(live, "metadata.uid") != dig(before or {}, "metadata.uid"):
        return WriteState.WRITTEN  # another one of the same name stands there since
    if change.action is Action.CANCEL and dig(before or {}, "spec.blocks") and not dig(live, "spec.blocks"):
        return WriteState.WRITTEN  # its query was cancelled, the session lives on
    return (
        WriteState.AS_BEFORE
        if spec_hash(live, change) == spec_hash(before or {}, change)
        else WriteState.NEITHER
    )


def _patched(change: Change, before: Manifest | None, live: Manifest | None) -> WriteState:
    if before is None or live is None or dig(live, "metadata.uid") != dig(before, "metadata.uid"):
        return WriteState.NEITHER
    if json_patch.patch_holds(live, before, change.patch):
        return WriteState.WRITTEN
    return (
        WriteState.AS_BEFORE if spec_hash(live, change) == spec_hash(before, change) else WriteState.NEITHER
    )


def already_so(change: Change, live: Manifest | None) -> bool:
    """Whether a live object, however it came there, is what the change wants; when it cannot be told, it is not."""
    match change.action:
        case Action.CREATE:
            return live is not None and is_this(live, change.manifest or {}, change)
        case Action.DELETE:
            return live is None
        case Action.CANCEL:
            return live is None or not (
                dig(live, "spec.blocks") or dig(live, "status.state", "").startswith("idle")
            )
        case Action.RESTART:
            return False
        case _:
            return live is not None and json_patch.says_so(live, change.patch)


def changes_nothing(change: Change, live: Manifest | None) -> bool:
    """Whether writing would leave the object as it is. Draining is never nothing: pods may still be there."""
    if change.action in (Action.CREATE, Action.DELETE, Action.CANCEL, Action.DRAIN):
        return change.action in (Action.DELETE, Action.CANCEL) and live is None
    return live is not None and not json_patch.touched_pointers(live, change.patch)


def undoing_patch(
    change: Change, before: Manifest | None, live: Manifest | None, exact: bool = False
) -> Change | None:
    """The change that takes another one back, or None when there is nothing to take back.

    Args:
        change: The change that was written.
        before: The object as it was recorded before that.
        live: The object as it is now.
        exact: Whether nobody edited it since; then all of it is restored, else only the fields of the change.

    Raises:
        ClusterRejected: The change does not fit the recorded object. Permanent: a mistake of ours.
    """
    took = change.model_copy(update={"why": "it did not help", "expected": "the object is as it was before"})
    if change.action is Action.CREATE:
        return took.model_copy(update={"action": Action.DELETE, "manifest": None})
    if change.action is Action.DELETE and change.target.kind != "Pod" and before is not None:
        return took.model_copy(update={"action": Action.CREATE, "manifest": before})
    if change.action in (Action.DELETE, Action.CANCEL) or before is None:
        return None
    if exact and live is not None:
        back = json_patch.patch_between(live, is_restored(live, before, change))
    else:
        back = json_patch.way_back(before, change.patch)
    return took.model_copy(update={"action": Action.PATCH, "patch": back})
