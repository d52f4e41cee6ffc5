"""Reading: what in the picture is not as it should be, before anybody says why.

One module per kind of thing that is looked at; each only reads, none guesses at a cause.
"""

from outage.diagnosis.findings.sign_reading import Signs, read_signs

__all__ = ["Signs", "read_signs"]
