"""What a piece of evidence means, before anybody says why."""

from datetime import datetime

from outage.kubernetes.objects import ObjectRef
from outage.value import Value


class Finding(Value):
    """One thing that is not as it should be (or could not be seen), about one object."""

    sign: str
    """Stable name of what is seen, in kebab-case: `pod-image-pull`, `service-without-endpoints`."""
    about: ObjectRef
    says: str
    """One sentence for the responder."""
    since: datetime | None = None
    """When it began, as far as the cluster tells."""
    evidence: tuple[str, ...] = ()
    """Ids of the looks it comes from."""
