"""The machine's side: what the simulator answers a poll with."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from protocols.jsdt.alarms import letters
from protocols.jsdt.frames import Frame
from protocols.jsdt.profile import Field, Profile, Role
from protocols.jsdt.values import write_absent, write_modality, write_number, write_text
from telemetry.treatment import Phase


def encode(
    profile: Profile,
    values: Mapping[str, float],
    alarms: AbstractSet[str] = frozenset(),
    *,
    phase: Phase | None = None,
    extras: Mapping[str, str] | None = None,
) -> bytes:
    """One answer of a machine, CR LF included.

    Args:
        profile: the model's table.
        values: signal name -> value in the catalogue's unit. What the profile lacks is ignored, what the field cannot
            hold is clipped to it, what is missing or not finite is sent as *not measured*.
        alarms: what stands, as flag letters, event names, or the signal the alarm is about. What the profile has no
            flag for is ignored; ValueError for a word nobody knows.
        phase: TX sets the treating flag of a profile that has one.
        extras: key -> text for the profile's other fields.
    """
    active = letters(profile, alarms)
    data = "".join(
        entry.letter + _value(entry, values, active, phase, extras if extras is not None else {})
        for entry in profile.fields
    )
    return Frame(profile.version, data.encode("ascii")).to_bytes()


def _value(
    entry: Field, values: Mapping[str, float], active: AbstractSet[str], phase: Phase | None, extras: Mapping[str, str]
) -> str:
    match entry.role:
        case Role.SIGNAL:
            return write_number(entry, values.get(entry.name))
        case Role.ALARM:
            return "1" if entry.letter in active else write_absent(entry)
        case Role.TREATING:
            return "1" if phase is Phase.TX else write_absent(entry)
        case Role.MODALITY:
            return write_modality(entry, values.get(entry.name))
        case Role.EXTRA:
            return write_text(entry, extras.get(entry.name))
