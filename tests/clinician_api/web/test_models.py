"""Bodies of HTTP: what is not described does not go out."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from clinician_api.web import models


def test_an_undescribed_field_is_an_error() -> None:
    with pytest.raises(ValidationError):
        models.Health.model_validate({"status": "ok", "database": "postgresql://…"})
