"""Stored treatments through the rules: each by what held when it began, and by several ways side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from alerts import ruleset
from alerts.records import Transition
from evaluation.once_more import Way, once_more
from store import care, machine_events
from store.care import Entry
from store.ended_treatments import Ended
from store.machine_events import EventRow
from store.pool import Connection
from telemetry.alarms import FindingState
from telemetry.care import Arranged, Limits, Prescribed
from telemetry.messages import Event, EventKind, Flag
from tests.evaluation.treated import DAY_US, SECOND, START_US, treated

RULES = ruleset.load()
HIGH_FOR_A_MINUTE = [150.0] * 100 + [310.0] * 60  # to the end: a fall would be one to the needle rules


def active(conn: Connection, passing: Sequence[Ended], *ways: Way) -> list[list[tuple[int, str, str, int]]]:
    """By way: place of the treatment, rule, priority, and second of it."""
    told: list[list[Transition]] = [[] for _ in ways]
    for page in once_more(conn, passing, ways):
        for found, more in zip(told, page, strict=True):
            found += more
    return [
        [
            (one.row, one.rule, str(one.priority), (one.time_us - passing[one.row].start_us) // SECOND)
            for one in found
            if one.state is FindingState.ACTIVE
        ]
        for found in told
    ]


def test_the_limits_of_then_and_others_instead(conn: Connection, home: tuple[int, int]) -> None:
    unit, patient = home
    own = Limits(rule="R13", limits={"high": 400.0, "medium": 305.0})
    care.arrange(conn, patient, Entry(Arranged(START_US + DAY_US, own), "os:ann", "why", START_US))
    passing = [treated(conn, unit, day, HIGH_FOR_A_MINUTE) for day in (0, 1)]
    ways = (Way(RULES), Way(RULES, {"R13 high": 320.0}), Way(RULES, {"R13 medium": 330.0}))
    assert active(conn, passing, *ways) == [
        [(0, "R13", "high", 115), (1, "R13", "medium", 115)],
        [(0, "R13", "medium", 115), (1, "R13", "medium", 115)],
        [(0, "R13", "high", 115)],
    ]


def test_the_prescription_of_then(conn: Connection, home: tuple[int, int]) -> None:
    unit, patient = home
    for day, prescribed in ((0, 14.0), (1, 14.5)):
        item = Prescribed(item="prescribed_conductivity_ms_cm", value=prescribed)
        care.arrange(conn, patient, Entry(Arranged(START_US + day * DAY_US, item), "os:ann", "why", START_US))
    measured = {"dialysate_conductivity": [14.0] * 100}
    passing = [treated(conn, unit, day, [150.0] * 100, **measured) for day in (0, 1)]
    assert active(conn, passing, Way(RULES)) == [[(1, "R17", "low", 60)]]


def test_pages_are_one_run(conn: Connection, home: tuple[int, int]) -> None:
    # Pending in the first ten minutes, active in the second; the shorter one is over by then.
    long = treated(conn, home[0], 0, [150.0] * 590 + [310.0] * 30)
    short = treated(conn, home[0], 1, [150.0] * 50)
    assert len(list(once_more(conn, [long, short], [Way(RULES)]))) == 2
    assert active(conn, [short, long], Way(RULES)) == [[(1, "R13", "high", 605)]]


def test_an_alarm_from_before_the_beginning_stands(conn: Connection, home: tuple[int, int]) -> None:
    one = treated(conn, home[0], 0, [150.0] * 100)
    leak = Event(1, one.start_us - 60 * SECOND, 0, 1, EventKind.ALARM, "MDC_EVT_HDIALY_BLOOD_LEAK", 0, True)
    machine_events.add_events(conn, [EventRow(home[0], "0123456789abcdef", one.start_us, leak)])
    assert (0, "R19", "high", 0) in active(conn, [one], Way(RULES))[0]


def test_rows_whose_time_nobody_knows_are_kept_from_the_rules(conn: Connection, home: tuple[int, int]) -> None:
    one = treated(conn, home[0], 0, HIGH_FOR_A_MINUTE, flags=int(Flag.TIME_UNCERTAIN))
    assert active(conn, [one], Way(RULES)) == [[]]


def test_ways_side_by_side_find_what_each_finds_alone(conn: Connection, home: tuple[int, int]) -> None:
    # Eighty minutes, so that trends have something to say: their buckets begin at seconds of the unit's own.
    noise = np.random.default_rng(7)
    series = {
        name: (start + noise.normal(0, 2, 4800) + np.linspace(0, rise, 4800)).tolist()
        for name, start, rise in (("transmembrane_pressure", 100, 90), ("arterial_pressure", -190, -30))
    }
    series["ultrafiltration_rate"] = [600.0] * 4800
    venous = (150 + noise.normal(0, 3, 4800) + np.linspace(0, 120, 4800)).tolist()
    passing = [treated(conn, home[0], 0, venous, **series), treated(conn, home[0], 1, HIGH_FOR_A_MINUTE)]
    others = replace(RULES, rules=tuple(rule for rule in RULES.rules if rule.id != "R16"))
    ways = [Way(RULES), Way(others), Way(RULES, {"R13 medium": 200.0})]
    alone = [active(conn, passing, way)[0] for way in ways]
    assert active(conn, passing, *ways) == alone
    assert {rule for _, rule, _, _ in alone[0]} > {"R13", "R16"}
    assert alone[0] != alone[2] and "R16" not in {rule for _, rule, _, _ in alone[1]}
