"""The policy file: read into a `Policy`, or into the sentence that says why it cannot be used."""

from pathlib import Path

from outage.errors import FileError, cut
from outage.policies.policy import Policy, broken_policy
from outage.text.reviewed_yaml import load_reviewed


def read_policy(text: str, name: str) -> Policy:
    """Read the text of a policy file.

    Raises:
        FileError: It is not one; with file and line. Permanent.
    """
    return load_reviewed(text, name, Policy)


def check_policy(path: Path) -> Policy:
    """Read a policy file for `outage policy check`.

    Raises:
        FileError: It cannot be read or is not a policy; with file and line. Permanent.
    """
    try:
        return read_policy(path.read_text(), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"read {path}: {cut(str(error))}") from error


def load_policy(path: Path) -> Policy:
    """The policy to act by. A file that cannot be used allows nothing, and says why; it never stops the looking."""
    try:
        return check_policy(path)
    except FileError as error:
        return broken_policy(str(error))
