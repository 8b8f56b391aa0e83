"""Bodies of HTTP: what is not described does not go in or out."""

from __future__ import annotations

from typing import get_args

import pytest
from pydantic import ValidationError

from clinician_api import models
from telemetry.signals import Kind


def test_an_undescribed_field_is_an_error() -> None:
    with pytest.raises(ValidationError):
        models.Login.model_validate({"email": "a@b.c", "password": "x", "role": "administrator"})
    with pytest.raises(ValidationError):
        models.Health.model_validate({"status": "ok", "database": "postgresql://…"})


def test_the_kinds_of_signals_are_all_described() -> None:
    assert set(get_args(models.SignalView.model_fields["kind"].annotation)) == {kind.value for kind in Kind}
