"""The runbook's messages as templates that a team can replace: sandboxed, and strict about what they name.

Runbook: "Initial Communication", "During Resolution", "Resolution Communication".
"""

from collections.abc import Mapping

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from outage.errors import FileError, cut
from outage.text.redaction import redact
from outage.value import Value

LONGEST_MESSAGE = 20_000
"""Characters; a template that loops is cut here."""

ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


class MessageTemplates(Value):
    """One template of each kind."""

    alert: str
    update: str
    resolved: str
    status_page: str
    """What the public reads."""


class RenderedMessage(Value):
    """A message, and what was wrong with the team's own template."""

    text: str
    mistake: str = ""
    """Empty when nothing was."""


def render_template(name: str, template: str, fields: Mapping[str, str]) -> str:
    """Render one message, without secrets.

    Args:
        name: The template's, for the sentence when something is wrong.
        template: Its text.
        fields: What it may name.

    Raises:
        FileError: It is no template, names what there is not, or does what it may not. Permanent.
    """
    try:
        said = ENVIRONMENT.from_string(template).render(dict(fields))
    except (TemplateError, TypeError, ValueError, ArithmeticError, OverflowError) as error:
        line = getattr(error, "lineno", None)
        where = f" line {line}" if line else ""
        raise FileError(
            f"read the message {name}{where}: {cut(str(error)) or type(error).__name__}"
        ) from error
    return redact(said.strip())[:LONGEST_MESSAGE]


def rendered_message(name: str, own: str, shipped: str, fields: Mapping[str, str]) -> RenderedMessage:
    """Render the team's template; one that cannot be used never keeps a message back: then the shipped one speaks.

    Args:
        name: `alert`, `update`, `resolved` or `status_page`.
        own: The team's template.
        shipped: Ours.
        fields: What they may name.
    """
    try:
        return RenderedMessage(text=render_template(name, own, fields))
    except FileError as error:
        return RenderedMessage(text=render_template(name, shipped, fields), mistake=str(error))
