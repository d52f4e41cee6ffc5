"""One line of `outage status`: what it is, where, since when, and what is wrong."""

from datetime import datetime

from outage.value import Value


class StatusLine(Value):
    """One process of the stack."""

    name: str
    what: str
    """What it is and where."""
    pid: int | None = None
    since: datetime | None = None
    died_at: datetime | None = None
    """When it died, or the one whose place it took; None when none died that is remembered."""
    wrong: str | None = None
    """None when all is well."""

    def __str__(self) -> str:
        """The line for a terminal."""
        since = f"; since {self.since:%Y-%m-%d %H:%M:%S} UTC, process {self.pid}" if self.since else ""
        if self.since and self.died_at:
            since += f", in place of one that died at {self.died_at:%Y-%m-%d %H:%M:%S} UTC"
        return f"{self.name:<9} {self.what}{since}; {f'WRONG: {self.wrong}' if self.wrong else 'well'}"
