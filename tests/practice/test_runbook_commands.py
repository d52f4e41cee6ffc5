"""Every command of the runbook, typed as it stands, in the practice shell, against the practice ground.

The commands that change something are run too, in the runbook's order; then the platform is put back.
"""

import re
import subprocess
import time
from collections.abc import Iterator

import pytest

from practice import places, platform
from practice.cluster import cluster_layout, runbook_shell
from practice.ground import INTAKE_URL, ground_token
from practice.platform.kubectl import Kubectl
from tests.practice.runbook import FORWARD, RUNBOOK, Command, commands

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(420)]

COMPLAINTS = re.compile(
    r"error:|Error from server|refused|could not|no such|Unable to connect", re.IGNORECASE
)
LISTENING = "for _ in $(seq 100); do (: </dev/tcp/localhost/5432) 2>/dev/null && break; sleep 0.1; done"
"""The moment that passes before a person types the next line."""
NO_TERMINAL = "Unable to use a TTY"
ANSWERS = {
    "nc -zv postgres 5432": r"postgres.* 5432 port .* succeeded",
    "nc -zv auth-service 3001": r"auth-service.* 3001 port .* succeeded",
    'psql -h localhost -U postgres -d adaptive_learning -c "SELECT 1;"': r"\(1 row\)",
    "FROM pg_stat_database": r"adaptive_learning \|",
    "curl -I https://api": r"^HTTP/\S+ 200",
    "curl -I https://app": r"^HTTP/\S+ 200",
    "nslookup api": r"Address: 10\.79\.",
    "nslookup app": r"Address: 10\.79\.",
    "nslookup postgres.": r"Address: 10\.79\.",
    "kubectl top nodes": r"node-1\s+\d+m",
    "kubectl top pods": r"auth-service-\S+\s+\d+m",
    "kubectl get hpa": r"user-service .*cpu: \d+%/",
    "kubectl get nodes": r"node-1\s+Ready",
    "MemoryPressure": r"MemoryPressure\s+False",
    "Allocated resources": r"cpu\s+\d+m",
    "kubectl describe configmap": r"DATABASE_HOST:\s*----\s*postgres",
    "kubectl rollout status": r"successfully rolled out",
    "WHERE state = 'active';": r"pid \| +usename",
    "kubectl logs job/smoke-tests": r"all 4 smoke tests passed",
    "curl -f ": r'"status":"ok"',
    "kubectl patch service auth-service-active": r"service/auth-service-active patched",
    "kubectl patch ingress": r"ingress\S+ patched",
}
"""What a command must print, by a part of it. The others must only be understood and not complain."""

LAGGING = ("kubectl get hpa", "kubectl top")
"""The figures of pods that have just started come with the next measurement."""
PATIENCE_SECONDS = 60
SETTLES = ("kubectl rollout restart deployment -n", "kubectl scale", "kubectl patch")
"""After these a person waits before going on."""
WAYS_BACK = {
    "kubectl patch service": (
        "service/auth-service-active",
        '{"spec": {"selector": {"deployment-slot": "blue"}}}',
    ),
    "kubectl patch ingress": (
        "ingress/adaptive-learning-ingress",
        '[{"op": "replace", "path": "/spec/rules/0/http/paths/0/backend/service/name","value":"auth-service-active"}]',
    ),
}
"""The runbook's two ways to route traffic away; its health checks are of the way as it was."""


@pytest.fixture(scope="module", autouse=True)
def put_back(ground: None) -> Iterator[None]:
    """The platform as it was, whatever the runbook's own changes made of it."""
    kubectl = Kubectl(places.practice_kubeconfig(), cluster_layout.CONTEXT)
    kubectl.run("delete", "job/smoke-tests", "--ignore-not-found")
    yield
    kubectl.run("delete", "job/smoke-tests", "--ignore-not-found")
    platform.apply_platform(
        places.practice_kubeconfig(),
        cluster_layout.CONTEXT,
        intake_url=INTAKE_URL,
        token=ground_token(),
        say=print,
    )
    kubectl.run("scale", "deployment/user-service", "--replicas=2", "-n", cluster_layout.DEFAULT_NAMESPACE)
    platform.wait_healthy(places.practice_kubeconfig(), cluster_layout.CONTEXT, say=print)


@pytest.fixture
def settled(command: Command) -> Iterator[None]:
    """The platform at rest before the next command, as a person would see to it."""
    yield
    kubectl = Kubectl(places.practice_kubeconfig(), cluster_layout.CONTEXT)
    for beginning, (target, patch) in WAYS_BACK.items():
        if command.text.startswith(beginning):
            form = "json" if patch.startswith("[") else "strategic"
            kubectl.run(
                "patch", target, "-n", cluster_layout.DEFAULT_NAMESPACE, f"--type={form}", "-p", patch
            )
    if command.text.startswith(SETTLES):
        platform.wait_healthy(places.practice_kubeconfig(), cluster_layout.CONTEXT, say=print)


def typed(command: Command) -> subprocess.CompletedProcess[str]:
    """Type a command in the practice shell, without a terminal."""
    script = command.text
    if command.beside:
        script = f"{command.beside}\n{LISTENING}\n{script}"
    elif command.text.startswith(FORWARD):
        script = f"{script}\n{LISTENING}"
    return subprocess.run(
        runbook_shell.shell_command(["bash", "-c", script]),
        env=runbook_shell.shell_environment(),
        cwd=RUNBOOK.parent.parent,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=320,
        check=False,
    )


def answers(command: Command, printed: str) -> bool:
    """Tell whether a command printed what its reader looks for."""
    wanted = [expected for part, expected in ANSWERS.items() if part in command.text]
    return all(re.search(expected, printed, re.MULTILINE | re.DOTALL) for expected in wanted)


@pytest.mark.parametrize("command", commands(RUNBOOK.read_text()), ids=lambda command: command.name)
@pytest.mark.usefixtures("settled")
def test_the_command_works_as_it_stands(command: Command) -> None:
    """It ends well, complains about nothing, and prints what the runbook's reader looks for."""
    answer = typed(command)
    until = time.monotonic() + PATIENCE_SECONDS
    while (
        command.text.startswith(LAGGING) and not answers(command, answer.stdout) and time.monotonic() < until
    ):
        time.sleep(3)  # as a person asks again
        answer = typed(command)
    told = "\n".join(line for line in answer.stderr.splitlines() if NO_TERMINAL not in line)

    assert not COMPLAINTS.search(told), told
    # A search that finds nothing ends with 1, and that is what one hopes for.
    searches = "grep" in command.text
    assert answer.returncode in ((0, 1) if searches else (0,)), answer.stdout + told
    assert answers(command, answer.stdout + told), answer.stdout + told


def test_an_interactive_command_works_on_a_terminal(ground: None) -> None:
    """`-it` finds the terminal it asks for."""
    words = "kubectl exec -it deployment/auth-service -n adaptive-learning-production -- nc -zv postgres 5432"
    answer = subprocess.run(
        runbook_shell.shell_command(["script", "-qec", words, "/dev/null"]),
        env=runbook_shell.shell_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert "succeeded" in answer.stdout
    assert NO_TERMINAL not in answer.stdout
