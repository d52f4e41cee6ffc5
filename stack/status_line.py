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
    wrong: str | None = None
    """None when all is well."""

    def __str__(self) -> str:
        """The line for a terminal."""
        since = f"; since {self.since:%Y-%m-%d %H:%M:%S} UTC, process {self.pid}" if self.since else ""
        return f"{self.name:<9} {self.what}{since}; {f'WRONG: {self.wrong}' if self.wrong else 'well'}"
