from __future__ import annotations

import pytest

from alerts.rota.calendar_people import by_address, people_of
from alerts.rota.calendar_text import read
from tests.alerts.rota.calendars import calendar, event
from tests.alerts.rota.rotas import PEOPLE

ANN = "ATTENDEE;CN=Ann:mailto:ann@clinic.example"


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ([ANN], ["Ann"]), ([ANN.upper()], ["Ann"]), ([ANN, ANN], ["Ann"]),
        (['ATTENDEE;CN="Ann: nurse":MAILTO:ann@clinic.example'], ["Ann"]),
        ([ANN, "ATTENDEE:mailto:room3@clinic.example"], ["Ann"]),
        ([ANN, "ATTENDEE:mailto:bob@clinic.example"], ["Ann", "Bob"]),
        ([ANN, "SUMMARY:bob@clinic.example"], ["Ann"]),
        (["ATTENDEE;PARTSTAT=DECLINED:mailto:ann@clinic.example", "SUMMARY:On call"], []),
        (["ATTENDEE;PARTSTAT=DECLINED:mailto:ann@clinic.example", "SUMMARY:Bob <bob@clinic.example>"], ["Bob"]),
        (["SUMMARY:on call\\, BOB@clinic.example\\nthis week"], ["Bob"]), (["SUMMARY:ann@clinic.example."], ["Ann"]),
        (["SUMMARY:ann and bob"], []), (["SUMMARY:joann@clinic.example"], []),
        (["SUMMARY:x\u202eann@clinic.example"], []),
    ],
)  # fmt: skip
def test_a_person_is_known_by_address_only(lines: list[str], names: list[str]) -> None:
    (found,) = read(calendar(event(*lines))).events
    assert [person.name for person in people_of(found, by_address(PEOPLE.values()))] == names
