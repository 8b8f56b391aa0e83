"""Bodies about signals say all there is."""

from __future__ import annotations

from typing import get_args

from clinician_api.live import models
from telemetry.signals import Kind


def test_the_kinds_of_signals_are_all_described() -> None:
    assert set(get_args(models.SignalView.model_fields["kind"].annotation)) == {kind.value for kind in Kind}
