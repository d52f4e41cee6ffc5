"""What every word of the dictionary is made of: a frozen value that survives JSON."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A frozen value that refuses unknown fields, so that a typing mistake is told and not swallowed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Manifest = dict[str, Any]
"""A Kubernetes object as the API's own JSON."""
