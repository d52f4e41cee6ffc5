"""The token of a channel from where it stands: a file, a variable, a Secret; said by its place, never itself."""

import base64
from pathlib import Path

import pytest
import yaml

from blocks.channels.secret_reference import read_secret
from outage.errors import ChannelUnusable
from outage.people.channel_settings import SecretReference
from tests.blocks.fake_api import Answer, fake_api

TOKEN = "xoxb-from-the-cluster"


def answering(path: str, _: dict[str, str]) -> Answer:
    """A cluster with one Secret."""
    if path == "/api/v1/namespaces/outage/secrets/slack":
        encoded = base64.b64encode(TOKEN.encode()).decode()
        meta = {"name": "slack", "namespace": "outage"}
        return 200, {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": meta,
            "data": {"token": encoded, "bad": "%%%"},
        }
    if path.endswith("/secrets/hidden"):
        return 403, {"kind": "Status", "message": "secrets is forbidden", "reason": "Forbidden", "code": 403}
    return 404, {"kind": "Status", "message": "not found", "reason": "NotFound", "code": 404}


def kubeconfig(folder: Path, server: str) -> Path:
    """A kubeconfig that leads to a server."""
    body = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"token": "reader"}}],
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "here",
    }
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump(body), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("kubernetes:outage/slack/token", TOKEN),
        ("kubernetes:outage/slack/other", "Secret outage/slack, key other"),
        ("kubernetes:outage/gone/token", "Secret outage/gone, key token"),
        ("kubernetes:outage/hidden/token", "Secret outage/hidden, key token"),
    ],
)
def test_a_token_is_read_from_a_secret_of_the_cluster(
    place: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the reading identity; what is not there, or may not be read, is said with its place."""
    reference = SecretReference.model_validate(place)
    with fake_api(answering) as (_, api):
        monkeypatch.setenv("OUTAGE_HOME", str(tmp_path))
        monkeypatch.setenv("OUTAGE_READER_KUBECONFIG", str(kubeconfig(tmp_path, api.address)))
        if told == TOKEN:
            assert read_secret(reference) == TOKEN
            return
        with pytest.raises(ChannelUnusable, match=told) as raised:
            read_secret(reference)

    assert TOKEN not in str(raised.value)


def test_a_file_and_a_variable_hold_one_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the newline that an editor puts behind it."""
    (tmp_path / "token").write_text(TOKEN + "\n", encoding="utf-8")
    monkeypatch.setenv("CHAT_TOKEN", TOKEN)

    for place in (f"file:{tmp_path}/token", "env:CHAT_TOKEN"):
        assert read_secret(SecretReference.model_validate(place)) == TOKEN
