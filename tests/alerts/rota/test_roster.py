from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from alerts.rota.able import why_not_for
from alerts.rota.roster import NO_ROTA, roster, rotas_of
from telemetry.rota import BACKUP, PRIMARY, Audience, Rota
from tests.alerts.rota.rotas import (
    ANN,
    BOB,
    CY,
    DEE,
    MOMENTS,
    NORTH,
    PEOPLE,
    SOUTH,
    TEC,
    any_rota,
    book,
    override,
    rota,
    rotation,
    us,
)

NOW = us("2026-03-03T00:00")


def test_primary_backup_and_everyone_on_the_rota() -> None:
    backup = rota(rotation(BOB), rota_id=8, line=BACKUP)
    found = roster(book(rota(rotation(ANN, BOB)), backup), NORTH, Audience.CLINICAL, NOW)
    assert (found.primary, found.backup, found.everyone, found.why) == (ANN, BOB, (ANN, BOB), {})


def test_an_empty_line_says_why_and_everyone_is_still_reached() -> None:
    found = roster(book(rota(rotation(CY, ANN))), NORTH, Audience.CLINICAL, NOW)
    assert (found.primary, found.backup, found.everyone) == (None, None, (ANN,))
    assert found.why == {PRIMARY: "the account of the person named is disabled", BACKUP: NO_ROTA}


def test_without_a_rota_everyone_of_the_clinic_who_may_answer_is_reached() -> None:
    found = roster(book(), NORTH, Audience.CLINICAL, NOW)
    assert (found.primary, found.backup, found.everyone) == (None, None, (ANN, BOB))
    assert found.why == {PRIMARY: NO_ROTA, BACKUP: NO_ROTA}
    assert roster(book(), SOUTH, Audience.CLINICAL, NOW).everyone == (DEE,)


def test_a_rota_nobody_of_which_can_answer_is_as_good_as_none() -> None:
    assert roster(book(rota(rotation(CY))), NORTH, Audience.CLINICAL, NOW).everyone == (ANN, BOB)
    assert roster(book(rota(rotation(ANN), zone="Mars/Base")), NORTH, Audience.CLINICAL, NOW).primary is None


def test_who_stands_in_now_or_soon_is_on_the_rota_and_who_stood_in_is_not() -> None:
    changes = (override(1, "2026-02-01T00:00", "2026-02-02T00:00", BOB),)
    one = rota(rotation(ANN), overrides=changes)
    assert roster(book(one), NORTH, Audience.CLINICAL, NOW).everyone == (ANN,)
    soon = replace(one, overrides=(override(1, "2026-03-10T00:00", "2026-03-11T00:00", BOB),))
    assert roster(book(soon), NORTH, Audience.CLINICAL, NOW).everyone == (ANN, BOB)


def test_a_rota_of_all_clinics_serves_those_without_their_own() -> None:
    shared = rota(rotation(TEC), clinic_id=None, audience=Audience.TECHNICAL)
    own = rota(rotation(TEC), rota_id=9, audience=Audience.TECHNICAL)
    both = book(shared, own)
    assert rotas_of(both, NORTH, Audience.TECHNICAL) == [own]
    assert rotas_of(both, SOUTH, Audience.TECHNICAL) == [shared]
    assert roster(both, SOUTH, Audience.TECHNICAL, NOW).primary == TEC
    backup = rota(rotation(TEC), rota_id=10, audience=Audience.TECHNICAL, line=BACKUP)
    assert rotas_of(book(backup, shared), NORTH, Audience.TECHNICAL) == [shared, backup]
    assert roster(both, None, Audience.TECHNICAL, NOW).primary == TEC


def test_where_nobody_of_an_audience_is_somebody_else_is_reached() -> None:
    only_ann = {ANN: PEOPLE[ANN]}
    assert roster(book(people=only_ann), NORTH, Audience.TECHNICAL, NOW).everyone == (ANN,)
    only_tec = {TEC: PEOPLE[TEC]}
    assert roster(book(people=only_tec), NORTH, Audience.CLINICAL, NOW).everyone == (TEC,)
    assert roster(book(people={CY: PEOPLE[CY]}), NORTH, Audience.CLINICAL, NOW).everyone == ()


@given(st.lists(any_rota(), max_size=2), MOMENTS)
def test_a_page_reaches_somebody_who_can_answer(rotas: list[Rota], at_us: int) -> None:
    lines = [replace(one, line=line, rota_id=line) for line, one in enumerate(rotas, PRIMARY)]
    found = roster(book(*lines), NORTH, Audience.CLINICAL, at_us)
    assert found.everyone
    reached = {*found.everyone, *(one for one in (found.primary, found.backup) if one is not None)}
    assert reached == set(found.everyone)
    assert all(why_not_for(NORTH, Audience.CLINICAL, PEOPLE[one]) is None for one in reached)
    for line, holder in ((PRIMARY, found.primary), (BACKUP, found.backup)):
        assert (holder is None) == (line in found.why)
