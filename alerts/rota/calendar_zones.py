"""The time zones a calendar names, as this machine knows them; what a file itself says about a zone is not used."""

from __future__ import annotations

from collections.abc import Iterator

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from alerts.rota.local_time import UnknownZone, zone_of


def known_zone(named: str) -> str | None:
    """The IANA name of a zone: named so, as Windows does, or behind its maker (/example.org/Europe/Berlin); or None."""
    for name in _readings(named):
        try:
            return zone_of(name).key
        except UnknownZone:
            continue
    return None


def _readings(named: str) -> Iterator[str]:
    yield named
    if named in WINDOWS_TO_OLSON:
        yield WINDOWS_TO_OLSON[named]
    pieces = named.split("/")
    yield from ("/".join(pieces[-count:]) for count in (3, 2) if len(pieces) > count)
