"""The programs that ask health paths, tried against this machine with whatever it holds."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from outage.kubernetes.inside.health_programs import (
    HealthAnswer,
    HealthQuestion,
    health_answers,
    health_programs,
)


class Answering(BaseHTTPRequestHandler):
    """Is well at /health and sick anywhere else."""

    def do_GET(self) -> None:
        """One answer without a body."""
        self.send_response(200 if self.path == "/health" else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Silent."""


@pytest.fixture
def port() -> Iterator[int]:
    """A service of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def image(folder: Path, *tools: str) -> dict[str, str]:
    """The environment of an image that holds only these programs."""
    for name in tools:
        where = shutil.which(name)
        if where is None:
            pytest.skip(f"no {name} here")
        (folder / name).symlink_to(where)
    return {"PATH": str(folder)}


def asked(command: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run one program as the pod would."""
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=20, env=env)


@pytest.mark.parametrize(
    ("number", "tools"),
    [
        pytest.param(0, ("curl",), id="a shell and curl"),
        pytest.param(0, ("wget", "timeout"), id="a shell and wget"),
        pytest.param(0, ("bash", "timeout"), id="bash alone"),
        pytest.param(1, (), id="python alone"),
        pytest.param(3, ("node",), id="node alone"),
    ],
)
def test_a_well_service_a_sick_one_and_silence_are_told_apart(
    number: int, tools: tuple[str, ...], port: int, tmp_path: Path
) -> None:
    """Whatever the image holds."""
    questions = [
        HealthQuestion(host="127.0.0.1", port=port, path="/health"),
        HealthQuestion(host="localhost", port=port, path="/sick"),
        HealthQuestion(host="no-such-name.invalid", port=port, path="/health"),
    ]
    command = health_programs(questions)[number]
    words = [sys.executable if command[0] == "python3" else command[0], *command[1:]]
    env = image(tmp_path, *tools) | {"http_proxy": "http://127.0.0.1:9"}
    said = asked(words, env)

    assert {one.host: one.status for one in health_answers(said.stdout)} == {
        "127.0.0.1": 200,
        "localhost": 503,
        "no-such-name.invalid": None,
    }


def test_an_image_with_a_shell_alone_says_so(tmp_path: Path) -> None:
    """With the status that means: that program is not in the image."""
    command = health_programs([HealthQuestion(host="auth.shop", port=80, path="/health")])[0]

    assert asked(command, {"PATH": str(tmp_path)}).returncode == 127


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("Welcome to this image!\n", [], id="an image that talks"),
        pytest.param(
            "http auth.shop 80 /h HTTP/ 200\n",
            [HealthAnswer(host="auth.shop", port=80, status=200, says="HTTP/ 200")],
            id="an answer",
        ),
        pytest.param(
            "http auth.shop 80 /h curl: (28) timed out HTTP/ 000\n",
            [HealthAnswer(host="auth.shop", port=80, says="curl: (28) timed out HTTP/ 000")],
            id="curl's way to say that there was none",
        ),
        pytest.param(
            "http auth.shop 80 /h HTTP/1.1 302 Found Location: /x HTTP/1.1 200 OK\n",
            [
                HealthAnswer(
                    host="auth.shop",
                    port=80,
                    status=200,
                    says="HTTP/1.1 302 Found Location: /x HTTP/1.1 200 OK",
                )
            ],
            id="wget follows a redirection",
        ),
        pytest.param("http auth.shop 80 /h\n", [HealthAnswer(host="auth.shop", port=80)], id="not a word"),
    ],
)
def test_answers_are_read_line_by_line(printed: str, expected: list[HealthAnswer]) -> None:
    """What is not ours is left out."""
    assert list(health_answers(printed)) == expected


def test_a_path_with_a_quote_is_not_asked() -> None:
    """Nothing of a file becomes a command in a pod."""
    assert health_programs([HealthQuestion(host="auth.shop", port=80, path=f"/';touch {os.devnull};'")]) == []
