"""Making the platform's live objects what its manifests say, before they are applied.

`kubectl apply` changes what its own last configuration named and keeps whatever others added: a key in a selector,
a container, a variable. So each object is first compared with what the API server would make of its manifest, and
the difference is taken back by the smallest patch. Where nothing differs nothing is written.
"""

from collections.abc import Sequence

from practice.platform import foreign
from practice.platform.kubectl import Kubectl
from practice.platform.manifests import Manifest
from practice.say import Say

TRIES = 2  # a controller may write to an object at the very moment when it is looked at
MOST_NAMED = 8  # objects or paths in one sentence; more is a list nobody reads


def mend(kubectl: Kubectl, documents: Sequence[Manifest], say: Say) -> None:
    """Take back what others changed in the platform's objects; what is missing is left to `apply`.

    Raises:
        PracticeError: The cluster cannot be asked.
    """
    live = {foreign.key(item): item for item in kubectl.live(documents)}
    standing = {key: document for document in documents if (key := foreign.key(document)) in live}
    whole = {key: foreign.completed(document, live[key]) for key, document in standing.items()}
    for item in meant(kubectl, list(whole.values()), say):
        key = foreign.key(item)
        if patch := foreign.mending(live[key], item):
            # An address that the server only pretended to choose is refused in a patch: then it has to choose.
            refused = kubectl.patch(item, patch) and kubectl.put_in_place([whole[key]], really=True)[1]
            became = f"cannot be made so: {refused}" if refused else "is now"
            say(
                f"{foreign.named(key)} was not as its manifest says in {few(foreign.paths(patch))}, and {became}"
            )


def meant(kubectl: Kubectl, documents: Sequence[Manifest], say: Say) -> list[Manifest]:
    """Return what the API server makes of manifests whose objects exist; say why, where it makes nothing of them."""
    found: list[Manifest] = []
    complaint = ""
    for _ in range(TRIES):
        known = {foreign.key(item) for item in found}
        left = [document for document in documents if foreign.key(document) not in known]
        if not left:
            return found
        answers, complaint = kubectl.put_in_place(left, really=False)
        found += answers
    if complaint:
        say(f"some objects could not be compared with their manifests: {complaint}")
    return found


def tell_strangers(kubectl: Kubectl, known: Sequence[Manifest], say: Say) -> None:
    """Say which objects on the local ground are not of the platform; only who made them knows whether they are needed.

    Raises:
        PracticeError: The cluster cannot be asked.
    """
    kinds = {document["kind"] for document in known} - {"Namespace"} | set(foreign.OTHER_KINDS)
    found = kubectl.read(",".join(sorted(kinds)), "--all-namespaces").get("items", [])
    if strangers := foreign.strangers(found, known):
        names = [f"{foreign.named(each)} in {each[1] or 'the whole cluster'}" for each in strangers]
        say(
            f"not of the platform, and left alone: {few(names)}; a drill that was broken off may have left it"
        )


def few(names: Sequence[str]) -> str:
    """Return names as part of a sentence."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
