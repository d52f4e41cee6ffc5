"""What can go wrong, asked two questions: will it pass by itself, and whom does it concern?

OutageError                    never raised bare; `.transient` says whether to try again
├─ IntakeError                 the alert could not be read
│  └─ MalformedAlert
├─ FileError                   the platform or policy file cannot be used; says file, line and key
├─ ClusterError                the cluster could not be asked or told
│  ├─ ClusterUnreachable       transient   no answer, or 5xx
│  ├─ ClusterThrottled         transient   429
│  ├─ ClusterConflict          409: somebody else wrote; look again, do not repeat blindly
│  ├─ ClusterForbidden         401, 403: says which verb on which resource
│  ├─ ClusterMissing           404: the object is not there
│  └─ ClusterRejected          400, 422 or an admission webhook said no
├─ DatabaseError               the platform's database could not be asked or told
│  ├─ DatabaseUnreachable      transient
│  └─ DatabaseRefused          no right, or the statement failed
├─ MonitoringError             transient   Prometheus or Alertmanager did not answer usefully
├─ ChannelError                a message did not get through, and whether it may be there all the same
│  ├─ ChannelRefused           the service will never take this message
│  ├─ ChannelBusy              transient   certainly not taken, later perhaps; says when
│  ├─ ChannelUnusable          certainly not taken; a person has to mend the channel
│  └─ AnswerLost               transient   it may have been taken: no answer, or one that says nothing
├─ RecordError                 transient   our own record did not take or give what it should
│  └─ FenceLost                somebody else holds what we were about to write
├─ PlanDeclined                somebody said no to a plan before its first write
├─ AnswerRefused               an answer to a plan does not count; says why
│  └─ NoSuchPlan               no plan waits for it, or another one than was read
├─ StackError                  a process of ours is missing or sick; says which and what to do
└─ HandOffFailed               no person could be reached: the loudest thing this program can do

A refusal is not an error: guards return `Refuse`.
"""

from outage.text.redaction import redact

FOREIGN_TEXT_LIMIT = 256
"""Characters kept of text that is not ours: enough for any API server's sentence, too little for a manifest."""


def cut(text: str, limit: int = FOREIGN_TEXT_LIMIT) -> str:
    """Shorten foreign text to one line of at most `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


class OutageError(Exception):
    """Base of all our errors. The message says what we tried, on what, and what came back, and holds no secret.

    Errors become endings, parameters of flow runs and lines of a terminal: what came back is redacted here, once.
    """

    def __init__(self, *says: object) -> None:
        """Keep the words, without what is secret in them."""
        super().__init__(*(redact(one) if isinstance(one, str) else one for one in says))

    transient: bool = False


class IntakeError(OutageError):
    """An alert could not be taken in."""


class MalformedAlert(IntakeError):
    """The body is not an alert that we can read. Permanent."""


class FileError(OutageError):
    """The platform file or the policy file cannot be used. Permanent."""


class ClusterError(OutageError):
    """The cluster could not be asked or told."""


class ClusterUnreachable(ClusterError):
    """No answer in time, or the API server answered 5xx. Transient."""

    transient = True


class ClusterThrottled(ClusterError):
    """The API server asked us to slow down. Transient."""

    transient = True


class ClusterConflict(ClusterError):
    """The object changed since we looked. Permanent for this plan: look again."""


class ClusterForbidden(ClusterError):
    """Our identity may not do that. Permanent."""


class ClusterMissing(ClusterError):
    """The object is not there. Permanent."""


class ClusterRejected(ClusterError):
    """The API server or an admission webhook refused the object. Permanent."""


class DatabaseError(OutageError):
    """The platform's database could not be asked or told."""


class DatabaseUnreachable(DatabaseError):
    """No connection, or it broke. Transient."""

    transient = True


class DatabaseRefused(DatabaseError):
    """The database answered no. Permanent."""


class MonitoringError(OutageError):
    """Prometheus or Alertmanager did not answer usefully. Transient."""

    transient = True


class PlanDeclined(OutageError):
    """Somebody said no to a plan before its first write. Permanent: nothing of it is written."""


class AnswerRefused(OutageError):
    """An answer to a plan does not count. Permanent: the same answer never will."""


class NoSuchPlan(AnswerRefused):
    """No plan waits for such an answer, or another one than was read. Permanent: read again."""


class ActionRefused(OutageError):
    """What a person chose by hand cannot be planned, or may not be by this person. Permanent."""


class ChannelError(OutageError):
    """A message to people did not get through."""


class ChannelRefused(ChannelError):
    """The service will never take this message. Permanent."""


class ChannelBusy(ChannelError):
    """The service has certainly not taken it, and may later. Transient."""

    transient = True

    def __init__(self, *says: object, retry_after_seconds: float | None = None) -> None:
        """Keep the service's own word on when to come back."""
        super().__init__(*says)
        self.retry_after_seconds = retry_after_seconds


class ChannelUnusable(ChannelError):
    """The service has certainly not taken it, nor will it take another: a token is revoked. A person must act."""


class AnswerLost(ChannelError):
    """The service may have taken it: no answer came, or one that says nothing. Transient."""

    transient = True


class RecordError(OutageError):
    """Our record did not take or give what it should. Transient."""

    transient = True


class UnknownIncident(RecordError):
    """The record has no incident of that id. Permanent: asking again makes none."""

    transient = False


class FenceLost(RecordError):
    """Another responder holds the target since. Permanent: who lost it writes nothing more, and begins anew."""

    transient = False


class StackError(OutageError):
    """One of our own processes is missing or sick. Permanent until somebody acts."""


class HandOffFailed(OutageError):
    """No person could be reached. Permanent, and loud."""
