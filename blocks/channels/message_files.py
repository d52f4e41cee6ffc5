"""The message templates: a team's own where it has one, else those of the repository."""

from pathlib import Path

from blocks.settings import SHIPPED
from outage.errors import FileError
from outage.reports.message_templates import MessageTemplates

TEMPLATES = SHIPPED / "deploy" / "messages"


def shipped_templates() -> MessageTemplates:
    """The runbook's three, word for word, and what the public reads."""
    return MessageTemplates.model_validate(
        {name: _text(TEMPLATES, name) for name in MessageTemplates.model_fields}
    )


def own_templates(folder: Path, platform: str = "") -> MessageTemplates:
    """A team's templates; a kind that the folder does not hold is the shipped one.

    Args:
        folder: Holds `alert`, `update`, `resolved` and `status_page.txt.j2`, or some of them, or is not there.
        platform: Name of a folder in it whose templates go before its own, for that platform; empty for none.
    """
    folders = (folder / platform, folder) if platform else (folder,)
    found = {
        name: _text(next((one for one in folders if _file(one, name).is_file()), TEMPLATES), name)
        for name in MessageTemplates.model_fields
    }
    return MessageTemplates.model_validate(found)


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.txt.j2"


def _text(folder: Path, name: str) -> str:
    file = _file(folder, name)
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"read the message template {file}: {error}") from error
