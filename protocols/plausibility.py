"""The second step: a frame can be whole and still say what cannot be true. A value that is implausible is taken out and
kept beside as text; the frame's other values stay."""

from __future__ import annotations

from collections.abc import Mapping

from telemetry import signals, units


def separate(values: Mapping[str, float], raw: Mapping[str, str]) -> tuple[dict[str, float], dict[str, str]]:
    """Values inside the catalogue's plausible range, and for the others what was read and why it is not believed.

    `raw` gives the text the machine sent for each signal in `values`.
    """
    plausible: dict[str, float] = {}
    invalid: dict[str, str] = {}
    for name, value in values.items():
        if signals.BY_NAME[name].accepts(value):
            plausible[name] = value
        else:
            invalid[name] = _reason(signals.BY_NAME[name], value, raw[name])
    return plausible, invalid


def _reason(signal: signals.Signal, value: float, raw: str) -> str:
    if signal.plausible is None:
        return f"{raw}: not a finite number"
    low, high = signal.plausible
    return f"{raw}: {value:.6g} is outside {low:g}…{high:g} {units.PRINTED[signal.ucum]}".rstrip()
