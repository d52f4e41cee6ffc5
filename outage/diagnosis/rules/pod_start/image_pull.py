"""Images that cannot be had: a wrong reference, a refused login, a registry out of reach."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.container_signs import IMAGE_TROUBLE, container_statuses
from outage.diagnosis.known_good.troubled_workloads import Troubled, troubled_workloads
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Trust
from outage.errors import cut
from outage.kubernetes.events import event_message
from outage.kubernetes.field_differences import shown_value
from outage.kubernetes.objects import ObjectRef, containers_of, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

WRONG = re.compile(
    r"manifest unknown|not found|InvalidImageName|couldn't parse image|invalid reference|no match for platform"
    r"|ErrImageNeverPull|not present with pull policy|does not exist",
    re.I,
)
DENIED = re.compile(r"unauthori[sz]ed|denied|forbidden|authentication required|no basic auth|401|403", re.I)
NO_REGISTRY = re.compile(
    r"no such host|i/o timeout|connection refused|network is unreachable|TLS handshake|dial tcp|deadline exceeded",
    re.I,
)
RATIONED = re.compile(r"toomanyrequests|too many requests|pull rate limit|\b429\b", re.I)
"""What a registry says that has the image, and gives no more of any for a while."""
NO_REPOSITORY = re.compile(r"repository (?:does not exist|name not known)|name unknown", re.I)
"""What registries say of a repository that they have not; some say "denied" in the same breath."""
EXPECTED = "The image is pulled and the new pods become ready."


class FailedPull(NamedTuple):
    """One image that a container waits for."""

    one: Troubled
    pod: Manifest
    container: str
    image: str
    said: str
    """What the node and the registry say of it."""


def suspect_image_pull(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """One suspect per workload whose pods cannot get an image."""
    for one in troubled_workloads(index, signs):
        failed = next(filter(None, (_failed_pull(one, pod) for pod in one.pods)), None)
        if failed is not None:
            yield _suspect(failed)


def _failed_pull(one: Troubled, pod: Manifest) -> FailedPull | None:
    for status in container_statuses(pod):
        if dig(status, "state.waiting.reason") in IMAGE_TROUBLE:
            name = str(status.get("name"))
            images = (c.get("image", "?") for c in containers_of(pod["spec"]) if c.get("name") == name)
            return FailedPull(one, pod, name, next(images, "?"), _what_was_said(one, pod, name))
    return None


def _suspect(failed: FailedPull) -> SuspectDraft:
    one = failed.one
    pattern = r"/(initContainers|containers)/\d+/image$"
    if RATIONED.search(failed.said) and not WRONG.search(failed.said):
        return _registry(failed)
    if one.is_current(failed.pod) and (fix := one.fix(pattern, failed.container)):
        says = f"{one.about} was given the image {failed.image}, which cannot be had: {cut(failed.said, 140)}"
        found = one.suspect(Cause.BAD_IMAGE, says, fix, EXPECTED)
        return found.add(Strength.STATED, "pods wait for an image that the older template does not name")
    return next(answer for answer in ANSWERS if answer.fits(failed)).suspect(failed)


def _what_was_said(one: Troubled, pod: Manifest, container: str) -> str:
    said = [
        event_message(event)
        for event in one.index.warnings(object_ref(pod, "Pod"))
        if event.get("reason") in ("Failed", "InspectFailed", "FailedToRetrieveImagePullSecret")
        and "Error: " not in event_message(event)[:8]
    ]
    waiting = [
        f"{dig(status, 'state.waiting.reason')}: {dig(status, 'state.waiting.message', '')}"
        for status in container_statuses(pod)
        if status.get("name") == container
    ]
    return " ".join([*waiting, *said[-2:]])


def _absent_pull_secrets(one: Troubled, pod: Manifest) -> list[str]:
    """The pull secrets that the pod names and that are not there."""
    if not one.index.snapshot.saw("Secret"):
        return []
    home = one.about.namespace
    named = [secret.get("name", "") for secret in dig(pod, "spec.imagePullSecrets", [])]
    return [name for name in named if not one.index.get(ObjectRef(kind="Secret", name=name, namespace=home))]


def _denied(failed: FailedPull) -> SuspectDraft:
    one, pod, container, _, text = failed
    fix = one.fix(r"/imagePullSecrets|/serviceAccountName")
    absent = _absent_pull_secrets(one, pod)
    says = f"The registry refuses the image of {one.about} ({container}): {cut(text, 140)}"
    if absent:
        says = f"{one.about} pulls with Secret {', '.join(absent)}, which does not exist"
    found = one.suspect(Cause.IMAGE_PULL_DENIED, says, fix, EXPECTED, elsewhere=True)
    found.add(
        Strength.STATED if DENIED.search(text) or absent else Strength.FITS,
        "the pull is refused, or its Secret is absent",
    )
    found.field = found.field or "spec.template.spec.imagePullSecrets"
    found.live = found.live or shown_value(
        [secret.get("name") for secret in dig(pod, "spec.imagePullSecrets", [])]
    )
    if fix is None:
        found.settle = (
            "Somebody who holds the registry's credential must put the pull secret back; we invent none."
        )
    return found


def _had_before(failed: FailedPull) -> bool:
    """Whether the repository is there, for others run this image, or the pods had another login when they got it."""
    running = (status for pod in failed.one.index.pods for status in container_statuses(pod))
    ran = any(one.get("ready") and one.get("image") == failed.image for one in running)
    return ran or failed.one.fix(r"/imagePullSecrets|/serviceAccountName") is not None


def _wrong_without_history(failed: FailedPull) -> SuspectDraft:
    one, pod, container, image, text = failed
    found = one.suspect(
        Cause.BAD_IMAGE, f"The image {image} of {one.about} does not exist: {cut(text, 140)}", None, ""
    )
    found.add(Strength.STATED, "the registry (or the node) says that there is no such image")
    found.add(None if one.is_current(pod) else Doubt.OLDER_TEMPLATE)
    pointer = one.container_pointer(container)
    found.field = f"{pointer}/image".strip("/").replace("/", ".") if pointer else None
    found.live = image
    if sibling := _sibling_image(one, image):
        found.wanted = sibling
        found.add(Trust.SIBLINGS, f"running pods of the platform use {sibling}")
    found.settle = "Which image should run: nothing recorded tells. Set it, or undo by hand."
    return found


def _sibling_image(one: Troubled, image: str) -> str | None:
    """The one image of that repository that ready containers run; with several, each may be another program."""
    stem = image.rsplit("@", 1)[0].rsplit(":", 1)[0]
    running = {
        str(status.get("image", ""))
        for pod in one.index.pods
        for status in container_statuses(pod)
        if status.get("ready") and str(status.get("image", "")).rsplit(":", 1)[0] == stem
    } - {image}
    return running.pop() if len(running) == 1 else None


def _registry(failed: FailedPull) -> SuspectDraft:
    one, image, text = failed.one, failed.image, failed.said
    rationed = RATIONED.search(text)
    does = "lets the nodes pull no more for now" if rationed else "cannot be reached by the nodes"
    found = one.suspect(
        Cause.REGISTRY_UNREACHABLE,
        f"The registry of {image} {does}: {cut(text[rationed.start() if rationed else 0 :], 140)}",
        None,
        "",
        elsewhere=True,
    )
    found.field, found.live, found.wanted = "spec.template.spec.containers", image, None
    found.add(
        Strength.CONTRADICTED if rationed or NO_REGISTRY.search(text) else Strength.FITS,
        "the registry refuses for want of turns"
        if rationed
        else "the pull ends without an answer from the registry",
    )
    if rationed:
        found.settle = (
            "When its limit is over, or with which login there is none: a pull secret, a mirror. Pods that run stay as "
            "they are: their image may not be had again."
        )
        return found
    found.evidence_against.append("a wrong image name on a cluster without registry looks the same")
    found.settle = (
        "Pull the image on the node. Leave pods that still run alone: their image may not be had again."
    )
    return found


@dataclass(frozen=True)
class PullAnswer:
    """One way in which a pull ends, and what is suspected then."""

    said: re.Pattern[str]
    suspect: Callable[[FailedPull], SuspectDraft]
    unless: Callable[[FailedPull], object] = lambda _: False
    """What speaks against it although it is said."""
    seen: Callable[[FailedPull], object] = lambda _: False
    """What tells it although it is not said."""

    def fits(self, failed: FailedPull) -> bool:
        """Whether the pull ended so."""
        return bool(self.seen(failed) or (self.said.search(failed.said) and not self.unless(failed)))


ANSWERS = (
    PullAnswer(
        NO_REPOSITORY,
        _wrong_without_history,
        unless=lambda failed: dig(failed.pod, "spec.imagePullSecrets") or _had_before(failed),
    ),
    PullAnswer(DENIED, _denied, seen=lambda failed: _absent_pull_secrets(failed.one, failed.pod)),
    PullAnswer(WRONG, _wrong_without_history, unless=lambda failed: NO_REGISTRY.search(failed.said)),
    PullAnswer(re.compile(""), _registry),
)
"""The first that fits is the one; the last one always does."""

RULES = (
    CauseRule(
        suspect_image_pull,
        entries=(
            CauseEntry(
                Cause.BAD_IMAGE,
                says="The image reference names an image that cannot be had.",
                shows="pods wait for an image, and the registry or the node says that there is no such one",
                evidence="container states (ErrImagePull, InvalidImageName), events Failed; older templates",
                remedies=(Remedy.UNDO, Remedy.PUT_BACK, Remedy.PERSON),
                doubts=(Doubt.OLDER_TEMPLATE,),
            ),
            CauseEntry(
                Cause.IMAGE_PULL_DENIED,
                says="The registry refuses the pull: the pull secret is missing, wrong or not named.",
                shows="the registry refuses the pull, or a pull secret that the pods name is absent",
                evidence="events Failed and FailedToRetrieveImagePullSecret; spec.imagePullSecrets against the Secrets",
                remedies=(Remedy.PUT_BACK, Remedy.PERSON),
            ),
            CauseEntry(
                Cause.REGISTRY_UNREACHABLE,
                says="The nodes cannot reach the registry of an image that did not change.",
                shows="the pull ends without an answer: no such host, timeout, refused",
                evidence="events Failed of pods whose image did not change",
                remedies=(Remedy.PERSON,),
            ),
        ),
    ),
)
