"""Toray TR-321: version 1 without transmembrane pressure (J) and its alarm (e), other decimals. Source grade O."""

from __future__ import annotations

from typing import Final

from protocols.jsdt.profile import Profile, replacing, without
from protocols.jsdt.profiles import base

TORAY_TR321: Final = Profile(
    "toray-tr321",
    1,
    replacing(without(base.FIELDS, "J", "e"), base.measured("E", "heparin_rate", 2)),
)
