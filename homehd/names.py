"""What people call homes, clinics and each other: names that can be read, told apart, and shown on one line."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

from store.registry import Unit
from telemetry.errors import HomehdError, SettingsError

MAX_NAME: Final = 200
# As long as an address may be (RFC 5321).
MAX_EMAIL: Final = 254
# Controls, formats (bidi among them), halves of characters, breaks of line and paragraph.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def checked_name(text: str, *, named: str) -> str:
    """A name of a home, a clinic or a person, without spaces around it; SettingsError for what nobody could read."""
    unseen = next((character for character in text if unicodedata.category(character) in _UNSEEN), "")
    if unseen:
        hint = "it has a control or format character: use letters, digits, punctuation and spaces"
        raise SettingsError("read flags", f"{named} with U+{ord(unseen):04X}", hint=hint)
    if not text.strip():
        raise SettingsError("read flags", f"{named} is empty", hint="give a name that staff will know")
    if len(text) > MAX_NAME:
        raise SettingsError("read flags", f"{named} of {len(text)} characters", hint=f"{MAX_NAME} at most")
    return text.strip()


def checked_email(text: str) -> str:
    """An e-mail address by which somebody signs in; SettingsError for what is none, or nobody could type."""
    text = text.strip()
    host = text.rpartition("@")[2]
    if "@" not in text.strip("@") or not host or len(text) > MAX_EMAIL or not text.isprintable() or " " in text:
        raise SettingsError("read flags", f"EMAIL {text[:MAX_EMAIL]!a}", hint=f"name@host, {MAX_EMAIL} at most")
    return text


def refuse_same_name(units: Sequence[Unit], label: str, clinic: str | None) -> None:
    """HomehdError when a home of that clinic that is not revoked goes by that name, however it is spaced or cased."""
    for unit in units:
        if unit.revoked_us is None and unit.clinic == clinic and _folded(unit.label) == _folded(label):
            hint = "name this one otherwise; for a new box in that home `homehd units reenrol`"
            raise HomehdError("add unit", f"unit {unit.name} of this clinic is called so", hint=hint)


def shown(text: str) -> str:
    """The text on one line of a table: what a terminal would obey, and a backslash, as Python would write them."""
    return "".join(
        character.encode("unicode_escape").decode()
        if character == "\\" or unicodedata.category(character) in _UNSEEN
        else character
        for character in text
    )


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
