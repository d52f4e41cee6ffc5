"""What the API server writes down of writes: who sent each, and whether it was taken. Never what stood in it."""

from pathlib import Path

import yaml

from practice import places
from practice.cluster import certificates, cluster_layout

AUDITED_USERS = ("system:serviceaccount:outage-system:outage-writer",)
"""Whose writes are held against the record afterwards: the response's writing identity."""


def audit_policy_file() -> Path:
    """Return the file by which the API server knows what to write down."""
    return places.practice_home() / "audit-policy.yaml"


def audit_file() -> Path:
    """Return the file that it writes down."""
    return cluster_layout.logs_folder() / "audit.log"


def write_audit_policy() -> None:
    """Write the policy: the writes of our own identity, without their bodies, and nothing else."""
    rule = {
        "level": "Metadata",
        "users": list(AUDITED_USERS),
        "verbs": ["create", "update", "patch", "delete", "deletecollection"],
    }
    content = {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "rules": [rule, {"level": "None"}],
    }
    certificates.write_certificate(audit_policy_file(), yaml.safe_dump(content, sort_keys=False).encode())


def audit_arguments() -> list[str]:
    """Return the API server's arguments for it; one file is kept beside the one that is written."""
    return [
        f"--audit-policy-file={audit_policy_file()}",
        f"--audit-log-path={audit_file()}",
        "--audit-log-maxsize=50",
        "--audit-log-maxbackup=1",
    ]
