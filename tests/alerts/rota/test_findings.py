from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from alerts.rota.findings import Finding, Kind, findings, where_of
from alerts.rota.gaps import gaps
from alerts.rota.local_time import DAY_US
from alerts.rota.shifts import shift_at
from telemetry.rota import BACKUP, PRIMARY, Acceptance, Audience, Book, Clinic, Rota
from tests.alerts.rota.rotas import (
    ANN,
    BOB,
    CY,
    NORTH,
    PEOPLE,
    TEC,
    any_rota,
    book,
    override,
    rota,
    rotation,
    stretches,
    us,
)

NOW = us("2026-03-03T12:00")
HOUR_US = 3_600_000_000
TESTED = dict.fromkeys(PEOPLE, NOW)


def accepted(one: Rota) -> Rota:
    """The same, with every shift accepted by whoever has it."""
    words = tuple(Acceptance(number, number, 0, us("2030-01-01T00:00")) for number in PEOPLE)
    return replace(one, acceptances=words)


def untroubled(whole: Book, now_us: int) -> list[Finding]:
    """What is found where everybody's channels work."""
    return findings(whole, dict.fromkeys(PEOPLE, now_us), now_us)


def of(kind: Kind, found: list[Finding]) -> list[Finding]:
    return [one for one in found if one.kind is kind]


def test_a_rota_in_order_has_no_finding() -> None:
    assert findings(book(accepted(rota(rotation(ANN, BOB)))), TESTED, NOW) == []


def test_an_uncovered_stretch_is_told_before_it_begins_under_one_key_and_is_urgent_the_day_before() -> None:
    one = accepted(rota(rotation(ANN, BOB), overrides=(override(1, "2026-03-10T18:00", "2026-03-11T06:00", None),)))
    far, near, running = (
        untroubled(book(one), us(at)) for at in ("2026-03-03T12:00", "2026-03-09T18:00", "2026-03-11T01:00")
    )
    assert [len(found) for found in (far, near, running)] == [1, 1, 1]
    assert [found[0].urgent for found in (far, near, running)] == [False, True, True]
    assert {(f.key, f.matters_us) for f in (*far, *near, *running)} == {
        (f"uncovered:7:{us('2026-03-10T18:00')}", us("2026-03-10T18:00"))
    }
    assert far[0].where == "North, clinical, primary"
    assert far[0].what == "nobody is on call from Tue 2026-03-10 19:00 CET to Wed 2026-03-11 07:00 CET"
    assert "homehd rota" in far[0].action
    assert untroubled(book(one), us("2026-03-11T06:00")) == []


def test_what_lies_beyond_the_look_ahead_is_not_told_yet() -> None:
    one = accepted(rota(rotation(ANN), overrides=(override(1, "2026-03-17T12:00", "2026-03-18T00:00", None),)))
    assert findings(book(one), TESTED, NOW) == []
    assert len(findings(book(one), TESTED, NOW + 1)) == 1
    assert len(findings(book(one), TESTED, NOW, look_ahead_days=15)) == 1


def test_a_rota_on_which_nobody_is_named_says_so_without_a_date_nobody_can_read() -> None:
    (found,) = findings(book(rota()), TESTED, NOW)
    assert (found.kind, found.urgent) == (Kind.UNCOVERED, True)
    assert found.what == "nobody is on call until further notice"


def test_a_person_without_a_tested_channel_is_told_once_from_their_first_shift_on() -> None:
    one = accepted(rota(rotation(ANN, BOB)))
    stale = {ANN: NOW - 7 * DAY_US, BOB: NOW - 7 * DAY_US - 1}
    (found,) = findings(book(one), stale, NOW)
    assert (found.kind, found.key, found.user_id) == (Kind.UNTESTED, f"untested:7:{BOB}", BOB)
    assert (found.matters_us, found.urgent) == (us("2026-03-09T07:00"), False)
    assert [f.urgent for f in findings(book(one), stale, us("2026-03-08T08:00"))] == [True, True]
    assert findings(book(one), stale, us("2026-03-08T08:00"), tested_within_days=13) == []
    never = findings(book(one), {}, NOW)
    assert [(f.user_id, f.urgent) for f in never] == [(ANN, True), (BOB, False)]


def test_a_shift_is_asked_for_a_day_before_and_not_earlier() -> None:
    one = rota(rotation(ANN, BOB))
    start = us("2026-03-09T07:00")
    early = findings(book(one), TESTED, start - DAY_US - 1)
    assert [f.user_id for f in early] == [ANN]  # the one that runs
    asked = of(Kind.UNACCEPTED, findings(book(one), TESTED, start - DAY_US))
    assert [(f.user_id, f.key, f.urgent) for f in asked] == [
        (ANN, f"unaccepted:7:{ANN}:{us('2026-03-02T07:00')}", True),
        (BOB, f"unaccepted:7:{BOB}:{start}", True),
    ]
    word = Acceptance(1, BOB, start, us("2026-03-16T06:00") + HOUR_US)
    by_bob = replace(one, acceptances=(word,))
    assert [f.user_id for f in findings(book(by_bob), TESTED, start - HOUR_US)] == [ANN]
    assert findings(book(by_bob), TESTED, start) == []
    declined = replace(by_bob, acceptances=(word, replace(word, number=2, accepted=False)))
    assert [f.user_id for f in findings(book(declined), TESTED, start)] == [BOB]


