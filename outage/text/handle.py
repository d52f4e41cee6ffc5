"""What a person is called: one rule at every door, so that whoever is recorded can also be heard."""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator

ANYBODY = "*"
"""In a list of approvers: whoever can open the door may answer."""

NOBODY = ("policy", "silence", "outage", "clock", "watch")
"""Names under which the program itself answers and writes: never a person's."""

HANDLE_PATTERN = r"^\s*@?[^\W_][\w.+@' -]{0,62}[^\W_]\s*$"
"""Two to sixty-four letters, digits and `._+@'-`: what Prefect's form asks its browser and its server to check."""


def read_handle(text: str) -> str:
    """A handle as it is compared and recorded: `@Ada`, `ada ` and `ADA` are one person.

    Raises:
        ValueError: It is none, and why.
    """
    if not re.fullmatch(HANDLE_PATTERN, text):
        raise ValueError(
            f"{text[:64]!r} is no name to be recorded under: a handle has 2 to 64 letters, digits or ._+@'-"
        )
    handle = " ".join(unicodedata.normalize("NFKC", text).split()).removeprefix("@").casefold()
    if handle in NOBODY:
        raise ValueError(f"`{handle}` is not a person: the program itself answers under that name")
    return handle


def _approver(text: str) -> str:
    return text if text == ANYBODY else read_handle(text)


Handle = Annotated[str, AfterValidator(read_handle)]
"""A person."""

Approver = Annotated[str, AfterValidator(_approver)]
"""A person, or `*` for anybody who can open the door."""
