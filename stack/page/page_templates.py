"""The page's templates: every value that is put into one is redacted and escaped, without exception."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from outage.reports.markdown import sureness
from outage.text.durations import duration_in_words
from outage.text.redaction import redact

FOLDER = Path(__file__).resolve().parent / "templates"
STYLE = "page.css"
SCRIPT = "page.js"


def safe_value(value: Any) -> Any:
    """What may be put into a page: text without secrets; markup of our own templates as it is; nothing for None."""
    if isinstance(value, Markup):
        return value
    return "" if value is None else redact(str(value))


def moment_words(at: datetime | None) -> Markup:
    """A moment as people and scripts read it."""
    if at is None:
        return Markup("–")
    utc = at.astimezone(UTC)
    return Markup('<time datetime="{}"><span class="day">{}</span> {}</time>').format(
        utc.isoformat(timespec="seconds"), f"{utc:%Y-%m-%d}", f"{utc:%H:%M:%S}"
    )


def length_words(length: timedelta | float | None) -> str:
    """A duration, or a dash; numbers are seconds."""
    if length is None:
        return "–"
    return duration_in_words(length if isinstance(length, timedelta) else timedelta(seconds=length))


def diff_lines(diff: str) -> list[tuple[str, str]]:
    """The lines of a diff, each with the class that colours it."""
    kinds = {"+": "add", "-": "del", "@": "at"}
    return [
        ("at" if line.startswith(("--- ", "+++ ")) else kinds.get(line[:1], ""), line)
        for line in redact(diff).splitlines()
    ]


def anchor(url: str) -> str:
    """An address that a browser may follow; what is no web address leads nowhere."""
    return url if url.startswith(("https://", "http://", "/")) else "#"


def page_file(name: str) -> str:
    """One file beside the templates, as it is."""
    return (FOLDER / name).read_text(encoding="utf-8")


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=safe_value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "moment": moment_words,
        "length": length_words,
        "sure": sureness,
        "diff_lines": diff_lines,
        "anchor": anchor,
    }
    return made


ENVIRONMENT = _environment()


def render_page(name: str, fields: Mapping[str, Any]) -> str:
    """Render one page.

    Args:
        name: Of the template, `home.html.j2`.
        fields: What it names.
    """
    return ENVIRONMENT.get_template(name).render(dict(fields))
