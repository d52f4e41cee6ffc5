import base64
import textwrap
from pathlib import Path

import pytest

from blocks.kubernetes.kubeconfig import read_access
from outage.errors import FileError

TWO = """\
apiVersion: v1
kind: Config
current-context: one
contexts:
  - {name: one, context: {cluster: here, user: token, namespace: shop}}
  - {name: two, context: {cluster: there, user: basic}}
clusters:
  - {name: here, cluster: {server: "http://127.0.0.1:8001/"}}
  - {name: there, cluster: {server: "https://there:6443", insecure-skip-tls-verify: true}}
users:
  - {name: token, user: {token: abc}}
  - {name: basic, user: {username: u, password: p}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A kubeconfig of two contexts."""
    path = tmp_path / "config"
    path.write_text(TWO)
    return path


def test_the_current_context_is_taken_when_none_is_named(file: Path) -> None:
    """As kubectl does."""
    access = read_access(str(file))

    assert (access.context, access.server, access.namespace) == ("one", "http://127.0.0.1:8001", "shop")
    assert access.headers() == {"Authorization": "Bearer abc"}
    assert access.tls is None


def test_a_named_context_is_taken_with_its_own_user(file: Path) -> None:
    """The context chooses cluster, user and namespace together."""
    access = read_access(str(file), "two")

    assert access.namespace == "default"
    assert access.headers() == {"Authorization": f"Basic {base64.b64encode(b'u:p').decode()}"}
    assert access.tls is not None


def test_the_first_file_wins_and_the_others_add(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """KUBECONFIG may be a list of files."""
    other = tmp_path / "other"
    other.write_text(TWO.replace("shop", "elsewhere").replace("name: two", "name: three"))
    monkeypatch.setenv("KUBECONFIG", f"{file}:{other}:/does/not/exist")

    assert read_access(None).namespace == "shop"
    assert read_access(None, "three").context == "three"


def test_a_token_file_is_read_anew_for_each_request(tmp_path: Path) -> None:
    """Tokens of service accounts are renewed on disk; its path is relative to the kubeconfig."""
    (tmp_path / "token").write_text("first\n")
    path = tmp_path / "config"
    path.write_text(TWO.replace("{token: abc}", "{tokenFile: token}"))
    access = read_access(str(path))
    (tmp_path / "token").write_text("second\n")

    assert access.headers() == {"Authorization": "Bearer second"}


def test_an_access_prints_without_its_secret(file: Path) -> None:
    """It may end up in a traceback."""
    assert "abc" not in repr(read_access(str(file)))


@pytest.mark.parametrize(
    ("text", "context", "sentence"),
    [
        pytest.param(TWO, "three", "it has no context 'three'; it has one, two", id="an unknown context"),
        pytest.param(
            TWO.replace("current-context: one", ""), None, "it has no current context", id="no context"
        ),
        pytest.param(
            TWO.replace("cluster: here, user", "cluster: gone, user"),
            None,
            "no cluster 'gone'",
            id="no cluster",
        ),
        pytest.param("just words", None, "it is not a kubeconfig", id="not a kubeconfig"),
        pytest.param("a: [", None, "it is not a kubeconfig", id="not YAML"),
        pytest.param(
            TWO.replace("insecure-skip-tls-verify: true", "certificate-authority: gone.crt"),
            "two",
            "its certificates cannot be used",
            id="a missing authority",
        ),
    ],
)
def test_what_is_wrong_with_a_kubeconfig_is_one_sentence(
    tmp_path: Path, text: str, context: str | None, sentence: str
) -> None:
    """The commonest start of a bad night."""
    path = tmp_path / "config"
    path.write_text(textwrap.dedent(text))

    with pytest.raises(FileError) as caught:
        read_access(str(path), context)

    assert sentence in str(caught.value)


def test_a_missing_file_says_how_to_name_one() -> None:
    """Nobody should have to guess the flag."""
    with pytest.raises(FileError, match="no such file; name one with --kubeconfig or KUBECONFIG"):
        read_access("/does/not/exist")
