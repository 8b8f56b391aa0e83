"""What every described body and message is made from."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Base: nothing undeclared goes out, so that the description stays true."""

    model_config = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=True)
