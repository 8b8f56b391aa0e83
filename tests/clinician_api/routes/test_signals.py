"""The catalogue as screens need it."""

from __future__ import annotations

from telemetry.signals import CATALOGUE
from tests.clinician_api.conftest import Api


def test_every_signal_with_the_unit_as_printed(api: Api) -> None:
    found = {s["name"]: s for s in api.sign_in().get("/api/signals").json()["signals"]}
    assert list(found) == [signal.name for signal in CATALOGUE]
    pressure = found["venous_pressure"]
    assert (pressure["unit"], pressure["ucum"], pressure["usual"]) == ("mmHg", "mm[Hg]", [50, 250])
