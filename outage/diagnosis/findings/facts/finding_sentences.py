"""The sentence of a finding, made of its facts: the only place that words what is seen."""

from functools import singledispatch

from outage.diagnosis.findings.facts import sign_facts
from outage.diagnosis.findings.facts.sign import Sign
from outage.errors import cut
from outage.kubernetes.objects import ObjectRef
from outage.text.durations import duration_in_words
from outage.text.listing import came_back
from outage.text.logs.shown_message import shown_message

REFUSAL_CHARACTERS = 600
"""The API server lists every violation; the last one may be the one that matters."""
LINE_CHARACTERS = 180


@singledispatch
def finding_sentence(facts: sign_facts.SignFacts, about: ObjectRef) -> str:
    """Word what is seen, as one sentence for the responder.

    Args:
        facts: Of whatever sign.
        about: The object that shows the sign.
    """
    raise TypeError(f"no sentence for {type(facts).__name__}")


@finding_sentence.register
def _(facts: sign_facts.ReplicaFacts, about: ObjectRef) -> str:
    return f"{about}: {facts.ready} of {facts.desired} pods are ready"


@finding_sentence.register
def _(facts: sign_facts.GoneFacts, about: ObjectRef) -> str:
    return f"{about}: was there when all was well and is gone"


@finding_sentence.register
def _(facts: sign_facts.StuckRolloutFacts, about: ObjectRef) -> str:
    return f"{about}: its rollout has not progressed within its deadline"


@finding_sentence.register
def _(facts: sign_facts.RefusedPodsFacts, about: ObjectRef) -> str:
    return f"{about}: its pods are refused: {cut(facts.quoted, REFUSAL_CHARACTERS)}"


@finding_sentence.register
def _(facts: sign_facts.ImagePullFacts, about: ObjectRef) -> str:
    return f"{about}: container {facts.container} cannot get {facts.image or 'its image'} ({facts.quoted})"


@finding_sentence.register
def _(facts: sign_facts.UncreatedContainerFacts, about: ObjectRef) -> str:
    return f"{about}: container {facts.container} cannot be created: {cut(facts.quoted)}"


@finding_sentence.register
def _(facts: sign_facts.MemoryKillFacts, about: ObjectRef) -> str:
    return f"{about}: container {facts.container} was killed for memory, {facts.restarts} restarts"


@finding_sentence.register
def _(facts: sign_facts.ContainerEndFacts, about: ObjectRef) -> str:
    code = "?" if facts.exit_code is None else facts.exit_code
    last = f"last with {facts.quoted or 'exit'} {code}"
    if facts.sign is Sign.POD_RESTARTED:
        return f"{about}: container {facts.container} restarted, {last}"
    if facts.running_again:
        return f"{about}: container {facts.container} restarted {facts.restarts} times, {last}"
    return f"{about}: container {facts.container} keeps ending with exit code {code}"


@finding_sentence.register
def _(facts: sign_facts.UnschedulableFacts, about: ObjectRef) -> str:
    return f"{about}: no node takes it: {cut(facts.quoted)}"


@finding_sentence.register
def _(facts: sign_facts.UnscheduledFacts, about: ObjectRef) -> str:
    return f"{about}: has no node and nobody says why"


@finding_sentence.register
def _(facts: sign_facts.GatedFacts, about: ObjectRef) -> str:
    gates = ", ".join(facts.gates) or "of its spec"
    return f"{about}: has no node, held back by the scheduling gate {gates}"


@finding_sentence.register
def _(facts: sign_facts.UnmountedVolumeFacts, about: ObjectRef) -> str:
    return f"{about}: a volume cannot be mounted: {cut(facts.quoted)}"


@finding_sentence.register
def _(facts: sign_facts.UnstartedPodFacts, about: ObjectRef) -> str:
    if facts.quoted:
        return f"{about}: cannot be started: {cut(facts.quoted)}"
    waits = "its containers are being created"
    if facts.init_container:
        waits = f"init container {facts.init_container} does not end"
    return f"{about}: {waits} since {facts.waited.total_seconds():.0f} s"


@finding_sentence.register
def _(facts: sign_facts.UnreadyPodFacts, about: ObjectRef) -> str:
    own = f"; it says {cut(facts.answer, LINE_CHARACTERS)!r}" if facts.answer else ""
    return f"{about}: runs but is not ready: {cut(facts.quoted) or 'its probe fails'}{own}"


@finding_sentence.register
def _(facts: sign_facts.StandbyFacts, about: ObjectRef) -> str:
    own = cut(facts.answer or facts.quoted, LINE_CHARACTERS)
    return f"{about}: is not ready while another member has the turn, as a standby is: {own}"


@finding_sentence.register
def _(facts: sign_facts.PodComplaintFacts, about: ObjectRef) -> str:
    said = shown_message(facts.quoted, LINE_CHARACTERS)
    often = f"{facts.count} times in the last minutes" if facts.count > 1 else "its last word"
    return f"{about}: {facts.trouble}, {often}: {said}"