@pytest.mark.parametrize(
    ("user_id", "said"), [(CY, "disabled"), (TEC, "role"), (4, "another clinic"), (99, "no account")]
)
def test_somebody_who_cannot_answer_is_told_once_and_not_asked_or_tested(user_id: int, said: str) -> None:
    (found,) = findings(book(accepted(rota(rotation(user_id, every=1)))), {}, NOW)
    assert (found.kind, found.key) == (Kind.UNABLE, f"unable:7:{user_id}")
    assert said in found.what and found.urgent


def test_a_clinic_with_patients_and_no_rota_is_urgent_and_one_without_patients_is_not_told() -> None:
    (found,) = findings(book(), TESTED, NOW)
    assert (found.kind, found.key, found.clinic_id, found.urgent) == (Kind.NO_ROTA, "no-rota:1:clinical", NORTH, True)
    backup_only = findings(book(accepted(rota(rotation(ANN), line=BACKUP))), TESTED, NOW)
    assert [f.key for f in backup_only] == ["no-rota:1:clinical"] and "no primary" in backup_only[0].what
    technical = rota(rotation(TEC), audience=Audience.TECHNICAL)
    assert [f.kind for f in findings(book(accepted(technical)), TESTED, NOW)] == [Kind.NO_ROTA]


def test_a_backup_who_is_primary_as_well_is_told_under_one_key() -> None:
    primary, backup = accepted(rota(rotation(ANN, BOB))), accepted(rota(rotation(ANN), rota_id=8, line=BACKUP))
    early, late = (untroubled(book(primary, backup), us(at)) for at in ("2026-03-12T00:00", "2026-03-17T00:00"))
    keys = [f"doubled:8:{ANN}:{us(start)}" for start in ("2026-03-16T07:00", "2026-03-30T06:00")]
    assert [(f.key, f.urgent) for f in early] == [(keys[0], False)]
    assert [(f.key, f.urgent) for f in late] == [(keys[0], True), (keys[1], False)]
    assert early[0].where == "North, clinical, backup" and "primary as well" in early[0].what
    assert untroubled(book(primary, accepted(rota(rotation(BOB, ANN), rota_id=8, line=BACKUP))), NOW) == []
    disabled = (rota(rotation(CY)), rota(rotation(CY), rota_id=8, line=BACKUP))
    assert {f.kind for f in untroubled(book(*disabled), NOW)} == {Kind.UNABLE}


def test_a_zone_that_is_not_known_is_told_and_stops_no_other_finding() -> None:
    strange = rota(rotation(ANN), rota_id=8, zone="Mars/Base", line=BACKUP)
    found = findings(book(accepted(rota(rotation(CY))), strange), TESTED, NOW)
    assert {f.kind for f in found} == {Kind.UNKNOWN_ZONE, Kind.UNABLE}
    other = findings(book(replace(strange, line=PRIMARY), accepted(rota(rotation(ANN), line=BACKUP))), TESTED, NOW)
    assert [f.kind for f in other] == [Kind.UNKNOWN_ZONE]


def test_where_it_is() -> None:
    everywhere = rota(clinic_id=None, audience=Audience.OPERATIONS, line=BACKUP)
    assert where_of(book(), everywhere) == "all clinics, operations, backup"


@given(any_rota(), stretches())
def test_every_gap_ahead_is_told_before_it_and_keys_are_of_one_thing_each(one: Rota, stretch: tuple[int, int]) -> None:
    now_us = stretch[0]
    whole = replace(book(one), clinics={NORTH: Clinic(NORTH, "North", False)})
    found = findings(whole, {}, now_us)
    assert len({f.key for f in found}) == len(found)
    assert [f.matters_us for f in found] == sorted(f.matters_us for f in found)
    for gap in gaps(one, PEOPLE, now_us, now_us + 14 * DAY_US):
        about = [f for f in found if f.kind in (Kind.UNCOVERED, Kind.UNABLE) and f.user_id == gap.user_id]
        assert any(f.matters_us <= gap.start_us for f in about)
        if gap.start_us - now_us <= DAY_US:
            assert any(f.urgent for f in about)
    for f in found:
        assert f.urgent == (f.matters_us - now_us <= DAY_US)
    # A moment later the same things are wrong, under the same keys.
    later = {f.key for f in findings(whole, {}, now_us + 1) if f.kind is not Kind.UNACCEPTED}
    ended = {f.key for f in found if f.kind is not Kind.UNACCEPTED} - later
    assert all(_ends_at(one, f, now_us + 1) for f in found if f.key in ended)


def _ends_at(one: Rota, finding: Finding, at_us: int) -> bool:
    return shift_at(one, at_us - 1).end_us == at_us
