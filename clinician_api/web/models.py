"""Bodies of errors, and of the question whether the service is well."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from clinician_api.live.messages import Model
from clinician_api.web import problems

_INSTANCE = "urn:uuid:6f2e3a52-9d0b-4f44-9f5c-0d8c8a1f3b7e"


class WrongValue(Model):
    """One thing that is wrong with a request."""

    where: str = Field(description="path, query, header or body, and the way to it: body.limits.R13")
    why: str


class Problem(BaseModel):
    """Every answer of 4xx and 5xx (RFC 9457): see docs/errors.md. Further members may be there."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    type: str = Field(description="Which kind, for ever the same", examples=[problems.of_status(404).type])
    title: str = Field(description="The kind in words")
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="This case in one sentence: what, where, what to do")
    instance: str = Field(description="This one answer; the log has it where it is our fault", examples=[_INSTANCE])
    what: str
    where: str = Field(description="What it is about; may be empty")
    hint: str = Field(description="What to do; may be empty")
    errors: list[WrongValue] | None = Field(default=None, description="Of 422: everything that is wrong")
    retry_after_s: int | None = Field(default=None, ge=0, description="Seconds, as in Retry-After")
    current: dict[str, Any] | None = Field(default=None, description="Of 409 and 412: how things stand now")


class ProblemKind(Model):
    """One kind of error."""

    type: str
    title: str
    status: int = Field(ge=400, le=599)
    meaning: str = Field(description="When it is answered")
    remedy: str = Field(description="What to do about it")


class Health(Model):
    """Whether this server can do its work; details only in the metrics and the log."""

    status: Literal["ok", "degraded"]
