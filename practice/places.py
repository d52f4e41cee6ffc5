"""Where the practice ground keeps what it made: state that `down` removes, caches that it keeps."""

import os
from pathlib import Path


def practice_home() -> Path:
    """Return the state folder; short by default, because a unix socket's path ends at 107 bytes."""
    return Path(os.environ.get("OUTAGE_PRACTICE_HOME", "/var/lib/outage-practice")).absolute()


def practice_cache() -> Path:
    """Return the folder of things built once, each under the hash of its inputs."""
    return Path(os.environ.get("OUTAGE_CACHE", "~/.cache/outage")).expanduser().absolute()


def practice_kubeconfig() -> Path:
    """Return the administrator's kubeconfig of the local cluster."""
    return practice_home() / "kubeconfig"


def installed_home() -> Path:
    """Return the folder of what is remembered of our chart's installation on the ground; it goes with the ground."""
    return practice_home() / "in-cluster"


def public_hosts() -> Path:
    """Return the file of public names, in the form of /etc/hosts; the platform writes it."""
    return practice_home() / "hosts"


def public_authority() -> Path:
    """Return the certificate of the authority that signed the ingress' certificate; the platform writes it."""
    return practice_home() / "ca.crt"


def intake_socket() -> str:
    """Return the unix socket on which the responder's intake listens."""
    return os.environ.get("OUTAGE_INTAKE_SOCKET", "/run/outage/intake.sock")


def intake_token_file() -> Path:
    """Return the file with the intake's bearer token."""
    folder = Path(os.environ.get("OUTAGE_HOME", "~/.local/share/outage")).expanduser()
    return folder / "intake-token"
