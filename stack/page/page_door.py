"""The page's door: what is shown to whom, and which requests are no requests of our own forms."""

import ipaddress
import secrets
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from fastapi import Request
from fastapi.responses import Response

from blocks.installation.intake_token import token_cluster
from blocks.installation.platform_files import PlatformFiles
from blocks.record import Record
from blocks.settings import Settings
from outage.errors import AnswerRefused
from outage.text.handle import read_handle
from stack.page.page_session import FORM_COOKIE, SESSION_COOKIE, PageSessions, people_of

LARGEST_FORM_BYTES = 16 * 1024
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Of every answer: nothing foreign is loaded, nobody frames us, and nothing stays in a cache."""


class PageRefused(Exception):
    """A request is answered with this status and sentence."""

    def __init__(self, status: int, says: str) -> None:
        super().__init__(says)
        self.status = status


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, to this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def open_to_readers(settings: Settings) -> bool:
    """Whether reading needs no login: only this machine can reach the page, and nobody was told another address."""
    named = urlsplit(settings.page_url).hostname if settings.page_url else "localhost"
    return is_loopback(settings.page_host) and is_loopback(named or "")


def unsafe_place(settings: Settings) -> str:
    """Why the page may not be served where the settings say; empty when it may."""
    if settings.page_certificate and not settings.page_certificate_key:
        return "serve the page with OUTAGE_PAGE_CERTIFICATE: OUTAGE_PAGE_CERTIFICATE_KEY names no key for it"
    if open_to_readers(settings) or behind_tls(settings):
        return ""
    return (
        f"serve the page on {settings.page_host} to others: codes would travel in clear; name a certificate in"
        " OUTAGE_PAGE_CERTIFICATE, or put a proxy with TLS before it and name its https:// address in OUTAGE_PAGE_URL"
    )


def behind_tls(settings: Settings) -> bool:
    """Whether browsers reach the page by TLS alone: its own, or a proxy's."""
    if settings.page_url:
        return settings.page_url.startswith("https://")
    return settings.page_certificate is not None


class PageDoor:
    """Knows readers, and forms of our own."""

    def __init__(self, settings: Settings) -> None:
        """Read nothing yet."""
        self.settings = settings
        self.open = open_to_readers(settings)
        self.secure = behind_tls(settings)
        self.sessions = PageSessions(Path(settings.home))
        self.files = PlatformFiles(settings)

    def people(self) -> frozenset[str]:
        """Everybody whom a policy names, by the files as they are now: whoever is taken out of them is out."""
        return frozenset().union(*(people_of(one) for one in self.files.policies().values()))

    def reader(self, request: Request) -> str:
        """Who has a session; empty for nobody."""
        cookie = request.cookies.get(self.cookie_name(SESSION_COOKIE), "")
        return self.sessions.person_of(cookie, self.people(), datetime.now(UTC)) if cookie else ""

    def cookie_name(self, name: str) -> str:
        """What a cookie is called; behind TLS so that no sibling of our host can set it."""
        return f"__Host-{name}" if self.secure else name

    def let_in(self, request: Request) -> str:
        """Who reads; empty on loopback without a session.

        Raises:
            PageRefused: A stranger, or a name that is not ours (a site that made its name mean this machine).
        """
        if person := self.reader(request):
            return person
        if not self.open:
            raise PageRefused(401, "log in first")
        named = urlsplit(self.settings.page_url).hostname
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
        if not (is_loopback(host) or host == named):
            raise PageRefused(403, "this machine's page is read under its own name: 127.0.0.1 or localhost")
        return ""

    def let_in_monitoring(self, request: Request) -> None:
        """Let the monitoring read the numbers: with the intake's word where readers must log in.

        Raises:
            PageRefused: A stranger.
        """
        scheme, _, word = request.headers.get("authorization", "").partition(" ")
        known = scheme == "Bearer" and token_cluster(
            word, self.settings.intake_token_file, self.settings.intake_tokens_folder
        )
        if known is False or known is None:
            self.let_in(request)

    async def read_form(self, request: Request, purpose: str) -> dict[str, str]:
        """The fields of a form of our own.

        Args:
            request: What came.
            purpose: What the form was shown for.

        Raises:
            PageRefused: It is too large, comes from another site, or was not shown to this browser.
        """
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > LARGEST_FORM_BYTES:
                raise PageRefused(413, "the form is too large")
        fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20))
        cookie = request.cookies.get(self.cookie_name(FORM_COOKIE), "")
        if not self._same_site(request) or not self.sessions.form_fits(
            fields.get("form", ""), cookie, purpose
        ):
            raise PageRefused(403, "this form was not shown here: open the page again and send it from there")
        return fields

    def _same_site(self, request: Request) -> bool:
        origin = request.headers.get("origin")
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return False
        if origin is None:
            return True  # the word in the form is what counts; an old browser says no more
        named = urlsplit(self.settings.page_url).netloc
        return urlsplit(origin).netloc in {request.headers.get("host", ""), named} - {""}

    def form_cookie(self, request: Request) -> str:
        """The cookie to which forms are bound: the browser's own, or a new one."""
        return request.cookies.get(self.cookie_name(FORM_COOKIE)) or secrets.token_urlsafe(24)

    def keep_cookie(self, response: Response, name: str, value: str, seconds: int | None = None) -> None:
        """Give a cookie that no script reads and no other site sends.

        Args:
            response: To which it is added.
            name: Without the prefix that it has behind TLS.
            value: What it holds.
            seconds: How long it is kept; None until the browser is closed.
        """
        response.set_cookie(
            self.cookie_name(name),
            value,
            max_age=seconds,
            httponly=True,
            samesite="strict",
            secure=self.secure,
            path="/",
        )

    def proven_person(self, record: Record, name: str, code: str) -> str:
        """Find out whose code it is; it is used up with this.

        Args:
            record: Where used and wrong codes are counted.
            name: As somebody typed it.
            code: Likewise; kept nowhere.

        Returns:
            The handle.

        Raises:
            AnswerRefused: It opens nothing. Strangers are not told whether the name is one of ours.
        """
        try:
            person = read_handle(name)
        except ValueError as error:
            raise AnswerRefused(f"log in: {error}") from error
        secret = self.sessions.secret_of(person, self.people())
        wrong = record.use_code(person, secret, code, datetime.now(UTC)) if secret else "unknown"
        if wrong:
            raise AnswerRefused(
                "log in: this name and code do not fit, or the code was used, or there were too many wrong ones"
            )
        return person
