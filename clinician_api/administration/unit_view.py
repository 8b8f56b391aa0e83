"""How a unit's box is, in one of five words, and the views of it. Pure. What is not known is "unknown"."""

from __future__ import annotations

from typing import Final

from clinician_api.live.views import View, moment
from clinician_api.web.conditional import tag_of_state
from store.unit_admin import Binding, ManagedUnit
from store.unit_settings import StoredSettings

ORDER: Final = ("bad", "unknown", "attention", "good", "retired")
BEHIND_S: Final = 600.0
CLOCK_OFF_S: Final = 60.0
ENDING_US: Final = 14 * 86_400 * 1_000_000


def standing(unit: ManagedUnit, now_us: int) -> str:
    """One of ORDER: away is bad, never heard is unknown."""
    if unit.revoked_us is not None:
        return "retired"
    if unit.online is None:
        return "unknown"
    if not unit.online or (unit.certificate_us is not None and unit.certificate_us <= now_us):
        return "bad"
    return "attention" if _wants_a_look(unit, now_us) else "good"


def _wants_a_look(unit: ManagedUnit, now_us: int) -> bool:
    return bool(
        unit.trouble
        or unit.refused
        or not unit.synchronised
        or abs(unit.clock_offset_s or 0) > CLOCK_OFF_S
        or (unit.oldest_s or 0) > BEHIND_S
        or unit.settings_trouble
        or unit.settings_in_force < unit.settings_newest
        or (unit.certificate_us is not None and unit.certificate_us - now_us < ENDING_US)
    )


def rank(unit: ManagedUnit, now_us: int) -> int:
    """The worst has the least."""
    return ORDER.index(standing(unit, now_us))


def tag(unit: ManagedUnit) -> str:
    """Of everything that people change here."""
    return tag_of_state(unit.revoked_us or 0, {"unit": unit.unit_id, "patient": unit.patient_id})


def view(unit: ManagedUnit, now_us: int, *, names: bool) -> View:
    """`Installation`; `names`: whether whoever asks sees patients."""
    link = "never" if unit.online is None else "online" if unit.online else "offline"
    return {
        "unit": unit.name, "label": unit.label, "clinic": unit.clinic, "standing": standing(unit, now_us),
        "link": link, "link_since": _moment(unit.since_us), "heard_at": _moment(unit.heard_us),
        "machine": unit.machine, "agent_version": unit.agent_version, "synchronised": unit.synchronised,
        "clock_offset_s": unit.clock_offset_s, "outbox_rows": unit.outbox_rows, "outbox_oldest_s": unit.oldest_s,
        "trouble": unit.trouble or "", "certificate_until": _moment(unit.certificate_us),
        "settings_in_force": unit.settings_in_force, "settings_newest": unit.settings_newest,
        "settings_trouble": unit.settings_trouble, "quarantined": unit.refused, "treating": unit.treating,
        "bound": unit.patient_id is not None, "patient": unit.patient if names else None,
        "retired_at": _moment(unit.revoked_us), "tag": tag(unit),
    }  # fmt: skip


def binding_view(binding: Binding, *, names: bool) -> View:
    """`BindingView`."""
    return {
        "patient": binding.patient if names else None,
        "patient_id": str(binding.patient_id) if names else None,
        "since": moment(binding.since_us),
        "until": _moment(binding.until_us),
    }


def settings_view(settings: StoredSettings) -> View:
    """`SettingsVersion`, without the settings: an address in them may hold a secret."""
    return {
        "serial": settings.serial, "author": settings.author, "reason": settings.reason,
        "at": moment(settings.created_us),
    }  # fmt: skip


def _moment(time_us: int | None) -> object:
    return None if time_us is None else moment(time_us)
