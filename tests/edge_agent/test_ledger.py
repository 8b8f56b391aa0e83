"""What is counted, kept in the file and told."""

from __future__ import annotations

import re

from edge_agent.ledger import Gap, Ledger, Why, recalled
from edge_agent.thinning import UNTHINNED
from telemetry.wire import MAX_TEXT

NOON_US = 1_767_268_800_000_000  # 2026-01-01T12:00:00Z
HOUR_US = 3600 * 1_000_000
# As docs/operations/edge.md gives it.
PATTERN = re.compile(r"(\d+) rows of seq (\d+)–(\d+), (\S+Z) to (\S+Z)(?:, extremes of each (\d+) s kept)?")


def test_a_gap_says_how_many_which_when_and_how() -> None:
    text = Gap(5400, 100, 7300, NOON_US, NOON_US + 2 * HOUR_US, 60).text()
    found = PATTERN.fullmatch(text)
    assert found and found.groups() == (
        "5400", "100", "7300", "2026-01-01T12:00:00Z", "2026-01-01T14:00:00Z", "60",
    )  # fmt: skip
    dropped = PATTERN.fullmatch(Gap(1, 7, 7, NOON_US, NOON_US).text())
    assert dropped and dropped[6] is None


def test_the_longest_gap_still_fits_the_wire_whatever_the_clock_said() -> None:
    for time_us in (-(2**62), 2**62):
        text = Gap(2**62, 2**62, 2**62, time_us, time_us, 10_800).text()
        assert len(text) <= MAX_TEXT and PATTERN.fullmatch(text)


def test_gaps_of_one_reason_are_told_as_one() -> None:
    first, second = Gap(10, 5, 50, NOON_US, NOON_US + 9, 300), Gap(3, 40, 90, NOON_US + 5, NOON_US + 20, 60)
    assert first.joined(second) == second.joined(first) == Gap(13, 5, 90, NOON_US, NOON_US + 20, 300)
    assert first.joined(None) == first


def test_what_goes_is_counted_once_and_waits_to_be_told() -> None:
    ledger = Ledger(rows=100, bytes=10_000, event_bytes=2000)
    ledger = ledger.lost(Why.THINNED, Gap(10, 1, 20, 1, 2, 60), 1000)
    ledger = ledger.lost(Why.THINNED, Gap(5, 21, 30, 3, 4, 60), 500)
    ledger = ledger.lost(Why.EVENTS, Gap(2, 5, 6, 1, 1), 300)
    assert (ledger.rows, ledger.bytes, ledger.event_bytes, ledger.thinned) == (83, 8200, 1700, 17)
    assert ledger.untold == {Why.THINNED: Gap(15, 1, 30, 1, 4, 60), Why.EVENTS: Gap(2, 5, 6, 1, 1)}
    assert ledger.told().untold == {} and ledger.told().thinned == 17


def test_it_is_the_same_after_the_file_was_closed() -> None:
    ledger = Ledger(3, 300, 100, 17, 4, (9, 5, 0, 0), {Why.DROPPED: Gap(2, 5, 6, 1, 1)})
    assert recalled(ledger.kept(), 3, 300, 100) == ledger


def test_a_file_of_an_older_agent_or_with_rubbish_in_it_begins_anew() -> None:
    assert recalled({}, 1, 2, 3) == Ledger(1, 2, 3)
    assert recalled({"thinned": 7, "rejected": 8}, 1, 2, 3) == Ledger(1, 2, 3, 7, 8)
    for rubbish in (b"\xff", b"", 5, "x", b"\x92\x91\x01\x80"):
        ledger = recalled({"history": rubbish, "thinned": "x"}, 1, 2, 3)
        assert (ledger.reached, ledger.untold, ledger.thinned) == (UNTHINNED, {}, 0)
