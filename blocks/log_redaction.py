"""No secret reaches a log of ours, whoever writes it: neither its words nor its traceback.

Prefect keeps what is logged in a run and shows it to everybody who may open its UI.
"""

import logging
import traceback
from typing import Any

from outage.text.redaction import redact

_make_record = logging.getLogRecordFactory()


def redact_logs() -> None:
    """Redact every log record of this process from now on; a second call changes nothing."""
    logging.setLogRecordFactory(_redacted)


def _redacted(*args: Any, **kwargs: Any) -> logging.LogRecord:
    """A record whose words are final: what formatters would still put in is in it already, without secrets."""
    record = _make_record(*args, **kwargs)
    try:
        said = record.getMessage()
    except (TypeError, ValueError):  # words and arguments do not fit: logging itself tells that
        return record
    if (clean := redact(said)) != said:
        record.msg, record.args = clean, ()
    if record.exc_info and record.exc_info[0] is not None:
        record.exc_text = redact("".join(traceback.format_exception(*record.exc_info)).rstrip())
    return record
