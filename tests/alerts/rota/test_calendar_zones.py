from __future__ import annotations

import pytest

from alerts.rota.calendar_zones import known_zone


@pytest.mark.parametrize(
    ("named", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"), ("W. Europe Standard Time", "Europe/Berlin"),
        ("/freeassociation.sourceforge.net/Europe/Berlin", "Europe/Berlin"),
        ("/example.org/America/Argentina/Salta", "America/Argentina/Salta"), ("UTC", "UTC"),
        ("Mars/Base", None), ("", None), ("../../etc/localtime", None), ("(UTC+01:00) Amsterdam, Berlin", None),
    ],
)  # fmt: skip
def test_a_zone_is_known_by_its_iana_name_windows_name_or_behind_its_maker(named: str, zone: str | None) -> None:
    assert known_zone(named) == zone
