from __future__ import annotations

from dataclasses import replace

from alerts.rota.findings import findings
from homehd import rota_lines
from telemetry.rota import Acceptance, Source
from tests.alerts.rota.rotas import ANN, BOB, CY, NORTH, SOUTH, book, override, rota, rotation, us

NOW, TO = us("2026-03-03T00:00"), us("2026-03-24T00:00")


def test_covered_or_not_is_the_first_thing_said_of_each_rota() -> None:
    rotas = (
        rota(rotation(ANN, BOB)), rota(rotation(ANN, CY), rota_id=8), rota(rotation(CY), rota_id=9),
        rota(rotation(ANN), rota_id=10, zone="Mars/Base"),
    )  # fmt: skip
    where = "North, clinical, primary"
    assert list(rota_lines.coverage(book(*rotas), rotas, NOW, TO)) == [
        ("covered", where, "Ann", "no gap up to Tue 2026-03-24 01:00 CET"),
        ("covered", where, "Ann", "gap from Mon 2026-03-09 08:00 CET: the account of the person named is disabled"),
        ("NOT COVERED", where, "Cy", "the account of the person named is disabled"),
        ("NOT COVERED", where, "-", "unknown time zone Mars/Base"),
    ]


def test_whom_a_clinics_alerts_reach_and_why_a_line_is_empty() -> None:
    full, none = rota_lines.reach(book(rota(rotation(ANN))), [NORTH, SOUTH], NOW)
    assert full == ("everyone", "North", "Ann", "line 2: there is no rota")
    assert none == ("everyone", "South", "Dee", "line 1: there is no rota; line 2: there is no rota")
    assert next(iter(rota_lines.reach(book(people={}), [NORTH], NOW)))[2] == "NOBODY"


def test_the_plan_has_shifts_with_who_accepted_rotations_and_what_was_written_over_them() -> None:
    one = rota(
        rotation(ANN, BOB),
        rotation(number=2, since="2026-03-20T00:00"),
        overrides=(
            override(5, "2026-03-10T00:00", "2026-03-11T00:00", None),
            replace(override(6, "2026-03-12T00:00", "2026-03-13T00:00", 99, Source.CALENDAR), uid="u"),
            override(4, "2026-03-01T00:00", "2026-03-02T00:00", ANN),
        ),
    )
    one = replace(one, acceptances=(Acceptance(1, ANN, 0, TO),))
    rows = list(rota_lines.plan(book(one), one, NOW, TO))
    assert rows[0] == (
        "shift", "Mon 2026-03-02 08:00 CET – Mon 2026-03-09 08:00 CET", "Ann", "rotation", "accepted",
    )  # fmt: skip
    assert [(row[2], row[3], row[4]) for row in rows if row[0] == "shift"][1:] == [
        ("Bob", "rotation", "not accepted"), ("nobody", "override", "-"), ("Bob", "rotation", "not accepted"),
        ("account 99", "calendar", "not accepted"), ("Bob", "rotation", "not accepted"),
        ("Ann", "rotation", "accepted"),
        ("nobody", "rotation", "-"),
    ]  # fmt: skip
    assert [row[2:4] for row in rows if row[0] == "rotation"] == [
        ("Ann, Bob", "every 7 d at 08:00 from 2026-03-02"), ("nobody", "every 7 d at 08:00 from 2026-03-02"),
    ]  # fmt: skip
    assert [row[0] for row in rows if row[0].split()[0] not in ("shift", "rotation")] == ["override 5"]
    assert "…" in next(row[1] for row in reversed(rows) if row[0] == "shift")


def test_a_rota_in_an_unknown_zone_hides_no_other() -> None:
    one = rota(rotation(ANN), zone="Mars/Base")
    assert list(rota_lines.plan(book(one), one, NOW, TO)) == [("not shown", "unknown time zone Mars/Base")]


def test_a_finding_says_how_urgent_where_what_and_what_to_do() -> None:
    found = findings(book(rota(rotation(CY))), {}, NOW)
    ((urgency, where, what, action),) = rota_lines.told_findings(found)
    assert (urgency, where) == ("URGENT", "North, clinical, primary") and "Cy" in what and "users list" in action
    assert next(iter(rota_lines.told_findings([replace(found[0], urgent=False)])))[0] == "soon"
