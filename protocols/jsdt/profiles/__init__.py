"""The machine models there is a table for. A profile is chosen by configuration, never guessed from a frame: the same
letters mean different things in different models."""

from __future__ import annotations

from typing import Final

from protocols.jsdt.profile import Profile
from protocols.jsdt.profiles.base import V1
from protocols.jsdt.profiles.nikkiso import NIKKISO_V2
from protocols.jsdt.profiles.toray_tr321 import TORAY_TR321
from protocols.jsdt.profiles.toray_tr8000 import TORAY_TR8000
from telemetry.errors import SettingsError

PROFILES: Final[dict[str, Profile]] = {profile.name: profile for profile in (V1, NIKKISO_V2, TORAY_TR8000, TORAY_TR321)}
ALIASES: Final[dict[str, str]] = {"v2": "nikkiso-v2", "tr8000": "toray-tr8000", "tr321": "toray-tr321"}


def get_profile(name: str) -> Profile:
    """The profile of that name or alias; SettingsError listing the known ones."""
    try:
        return PROFILES[ALIASES.get(name, name)]
    except KeyError:
        raise SettingsError("choose profile", repr(name), hint=f"known: {', '.join(PROFILES)}") from None
