"""Pod templates without what restarts and controllers write into them, so that two can be compared."""

from copy import deepcopy

from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"


def plain_template(template: Manifest) -> Manifest:
    """A pod template without what restarts and controllers write into it."""
    plain = deepcopy(template)
    meta = plain.setdefault("metadata", {})
    meta.pop("creationTimestamp", None)
    (meta.get("labels") or {}).pop("pod-template-hash", None)
    notes = meta.get("annotations") or {}
    notes.pop(RESTARTED_AT, None)
    if not notes:
        meta.pop("annotations", None)
    return plain


def plain_template_of(index: CaseIndex, template: Manifest) -> Manifest:
    """`plain_template`, worked out once per template of the picture."""
    key = ("plain", id(template))
    if key not in index.memory:
        index.memory[key] = (
            template,
            plain_template(template),
        )  # the template is kept, so its id stays its own
    plain: Manifest = index.memory[key][1]
    return plain
