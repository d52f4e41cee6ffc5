"""A shell in which the runbook's commands work as they stand, and the host's own files stay untouched.

It has its own network namespace, so `localhost:5432` is free for a port-forward; its own mounts, so hosts, resolver
and trusted authorities are those of the practice ground; and its own process namespace, so what it leaves in the
background ends with it.
"""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from practice import places
from practice.cluster import cluster_layout
from practice.cluster.cluster_layout import SHELL
from practice.host import machine
from practice.practice_errors import PracticeError

BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
PROMPT = r'[ -f ~/.bashrc ] && . ~/.bashrc; PS1="(practice) \w\$ "'


def shell_command(words: Sequence[str]) -> list[str]:
    """Return the command that carries out the words in the practice shell, or opens one for none.

    Raises:
        PracticeError: There is no local cluster to look at.
    """
    if not SHELL.netns.exists() or not places.practice_kubeconfig().exists():
        raise PracticeError("there is no local practice cluster: run `outage practice up` first")
    folder = write_shell_files()
    inner = list(words) or ["bash", "--rcfile", str(folder / "rc")]
    apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"]
    entered = ["nsenter", f"--net={SHELL.netns}", "--", *apart, "--"]
    return [*entered, "sh", "-euc", f'{bind_mount_script(folder)}\nexec "$@"', "sh", *inner]


def shell_environment() -> dict[str, str]:
    """Return the variables of the practice shell, on top of this process' own."""
    folder = places.practice_home() / "shell"
    trusted = str(folder / "ca-certificates.crt")
    system = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return {
        **os.environ,
        "PATH": f"{folder / 'bin'}:{os.environ.get('PATH', system)}",
        "KUBECONFIG": str(places.practice_kubeconfig()),
        "SSL_CERT_FILE": trusted,
        "CURL_CA_BUNDLE": trusted,
        "REQUESTS_CA_BUNDLE": trusted,
        "OUTAGE_PRACTICE_SHELL": "1",
    }


def write_shell_files() -> Path:
    """Write the files that are bound over the host's, and return their folder."""
    folder = places.practice_home() / "shell"
    (folder / "bin").mkdir(parents=True, exist_ok=True)
    public = read_shell_file(places.public_hosts())
    (folder / "hosts").write_text(f"127.0.0.1 localhost\n{SHELL.address} practice-shell\n{public}")
    (folder / "resolv.conf").write_text(
        f"nameserver {cluster_layout.CONTROL.address}\noptions timeout:2 attempts:2\n"
    )
    (folder / "ca-certificates.crt").write_text(
        f"{read_shell_file(BUNDLE)}\n{read_shell_file(places.public_authority())}"
    )
    (folder / "rc").write_text(PROMPT + "\n")
    link = folder / "bin" / "kubectl"
    link.unlink(missing_ok=True)
    link.symlink_to(machine.kubectl_path())
    return folder


def bind_mount_script(folder: Path) -> str:
    """Return the lines that bind our files over the host's, where the host has such a file."""
    pairs = {"hosts": "/etc/hosts", "resolv.conf": "/etc/resolv.conf", "ca-certificates.crt": str(BUNDLE)}
    lines = ["mount -t proc proc /proc"]
    for name, target in pairs.items():
        lines.append(f"if [ -e {target} ]; then mount --bind {shlex.quote(str(folder / name))} {target}; fi")
    return "\n".join(lines)


def read_shell_file(path: Path) -> str:
    """Return a file's text; nothing when it is not there."""
    try:
        return path.read_text()
    except OSError:
        return ""
