"""Services that forget their callers: the time for which a client keeps its pod is too short to serve anybody."""

from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.rules.services.broken_service import BrokenService, services_fronting
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.thresholds import BEING_MADE, SESSION_SECONDS
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength
from outage.kubernetes.field_differences import FieldDifference
from outage.kubernetes.object_times import edited_at
from outage.kubernetes.objects import dig
from outage.snapshots.case_index import CaseIndex

USUAL = 10800
"""Seconds that the API server fills in: three hours."""
TIMEOUT = "/spec/sessionAffinityConfig/clientIP/timeoutSeconds"


def suspect_session_affinity(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Services with several pods whose affinity ends before a session does."""
    for service in services_fronting(index):
        yield from ForgetfulService(index, signs, service).affinity()


class ForgetfulService(BrokenService):
    """One Service, seen by how long it remembers a client."""

    def affinity(self) -> Iterator[SuspectDraft]:
        """Its timeout is too short, and that is no old choice."""
        seconds = dig(self.service, TIMEOUT[1:].replace("/", "."))
        if dig(self.service, "spec.sessionAffinity") != "ClientIP" or not isinstance(seconds, int):
            return
        known = self.known("/spec/sessionAffinity")
        if (
            seconds > SESSION_SECONDS
            or len(self.index.selected(self.service)) < 2
            or self._of_old(known is None)
        ):
            return
        says = f"{self.about}: a client keeps its pod for {seconds} s, then its session is lost"
        guess = (FieldDifference(pointer=TIMEOUT, live=seconds, wanted=USUAL),)
        fields = known.fields if known else guess
        found = self.suspect(Cause.SESSION_AFFINITY, says, fields, known is not None)
        found.alone = True
        found.settle = "Two requests of one client, some seconds apart: whether the same pod answers both."
        found.add(Strength.CONTRADICTED, "the affinity ends before a session could")
        yield self.trust(found, known)

    def _of_old(self, unknown: bool) -> bool:
        """Whether it was made so, as far as can be told: the baseline agrees, or nobody edited it since."""
        if not unknown:
            return False
        return self.index.baseline is not None or edited_at(self.service, BEING_MADE) is None


RULES = (
    CauseRule(
        suspect_session_affinity,
        entries=(
            CauseEntry(
                Cause.SESSION_AFFINITY,
                says="The Service forgets a client before its session is over.",
                shows=f"sessionAffinity is ClientIP for {SESSION_SECONDS} seconds or less, before several pods",
                evidence="sessionAffinityConfig against the known good Service; since when it is so",
                remedies=(Remedy.PUT_BACK, Remedy.RETARGET, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
        ),
    ),
)
