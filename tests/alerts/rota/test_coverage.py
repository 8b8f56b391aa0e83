"""One word for a clinic, and what it rests on."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

from hypothesis import given

from alerts.rota.able import why_not
from alerts.rota.coverage import Coverage, State, coverages
from alerts.rota.shifts import shift_at
from telemetry.rota import BACKUP, Acceptance, Audience, Book, Rota
from tests.alerts.rota.rotas import (
    ANN,
    BOB,
    CY,
    NORTH,
    SOUTH,
    TEC,
    any_rota,
    book,
    override,
    rota,
    rotation,
    stretches,
    us,
)

NOW = us("2026-03-03T00:00")


def clinical(found: Book, tested: set[int], now_us: int = NOW) -> Coverage:
    (one,) = [one for one in coverages(found, NORTH, tested, now_us) if one.audience is Audience.CLINICAL]
    return one


def test_covered_needs_a_tested_channel_and_an_accepted_shift() -> None:
    weekly = rota(rotation(ANN, BOB))
    assert clinical(book(weekly), set()).state is State.UNTESTED
    assert clinical(book(weekly), {ANN}).state is State.UNACCEPTED
    word = Acceptance(1, ANN, us("2026-03-02T07:00"), us("2026-03-09T07:00"))
    accepted = replace(weekly, acceptances=(word,))
    found = clinical(book(accepted), {ANN})
    assert (found.state, found.primary.user_id, found.primary.next_hole) == (State.COVERED, ANN, None)
    assert found.primary.until_us == us("2026-03-09T07:00")
    half = replace(weekly, acceptances=(replace(word, end_us=us("2026-03-05T00:00")),))
    assert clinical(book(half), {ANN}).state is State.UNACCEPTED


def test_not_covered_says_why_and_how_long_and_a_backup_is_no_cover() -> None:
    nobody = override(1, "2026-03-02T23:00", "2026-03-03T07:00", None)
    weekly = rota(rotation(ANN), overrides=(nobody,))
    backup = rota(rotation(BOB), rota_id=8, line=BACKUP)
    found = clinical(book(weekly, backup), {ANN, BOB})
    assert (found.state, found.primary.why_not) == (State.UNCOVERED, "nobody is named")
    assert found.primary.until_us is None and found.primary.next_hole is not None
    assert found.primary.next_hole.end_us == us("2026-03-03T07:00")
    assert found.backup is not None and found.backup.user_id == BOB and not found.backup.why_not
    disabled = clinical(book(rota(rotation(CY))), {CY})
    assert (disabled.state, disabled.primary.user_id) == (State.UNCOVERED, CY)
    assert disabled.primary.next_hole is not None and disabled.primary.next_hole.end_us is None


def test_the_next_hole_is_told_while_it_is_covered_still() -> None:
    found = clinical(book(rota(rotation(ANN, CY))), {ANN})
    assert found.primary.next_hole is not None and not found.primary.why_not
    assert (found.primary.next_hole.start_us, found.primary.next_hole.user_id) == (us("2026-03-09T07:00"), CY)


def test_a_clinic_with_patients_and_no_rota_is_not_covered_and_one_without_either_says_nothing() -> None:
    empty = book()
    assert clinical(empty, {ANN}).primary.why_not == "there is no rota"
    assert list(coverages(empty, SOUTH, set(), NOW)) == []
    backup_alone = clinical(book(rota(rotation(BOB), line=BACKUP)), {BOB})
    assert backup_alone.state is State.UNCOVERED and backup_alone.backup is not None


def test_a_rota_of_all_clinics_serves_each_and_an_unknown_zone_covers_nobody() -> None:
    technical = rota(rotation(TEC), rota_id=9, clinic_id=None, audience=Audience.TECHNICAL)
    found = [one for one in coverages(book(technical), SOUTH, {TEC}, NOW) if one.audience is Audience.TECHNICAL]
    assert [one.primary.user_id for one in found] == [TEC]
    assert "Mars/Base" in clinical(book(rota(rotation(ANN), zone="Mars/Base")), {ANN}).primary.why_not


def test_a_shift_over_the_night_the_clocks_change_ends_at_eight_by_the_wall_clock() -> None:
    nightly = rota(rotation(ANN, BOB, every=1, at=time(8)))
    found = clinical(book(nightly), {ANN, BOB}, us("2026-03-29T00:30"))
    assert found.primary.until_us == us("2026-03-29T08:00+02:00")


@given(any_rota(), stretches())
def test_covered_is_never_said_where_nobody_who_can_answer_has_it(one: Rota, stretch: tuple[int, int]) -> None:
    found = clinical(book(one), {1, 2, 3, 4, 5, 6}, stretch[0])
    unable = why_not(one, shift_at(one, stretch[0]).user_id, book().people)
    assert (found.state is State.UNCOVERED) is (unable is not None)
