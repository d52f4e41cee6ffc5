"""A reason not to act. A guard never raises; if it cannot tell, it refuses."""

from enum import StrEnum

from outage.value import Value


class Objection(StrEnum):
    """Stable names of the reasons, for tests, policy and reports."""

    OUTSIDE_ALLOW_LIST = "outside-allow-list"
    PROTECTED = "protected"
    REPLICAS_FLOOR = "replicas-floor"
    SHARE_DISTURBED = "share-disturbed"
    COOLDOWN = "cooldown"
    TOO_MANY_ACTIONS = "too-many-actions"
    DISRUPTION_BUDGET = "disruption-budget"
    FREEZE = "freeze"
    MAINTENANCE = "maintenance"
    KILL_SWITCH = "kill-switch"
    STORM = "storm"
    STALE_VIEW = "stale-view"
    GITOPS_OWNED = "gitops-owned"
    POLICY_BROKEN = "policy-broken"
    MISSING_RIGHT = "missing-right"
    OWN_PLACE = "own-place"
    NOT_ALLOWED = "not-allowed"
    DATA_AT_RISK = "data-at-risk"
    CANNOT_TELL = "cannot-tell"


class Proceed(Value):
    """Nothing speaks against it."""


class Refuse(Value):
    """Something speaks against it."""

    reason: Objection
    says: str
    """One sentence with the seen and the allowed."""


Verdict = Proceed | Refuse
