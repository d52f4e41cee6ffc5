"""What a plan looks like: the one line that changes, whole objects, and never a secret."""

from outage.text.object_diff import object_diff
from outage.value import Manifest
from tests.outage.kubernetes.repairing import auth


def test_a_diff_shows_the_one_line_that_changes() -> None:
    """Without status, versions and managed fields."""
    assert object_diff(auth(), auth("auth:8", resourceVersion="9", managedFields=[{"manager": "x"}])) == (
        "--- before deployment/auth\n"
        "+++ after deployment/auth\n"
        "@@ -12,4 +12,4 @@\n"
        "     spec:\n"
        "       containers:\n"
        "       - name: app\n"
        "-        image: auth:9\n"
        "+        image: auth:8"
    )


def test_a_diff_of_a_new_and_of_a_deleted_object_shows_it_whole() -> None:
    """A person approves what will be there, or what will not."""
    settings: Manifest = {"kind": "ConfigMap", "metadata": {"name": "s", "uid": "u"}, "data": {"a": "1"}}

    assert object_diff(None, settings).splitlines()[:2] == ["--- nothing there", "+++ after configmap/s"]
    assert "-  a: '1'" in object_diff(settings, None)
    assert object_diff(settings, settings) == ""


def test_no_secret_stands_in_a_diff() -> None:
    """Neither of Secrets nor of variables that are named like one; that they change is told."""

    def secret(value: str) -> Manifest:
        return {"kind": "Secret", "metadata": {"name": "s"}, "data": {"key": value, "same": "c2FtZQ=="}}

    def env(value: str) -> Manifest:
        made = auth()
        made["spec"]["template"]["spec"]["containers"][0]["env"] = [
            {"name": "DATABASE_PASSWORD", "value": value}
        ]
        return made

    text = object_diff(secret("b2xk"), secret("bmV3")) + object_diff(env("hunter2"), env("hunter3"))

    for hidden in ("b2xk", "bmV3", "hunter2", "hunter3", "c2FtZQ=="):
        assert hidden not in text
    assert "+  key:" in text or "-  key:" in text
