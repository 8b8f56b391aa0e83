from __future__ import annotations

from dataclasses import replace

from alerts.rota.calendar_change import Change, change
from telemetry.rota import Override, Source
from tests.alerts.rota.calendars import FROM, TO
from tests.alerts.rota.rotas import BOB, override

ONE, TWO = (
    replace(override(n, f"2026-03-{day}T00:00", f"2026-03-{day + 1}T00:00", n, Source.CALENDAR), uid=str(n))
    for n, day in ((1, 10), (2, 12))
)


def said(one: Override) -> Override:
    return replace(one, number=0)


def test_the_same_again_changes_nothing() -> None:
    assert change([ONE, TWO], [said(ONE), said(TWO)], FROM, TO) == Change((), (), 2)


def test_a_changed_event_replaces_a_vanished_one_goes_and_a_new_one_comes() -> None:
    moved = replace(said(ONE), end_us=ONE.end_us + 1)
    new = replace(said(TWO), uid="3")
    assert change([ONE, TWO], [moved, new], FROM, TO) == Change((moved, new), (1, 2), 0)
    other = replace(said(ONE), user_id=BOB)
    assert change([ONE], [other], FROM, TO) == Change((other,), (1,), 0)


def test_what_is_over_or_beyond_the_stretch_or_written_by_hand_stays() -> None:
    by_hand = override(3, "2026-03-10T00:00", "2026-03-11T00:00", BOB)
    assert change([ONE, by_hand], [], ONE.end_us, TO) == Change((), (), 0)
    assert change([ONE], [], FROM, ONE.start_us) == Change((), (), 0)
    assert change([ONE, by_hand], [], FROM, TO) == Change((), (1,), 0)
