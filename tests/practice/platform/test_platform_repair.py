"""How `up` takes back what is foreign, and tells what is left alone, on a cluster that remembers."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from practice.platform import foreign_objects, platform_repair
from practice.platform.kubectl import Kubectl, one_after_the_other
from practice.platform.platform_manifests import NAMESPACE, Manifest


def service(**selector: str) -> Manifest:
    """The Service of auth-service, with that selector."""
    meta = {"name": "auth-service", "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"selector": selector}}


SERVICE = service(app="auth-service")
DEPLOYMENT: Manifest = {**SERVICE, "apiVersion": "apps/v1", "kind": "Deployment"}
MODIFIED = "the object has been modified"


@dataclass(frozen=True)
class Remembering(Kubectl):
    """A cluster that has a Service with a foreign key, and remembers what is written."""

    kubeconfig: Path | None = None
    context: str = "remembering"
    refusals: list[str] = field(default_factory=list)
    """What it answers to the first comparisons instead."""
    refused: str = ""
    """What it answers to a patch."""
    written: list[tuple[str, Any]] = field(default_factory=list)

    def live(self, documents: Any) -> list[dict[str, Any]]:
        """Answer with the Service alone: the Deployment is missing."""
        return [service(app="auth-service", track="stable")]

    def put_in_place(self, documents: Any, *, really: bool) -> tuple[list[dict[str, Any]], str]:
        """Answer with what the manifests mean, unless a refusal is due."""
        assert documents == [SERVICE]
        if really:
            self.written.append(("put in place", SERVICE))
        if self.refusals:
            return [], self.refusals.pop()
        return [SERVICE], ""

    def patch(self, item: dict[str, Any], merge: dict[str, Any]) -> str:
        """Remember it, unless it is refused."""
        if not self.refused:
            self.written.append((foreign_objects.named_manifest(foreign_objects.object_key(item)), merge))
        return self.refused

    def read(self, *words: str) -> dict[str, Any]:
        """Answer with what a drill left."""
        metas = [{"name": f"quarantine-{number}", "namespace": NAMESPACE} for number in range(10)]
        return {"items": [{"kind": "NetworkPolicy", "metadata": meta} for meta in metas]}


@pytest.mark.parametrize("refusals", [0, 1])
def test_up_takes_back_what_is_foreign_and_says_where(refusals: int) -> None:
    """A controller that writes at the same moment is no reason to give up; what is missing is left to `apply`."""
    cluster, said = Remembering(refusals=[MODIFIED] * refusals), list[str]()

    platform_repair.repair_platform(cluster, [SERVICE, DEPLOYMENT], said.append)

    assert cluster.written == [("Service/auth-service", {"spec": {"selector": {"track": None}}})]
    assert said == ["Service/auth-service was not as its manifest says in spec.selector.track, and is now"]


def test_what_a_patch_cannot_mend_is_put_in_place_whole() -> None:
    """A Service that lost its address gets one from the server, which a patch would have to name."""
    cluster, said = Remembering(refused="the provided network does not match"), list[str]()

    platform_repair.repair_platform(cluster, [SERVICE], said.append)

    assert cluster.written == [("put in place", SERVICE)]
    assert said == ["Service/auth-service was not as its manifest says in spec.selector.track, and is now"]


def test_what_could_not_be_compared_is_told() -> None:
    """The rest of `up` goes on: an object that cannot be written may be just as its manifest says."""
    cluster, said = Remembering(refusals=[MODIFIED] * 2), list[str]()

    platform_repair.repair_platform(cluster, [SERVICE], said.append)

    assert cluster.written == []
    assert said == [f"some objects could not be compared with their manifests: {MODIFIED}"]


def test_strangers_are_told_in_one_sentence() -> None:
    """However many there are."""
    said: list[str] = []

    platform_repair.tell_strangers(Remembering(), [SERVICE], said.append)

    assert len(said) == 1
    assert said[0].startswith(
        f"not of the platform, and left alone: NetworkPolicy/quarantine-0 in {NAMESPACE}"
    )
    assert said[0].endswith("and 2 more; a drill that was broken off may have left it")


def test_kubectl_answers_with_one_document_after_the_other() -> None:
    """It prints a list only where it reads one."""
    assert one_after_the_other('{"a": 1}\n{"b": {}}\n') == [{"a": 1}, {"b": {}}]
    assert one_after_the_other("") == []
