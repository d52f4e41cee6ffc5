import shutil
import socket
import subprocess
import sys

import pytest

from outage.kubernetes.inside.pod_programs import ReachTarget, reach_answers, reach_commands

PROGRAMS = [
    pytest.param(0, id="a shell and whatever it finds"),
    pytest.param(1, id="python alone"),
    pytest.param(
        3, id="node alone", marks=pytest.mark.skipif(not shutil.which("node"), reason="no node here")
    ),
]


@pytest.mark.parametrize("number", PROGRAMS)
def test_an_open_port_is_reached_and_a_closed_one_is_not(number: int) -> None:
    """The same program runs in a pod; here it tries this machine."""
    with socket.create_server(("127.0.0.1", 0)) as there, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        good, bad = there.getsockname()[1], closed.getsockname()[1]
        command = reach_commands(
            [ReachTarget(host="127.0.0.1", port=good), ReachTarget(host="127.0.0.1", port=bad)]
        )[number]
        words = [sys.executable if command[0].startswith("python") else command[0], *command[1:]]
        said = subprocess.run(words, capture_output=True, text=True, check=False, timeout=20)

    seen = {(one.by, one.port): one.reached for one in reach_answers(said.stdout)}
    assert seen[("tcp", good)]
    assert not seen[("tcp", bad)]


def test_a_name_that_does_not_resolve_is_not_reached() -> None:
    """And the program ends in time although DNS may not answer."""
    command = reach_commands([ReachTarget(host="no-such-name.invalid")])[0]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)

    assert [(one.by, one.host, one.reached) for one in reach_answers(said.stdout)] == [
        ("dns", "no-such-name.invalid", False)
    ]


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("Welcome to this image!\n", [], id="an image that talks"),
        pytest.param("tcp db 5432 none \n", [], id="nothing in the image could try"),
        pytest.param("tcp db 5432 ok \n", [("tcp", "db", True, "")], id="reached"),
        pytest.param(
            "tcp db 5432 no bash: connect: Connection refused bash: line 1: /dev/tcp/db/5432: Connection refused\n",
            [("tcp", "db", False, "Connection refused")],
            id="bash says it twice",
        ),
        pytest.param(
            "dns db - ok 10.0.0.1 db.shop\n", [("dns", "db", True, "10.0.0.1 db.shop")], id="a name"
        ),
    ],
)
def test_what_a_program_prints_is_read(printed: str, expected: list[tuple[str, str, bool, str]]) -> None:
    """Other people's images print other things too."""
    assert [(one.by, one.host, one.reached, one.says) for one in reach_answers(printed)] == expected
