"""The kinds of repair there are, each with its risk and with the guards that weigh it before it is written."""

from enum import Enum

from outage.diagnosis.hypothesis import Risk

DISTURBS = ("replicas_floor", "share_disturbed", "disruption_budget")
"""Guards of what replaces or moves pods."""


class Remedy(Enum):
    """One kind of repair; a rule names those that it knows in the order in which it trusts them."""

    PUT_BACK = ("put the fields back that a known good form has otherwise", Risk.LOW, DISTURBS)
    UNDO = ("undo the whole template to an older revision that was well", Risk.LOW, DISTURBS)
    CREATE_AGAIN = ("create it again, word for word as the baseline has it", Risk.LOW, ("secret_losses",))
    DRAW_ANEW = ("create it as its callers and its workload need it", Risk.MEDIUM, ())
    DROP = ("drop the field that stands in the way", Risk.MEDIUM, DISTURBS)
    PREFER = ("prefer what is required now, so that the wish stays and the pods run", Risk.MEDIUM, DISTURBS)
    RETARGET = ("set it to the one value that the live objects allow", Risk.MEDIUM, DISTURBS)
    RAISE = ("raise it as far as is needed, and no further", Risk.MEDIUM, DISTURBS)
    SCALE = ("scale it to the count that it had", Risk.LOW, ("replicas_floor", "is_autoscaled"))
    RESTART = ("restart the pods in turn", Risk.MEDIUM, DISTURBS)
    REPLACE_POD = ("delete the pod, so that its controller makes a new one", Risk.LOW, ("disruption_budget",))
    RETRIGGER = ("let the controller in back-off ask again", Risk.LOW, ())
    HOLD = ("hold the job, or scale the newcomer to nothing; it can be let go again", Risk.MEDIUM, ())
    TAKE_AWAY = ("delete what came with the trouble", Risk.MEDIUM, ("is_protected", "gitops_owned"))
    MAKE_ANEW = (
        "delete what holds no data and cannot be written, and create it right",
        Risk.HIGH,
        ("volume_losses",),
    )
    LET_GO = ("let the volume forget the claim that is gone", Risk.HIGH, ("volume_losses",))
    LET_PASS = ("let pods pass while the webhook does not answer", Risk.HIGH, ("is_protected",))
    CORDON = ("let no new pod on the node", Risk.MEDIUM, ("is_protected", "share_disturbed"))
    UNCORDON = ("let pods on the node again", Risk.MEDIUM, ("is_protected",))
    CANCEL = ("end the session", Risk.HIGH, ("session_losses", "too_many_sessions"))
    PERSON = ("hand over to a person, with the evidence and with what would settle it", None, ())

    def __init__(self, says: str, risk: Risk | None, guards: tuple[str, ...]) -> None:
        """Keep its sentence, its usual risk and the names of the guards that matter most."""
        self.says, self.risk, self.guards = says, risk, guards