@finding_sentence.register
def _(facts: sign_facts.FailedPodFacts, about: ObjectRef) -> str:
    return f"{about}: ended as failed: {cut(facts.quoted) or 'its containers failed'}"


@finding_sentence.register
def _(facts: sign_facts.StuckLeavingFacts, about: ObjectRef) -> str:
    return f"{about}: should be gone since {facts.overdue.total_seconds():.0f} s"


@finding_sentence.register
def _(facts: sign_facts.NoEndpointsFacts, about: ObjectRef) -> str:
    return f"{about}: has no ready endpoint; its selector matches {facts.selected} pods"


@finding_sentence.register
def _(facts: sign_facts.DanglingAddressFacts, about: ObjectRef) -> str:
    return f"{facts.caller}: names {facts.address}, and there is no Service {about.name}"


@finding_sentence.register
def _(facts: sign_facts.UnboundClaimFacts, about: ObjectRef) -> str:
    return f"{about}: is {facts.phase}"


@finding_sentence.register
def _(facts: sign_facts.ProbeFacts, about: ObjectRef) -> str:
    answer = f"answers {facts.status}" if facts.status else f"gives no answer: {cut(facts.quoted or '?')}"
    return f"{facts.url} {answer}"


@finding_sentence.register
def _(facts: sign_facts.CertificateFacts, about: ObjectRef) -> str:
    ends = "expired" if facts.sign is Sign.CERTIFICATE_EXPIRED else "expires"
    return f"{facts.url}: its certificate {ends} at {facts.expires_at:%Y-%m-%d %H:%M}"


@finding_sentence.register
def _(facts: sign_facts.UnreachedFacts, about: ObjectRef) -> str:
    verb = "resolve" if facts.sign is Sign.NAME_UNRESOLVED else "reach"
    return f"{about}: cannot {verb} {facts.target}: {cut(facts.quoted or 'no answer')}"


@finding_sentence.register
def _(facts: sign_facts.ErrorRatioFacts, about: ObjectRef) -> str:
    before = f"{facts.before:.0%} {came_back(facts.age)}"
    return f"{facts.service}: {facts.ratio:.0%} of requests fail, {before}"


@finding_sentence.register
def _(facts: sign_facts.LatencyFacts, about: ObjectRef) -> str:
    before = "" if facts.before is None else f", {facts.before:.1f} s {came_back(facts.age)}"
    return f"{facts.service}: 95% of requests take up to {facts.seconds:.1f} s{before}"


@finding_sentence.register
def _(facts: sign_facts.SaturationFacts, about: ObjectRef) -> str:
    spans = (("an hour earlier", facts.hour_ago), ("a day earlier", facts.day_ago))
    earlier = [f"{number:.2g} {when}" for when, number in spans if number is not None]
    far = f"robust z {facts.deviation:.1f}"
    return f"{about}: {facts.metric} is {facts.measured:.2g}, {' and '.join(earlier)} ({far})"


@finding_sentence.register
def _(facts: sign_facts.LogErrorFacts, about: ObjectRef) -> str:
    ago = f"the last {duration_in_words(facts.ago, parts=1)} ago" if facts.ago is not None else "the last"
    which = f"{ago}, new since the baseline" if facts.new else ago
    many = f"{facts.lines} log line{'' if facts.lines == 1 else 's'} with errors"
    return f"{about}: {many}, {which}: {shown_message(facts.quoted, LINE_CHARACTERS)}"


@finding_sentence.register
def _(facts: sign_facts.AlertFacts, about: ObjectRef) -> str:
    return f"alert {facts.alert} is firing" + (f" for {facts.service}" if facts.service else "")


@finding_sentence.register
def _(facts: sign_facts.UnreadyNodeFacts, about: ObjectRef) -> str:
    return f"{about}: not ready: {cut(facts.quoted)}"


@finding_sentence.register
def _(facts: sign_facts.NodePressureFacts, about: ObjectRef) -> str:
    return f"{about}: {facts.condition}"


@finding_sentence.register
def _(facts: sign_facts.BlindAutoscalerFacts, about: ObjectRef) -> str:
    return f"{about}: cannot measure {facts.target}: {cut(facts.quoted)}"


@finding_sentence.register
def _(facts: sign_facts.BlockingSessionFacts, about: ObjectRef) -> str:
    return f"session {facts.pid} of {facts.client} makes {facts.waiting} others wait for its lock"


@finding_sentence.register
def _(facts: sign_facts.ConnectionFacts, about: ObjectRef) -> str:
    return f"{about}: {facts.used} of {facts.allowed} connections are used"


@finding_sentence.register
def _(facts: sign_facts.ReadOnlyFacts, about: ObjectRef) -> str:
    return f"{about}: refuses writes" + (": it is in recovery" if facts.in_recovery else "")


@finding_sentence.register
def _(facts: sign_facts.WraparoundFacts, about: ObjectRef) -> str:
    return f"{about}: its transaction counter is near its end"
