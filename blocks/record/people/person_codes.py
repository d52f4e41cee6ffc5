"""Codes that prove a name: each is used once, wrong ones are limited, and neither code nor secret is in a row."""

import contextlib
import hmac
import os
import re
import secrets
from datetime import datetime, timedelta
from pathlib import Path

import pyotp

from blocks.record.record_pool import RecordPool, advisory_lock
from outage.errors import FileError
from outage.people.name_proof import checking_key_of

STEP_SECONDS = 30
WRONG_LIMIT = 5
WRONG_WITHIN = timedelta(minutes=15)
"""After five wrong codes within it, right ones are refused too."""
KEY_NAME = ".signing-key"


class ProofFolder:
    """The secrets: one file a person, and the key that signs answers; readable by their owner alone."""

    def __init__(self, home: Path) -> None:
        """Touch nothing yet."""
        self.folder = home / "proofs"

    def person_secret(self, person: str) -> str:
        """A person's secret; empty when they have none."""
        file = self._file(person)
        return file.read_text(encoding="ascii").strip() if file.exists() else ""

    def keep_secret(self, person: str, secret: str) -> None:
        """Attach a secret to a person, in place of an earlier one."""
        self._write(self._file(person), secret)

    def signing_key(self) -> str:
        """The key that signs proven answers, made by whoever comes first.

        Raises:
            FileError: It cannot be made or read.
        """
        file = self.folder / KEY_NAME
        try:
            if not file.exists():
                self._write(file, secrets.token_hex(32), only_new=True)
            return file.read_text(encoding="ascii").strip()
        except OSError as error:
            raise FileError(f"read the key that signs answers, {file}: {error.strerror}") from error

    def checking_key(self) -> str:
        """The public half of the key that signs answers, in hexadecimal.

        Raises:
            FileError: It cannot be made or read.
        """
        return checking_key_of(self.signing_key())

    def _file(self, person: str) -> Path:
        if not re.fullmatch(r"[\w@.+-]{1,64}", person) or person.startswith("."):
            raise FileError(f"read the proof of `{person}`: that is no handle")
        return self.folder / person

    def _write(self, file: Path, content: str, *, only_new: bool = False) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = file.with_name(f"{file.name}.{secrets.token_hex(4)}~")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            opened.write(content)
        if only_new:
            with contextlib.suppress(FileExistsError):
                os.link(fresh, file)
            fresh.unlink()
        else:
            fresh.replace(file)


def read_checking_key(file: Path) -> str:
    """The public half of the key that signs answers, where only that is.

    Raises:
        FileError: It cannot be read. Permanent.
    """
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise FileError(f"read the key that checks answers, {file}: {error}") from error


class PersonCodes(RecordPool):
    """Which codes were used, and how many were wrong."""

    def use_code(self, person: str, secret: str, code: str, now: datetime) -> str:
        """Use a code once.

        Args:
            person: Whose it should be.
            secret: Theirs; empty when they have none.
            code: What was typed; kept nowhere.
            now: The time; a code of the half minute before and after is taken, since clocks differ.

        Returns:
            Why it does not count, or empty.
        """
        with self.transaction(f"check a code of {person}") as connection:
            advisory_lock(connection, "code", person)
            wrong = connection.execute(
                "select count(*) as wrong from outage.wrong_code where person = %s and at > %s",
                (person, now - WRONG_WITHIN),
            ).fetchone()
            if wrong and wrong["wrong"] >= WRONG_LIMIT:
                return f"too many wrong codes for {person}: wait {int(WRONG_WITHIN.total_seconds() // 60)} minutes"
            if not secret:
                return f"{person} has no proof yet: `outage people add {person}`"
            step = code_step(secret, code, now)
            if step is None:
                connection.execute(
                    "insert into outage.wrong_code (person, at) values (%s, %s)", (person, now)
                )
                return "the code is wrong"
            used = connection.execute(
                "insert into outage.used_code (person, step) values (%s, %s) on conflict do nothing returning step",
                (person, step),
            ).fetchone()
            return "" if used else "the code was used already: wait for the next one"


def code_step(secret: str, code: str, now: datetime) -> int | None:
    """The half minute for which a code was made, when it is near enough; None when the code is wrong.

    Args:
        secret: The person's, in base 32.
        code: Six digits as they were typed.
        now: The moment, aware UTC.
    """
    generator, current = pyotp.TOTP(secret), int(now.timestamp()) // STEP_SECONDS
    typed = "".join(code.split())
    for step in (current, current - 1, current + 1):
        if hmac.compare_digest(generator.at(step * STEP_SECONDS).encode(), typed.encode()):
            return step
    return None
