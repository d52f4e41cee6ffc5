"""A log line as a responder reads it: without dates, and cut between its words, never within what it complains of."""

import re

DATES = re.compile(
    r"^[\[(]?(?:"
    r"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?"
    r"|\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}"
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?"
    r"|(?:ts|time|timestamp)=\"?\S+?\"?(?= )"
    r")[\])]?[ ,:]*"
)
"""How programs begin their lines; the kubelet puts one more before it."""
COMPLAINT = re.compile(r"\b(?:error|err|cause|exception|reason|msg|message)=")
HEAD = 60
"""Characters of a long line's beginning that are kept before what it complains of."""


def shown_message(line: str, limit: int) -> str:
    """The message of a log line in at most about `limit` characters.

    Args:
        line: As it was logged, with or without the dates of the kubelet and of the program.
        limit: Characters. A longer line loses its middle when what it complains of stands behind it, else its end.
    """
    text = " ".join(line.split())
    while (bare := DATES.sub("", text, count=1)) != text and bare:
        text = bare
    if len(text) <= limit:
        return text
    found = [one.start() for one in COMPLAINT.finditer(text)]
    if found and found[-1] > HEAD:
        return f"{_words(text, HEAD)} {_words(text[found[-1] :], limit - HEAD)}"
    return _words(text, limit)


def _words(text: str, limit: int) -> str:
    """The beginning, up to the end of a word, with a mark where something is left out."""
    if len(text) <= limit:
        return text
    return f"{text[:limit].rpartition(' ')[0] or text[:limit]} …"
