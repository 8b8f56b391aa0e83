"""Calendar files to take in."""

from __future__ import annotations

from tests.alerts.rota.rotas import us

FROM, TO = us("2026-03-01T00:00"), us("2026-05-01T00:00")


def event(*lines: str, uid: str = "one", start: str = "20260302T070000Z", end: str = "20260309T070000Z") -> str:
    """An event of Ann's, a week long, with further lines; an empty `start` or `end` leaves it out."""
    given = [f"UID:{uid}"] if uid else []
    given += [f"DTSTART:{start}"] if start else []
    given += [f"DTEND:{end}"] if end else []
    if not any(line.startswith(("ATTENDEE", "SUMMARY")) for line in lines):
        given.append("ATTENDEE;CN=Ann:mailto:ann@clinic.example")
    return "\r\n".join(["BEGIN:VEVENT", *given, *lines, "END:VEVENT"])


def calendar(*components: str) -> bytes:
    """A calendar of these."""
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test", *components, "END:VCALENDAR", ""]).encode()
