"""Making the platform's live objects what its manifests say, before they are applied.

`kubectl apply` changes what its own last configuration named and keeps whatever others added: a key in a selector,
a container, a variable. So each object is first compared with what the API server would make of its manifest, and
the difference is taken back by the smallest patch. Where nothing differs nothing is written.
"""

from collections.abc import Sequence

from practice.host.narration import Say
from practice.platform import foreign_objects
from practice.platform.kubectl import Kubectl
from practice.platform.platform_manifests import Manifest

TRIES = 2  # a controller may write to an object at the very moment when it is looked at
MOST_NAMED = 8  # objects or paths in one sentence; more is a list nobody reads


def repair_platform(kubectl: Kubectl, documents: Sequence[Manifest], say: Say) -> None:
    """Take back what others changed in the platform's objects; what is missing is left to `apply`.

    Raises:
        PracticeError: The cluster cannot be asked.
    """
    live = {foreign_objects.object_key(item): item for item in kubectl.live(documents)}
    standing = {
        key: document for document in documents if (key := foreign_objects.object_key(document)) in live
    }
    whole = {
        key: foreign_objects.completed_manifest(document, live[key]) for key, document in standing.items()
    }
    for item in meant_manifests(kubectl, list(whole.values()), say):
        key = foreign_objects.object_key(item)
        if patch := foreign_objects.repairs_needed(live[key], item):
            # An address that the server only pretended to choose is refused in a patch: then it has to choose.
            refused = kubectl.patch(item, patch) and kubectl.put_in_place([whole[key]], really=True)[1]
            became = f"cannot be made so: {refused}" if refused else "is now"
            name, fields = (
                foreign_objects.named_manifest(key),
                few_names(foreign_objects.differing_paths(patch)),
            )
            say(f"{name} was not as its manifest says in {fields}, and {became}")


def meant_manifests(kubectl: Kubectl, documents: Sequence[Manifest], say: Say) -> list[Manifest]:
    """Return what the API server makes of manifests whose objects exist; say why, where it makes nothing of them."""
    found: list[Manifest] = []
    complaint = ""
    for _ in range(TRIES):
        known = {foreign_objects.object_key(item) for item in found}
        left = [document for document in documents if foreign_objects.object_key(document) not in known]
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
    kinds = {document["kind"] for document in known} - {"Namespace"} | set(foreign_objects.OTHER_KINDS)
    found = kubectl.read(",".join(sorted(kinds)), "--all-namespaces").get("items", [])
    if strangers := foreign_objects.foreign_objects(found, known):
        names = [
            f"{foreign_objects.named_manifest(each)} in {each.namespace or 'the whole cluster'}"
            for each in strangers
        ]
        say(
            f"not of the platform, and left alone: {few_names(names)}; a drill that was broken off may have left it"
        )


def few_names(names: Sequence[str]) -> str:
    """Return names as part of a sentence."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
