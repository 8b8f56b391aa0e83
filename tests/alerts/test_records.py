"""Records at the engine's border."""

from __future__ import annotations

import dataclasses

import pytest

from alerts.records import Context, Counters
from alerts.schema import CONTEXT_KEYS


def test_a_context_knows_nothing_unless_told() -> None:
    context = Context()
    assert all(getattr(context, key) is None for key in CONTEXT_KEYS)
    assert dict(context.limits) == {}


def test_a_context_cannot_be_changed_behind_the_engines_back() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Context().target_weight_kg = 70.0  # type: ignore[misc]
    with pytest.raises(TypeError):
        Context().limits["R13 high"] = 1.0  # type: ignore[index]


def test_every_context_key_is_a_field() -> None:
    assert {f.name for f in dataclasses.fields(Context)} == {*CONTEXT_KEYS, "limits", "needle", "symptom_us"}


def test_counters_start_at_nothing() -> None:
    assert dataclasses.astuple(Counters()) == (0, 0, 0, 0)
