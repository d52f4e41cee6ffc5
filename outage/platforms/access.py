"""How the systems of a platform are reached: references to credentials, never a credential.

Each value stands in the platform file, or in a document of the Prefect Block type of the same fields
(`blocks/access/block_types.py`) that the platform file names.
"""

from pydantic import Field

from outage.platforms.field_types import FORMS, Address, Reference
from outage.value import Value


class ClusterReference(Value):
    """Where a cluster is, and as whom to speak to it."""

    name: str = Field(default="", description="As the `cluster` label of its alerts spells it.")
    reader_kubeconfig: Reference | None = Field(
        default=None,
        description=f"Kubeconfig of the reading identity, as {FORMS}; empty: what kubectl would use.",
    )
    writer_kubeconfig: Reference | None = Field(
        default=None, description="Kubeconfig of the writing identity; empty: the reading one's."
    )
    drill_kubeconfig: Reference | None = Field(
        default=None,
        description="Kubeconfig of the identity that breaks things for practice; empty: no drills.",
    )
    context: str | None = Field(default=None, description="Context in them; empty: the current one.")


class DatabaseReference(Value):
    """As whom to speak to the platform's PostgreSQL; where it is stands in the platform file."""

    reader_username: str = Field(description="Role that reads statistics: deploy/database.sql makes it.")
    reader_password: Reference = Field(description=f"Its password, as {FORMS}.")
    writer_username: str | None = Field(
        default=None, description="Role that may end sessions; empty: no session is ever ended."
    )
    writer_password: Reference | None = Field(default=None, description=f"Its password, as {FORMS}.")


class MonitoringReference(Value):
    """Where Prometheus and Alertmanager are, and with which token to ask them."""

    prometheus: Address | None = Field(
        default=None, description="`http(s)://…`, or `NAMESPACE/SERVICE:PORT` through the API server's proxy."
    )
    alertmanager: Address | None = Field(default=None, description="The same for Alertmanager.")
    token: Reference | None = Field(default=None, description=f"Bearer token for both, as {FORMS}.")
