"""Prefect Block types for what a platform is reached with: an operator makes their documents in the UI.

They hold references, never a secret: Prefect shows what a Block holds to every caller of its API.
"""

from typing import Any

from prefect.blocks.core import Block
from pydantic import create_model

from outage.platforms.access import ClusterReference, DatabaseReference, MonitoringReference
from outage.value import Value

DOCUMENTATION = (
    "References only: a file, an environment variable or a Kubernetes Secret, never the credential itself."
)


def _block_type(name: str, slug: str, reference: type[Value]) -> type[Block]:
    """A Block type with the fields of a reference."""
    fields: dict[str, Any] = {key: (field.annotation, field) for key, field in reference.model_fields.items()}
    made: type[Block] = create_model(
        name.title().replace(" ", ""), __base__=Block, __doc__=reference.__doc__, **fields
    )
    made._block_type_name = name
    made._block_type_slug = slug
    made._description = f"{(reference.__doc__ or '').strip()} {DOCUMENTATION}"
    return made


ClusterAccess = _block_type("Cluster access", "cluster-access", ClusterReference)
DatabaseAccess = _block_type("Database access", "database-access", DatabaseReference)
MonitoringAccess = _block_type("Monitoring access", "monitoring-access", MonitoringReference)

BLOCK_TYPES = (ClusterAccess, DatabaseAccess, MonitoringAccess)


def register_block_types() -> None:
    """Make the Block types known to the server, so that their documents can be made in the UI; safe to repeat."""
    for block_type in BLOCK_TYPES:
        block_type.register_type_and_schema()
