"""Who looks at the page: sessions that a code opened, and words that bind a form to the browser that it was shown to.

Nothing is kept: a session is its signed cookie. The signature covers the person's secret, so that a proof that is
renewed ends the sessions of the old one.
"""

import hmac
import secrets
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from blocks.record.people.person_codes import ProofFolder
from outage.errors import FileError
from outage.policies.policy import Policy
from outage.text.handle import ANYBODY

SESSION_COOKIE = "outage_session"
FORM_COOKIE = "outage_form"
SESSION_LASTS = timedelta(hours=12)
"""One shift."""


class PageSessions:
    """Makes and checks sessions and forms with the key that signs answers, turned to this one use."""

    def __init__(self, home: Path) -> None:
        """Read nothing yet."""
        self.proofs = ProofFolder(home)

    def open_session(self, person: str, now: datetime) -> str:
        """Open a session.

        Args:
            person: Whose code counted just now.
            now: From when it lasts.

        Returns:
            The cookie: person, end, a random word, and the signature over them and over the person's secret.
        """
        words = f"{person}|{int((now + SESSION_LASTS).timestamp())}|{secrets.token_urlsafe(12)}"
        return f"{words}|{self._sign('session', words, self.proofs.person_secret(person))}"

    def person_of(self, cookie: str, people: Collection[str], now: datetime) -> str:
        """Find out whose session a cookie is.

        Args:
            cookie: As the browser sent it.
            people: Everybody whom a policy names now.
            now: The time.

        Returns:
            The handle; empty when it is no session, is over, or its person is nobody whom a policy names.
        """
        words, _, signature = cookie.rpartition("|")
        parts = words.split("|")
        if len(parts) != 3 or not parts[1].isdecimal():
            return ""
        person, ends = parts[0], datetime.fromtimestamp(int(parts[1][:12]), UTC)
        secret = self.secret_of(person, people)
        signed = self._sign("session", words, secret)
        return (
            person
            if secret and ends > now and hmac.compare_digest(signature.encode(), signed.encode())
            else ""
        )

    def secret_of(self, person: str, people: Collection[str]) -> str:
        """The secret of a person who is one of these; empty for everybody else."""
        if person not in people:
            return ""
        try:
            return self.proofs.person_secret(person)
        except FileError:
            return ""

    def form_word(self, cookie: str, purpose: str) -> str:
        """The word that a form carries, so that no other site can send it.

        Args:
            cookie: What this browser alone has.
            purpose: What the form is for; the word of one form fits no other.
        """
        return self._sign("form", f"{cookie}|{purpose}", "")

    def form_fits(self, word: str, cookie: str, purpose: str) -> bool:
        """Whether a form was shown to this very browser, for this very purpose."""
        return bool(cookie) and hmac.compare_digest(word.encode(), self.form_word(cookie, purpose).encode())

    def _sign(self, use: str, words: str, secret: str) -> str:
        key = hmac.new(self.proofs.signing_key().encode(), f"page/{use}".encode(), sha256).digest()
        return hmac.new(key, f"{words}\x1f{secret}".encode(), sha256).hexdigest()


def people_of(policy: Policy) -> set[str]:
    """Everybody whom the policy names, as they are recorded."""
    groups = {one for group in policy.approvers.values() for one in group if one != ANYBODY}
    return groups | {one.casefold() for one in policy.people}
