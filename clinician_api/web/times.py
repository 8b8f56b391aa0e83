"""Times as they come in: RFC 3339 with its zone, and nothing else that could be taken for a time."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

EXAMPLE: Final = "2026-03-01T08:00:00Z"
_WRITTEN: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _written(value: Any) -> Any:
    # Pydantic also takes "1772352000" and "2026-03-01T08:00", of which nobody knows what was meant.
    if isinstance(value, str) and _WRITTEN.fullmatch(value):
        return value
    raise PydanticCustomError("time", "not a time with its zone: write {example}", {"example": EXAMPLE})


Moment = Annotated[datetime, BeforeValidator(_written), Field(examples=[EXAMPLE])]
