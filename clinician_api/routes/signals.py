"""The signal catalogue."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from clinician_api.live import models
from clinician_api.people.sessions import SessionDep
from clinician_api.web.errors import responses
from telemetry import units
from telemetry.signals import CATALOGUE, Signal

router = APIRouter(tags=["signals"])


def _view(signal: Signal) -> models.SignalView:
    return models.SignalView(
        name=signal.name, label=signal.label, kind=signal.kind.value, unit=units.PRINTED[signal.ucum],
        ucum=signal.ucum, plausible=signal.plausible, usual=signal.usual,
    )  # fmt: skip


_ALL: Final = models.Signals(signals=[_view(signal) for signal in CATALOGUE])


@router.get("/api/signals", responses=responses(401, 403, 503))
async def list_signals(_session: SessionDep) -> models.Signals:
    """Every signal with its name, unit and ranges."""
    return _ALL
