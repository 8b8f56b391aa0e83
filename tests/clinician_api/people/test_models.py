"""Bodies about people: what is not described does not come in."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from clinician_api.people import models


def test_an_undescribed_field_is_an_error() -> None:
    with pytest.raises(ValidationError):
        models.Login.model_validate({"email": "a@b.c", "password": "x", "role": "administrator"})
