"""A registry that has the image and gives no more for now."""

import pytest

from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.town import Town

RATIONED = [
    "unexpected status code https://registry-1.docker.io/v2/library/httpd/manifests/2: 429 Too Many Requests",
    "toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating",
    "ERROR: toomanyrequests: Rate exceeded",
]


@pytest.mark.parametrize(
    ("said", "cause"),
    [*((one, "registry-unreachable") for one in RATIONED), ("manifest for httpd:2 not found", "bad-image")],
)
def test_a_limit_is_told_apart_from_an_image_that_is_not_there(said: str, cause: str) -> None:
    """Going back to the older image would ask the same registry: nothing is undone for a limit."""
    one = Town()
    one.app("landing", "library/httpd:1")
    one.container("landing")["image"] = "library/httpd:2"
    (pod,) = one.roll("landing")
    one.wait("landing", "ImagePullBackOff", 'Back-off pulling image "library/httpd:2"')
    one.event(pod, "Failed", f'Failed to pull image "library/httpd:2": {said}')

    first = diagnose(one.snapshot(), one.platform()).hypotheses[0]

    assert (first.cause, first.about.name) == (cause, "landing")
    assert (first.repair is None) == (cause == "registry-unreachable")
