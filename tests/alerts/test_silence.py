"""Which silence it is, from what a box, its last will and its readings have said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alerts.silence import (
    CLOSED_WITHIN_US,
    HEARD_WITHIN_US,
    SAID_WITHIN_US,
    Box,
    Silence,
    TreatmentEnd,
    known,
    nobody_treated,
)
from edge_agent.health import EVERY_S
from telemetry.messages import MachineLink
from telemetry.treatment import EndKnown

NOW_US = 1_750_000_000_000_000
SECOND = 1_000_000
MINUTE = 60 * SECOND
# Connected an hour ago, gone a minute ago: what is stored is the last will of then.
WILL = Box(False, NOW_US - MINUTE, NOW_US - MINUTE, NOW_US - 60 * MINUTE, NOW_US - MINUTE - 30 * SECOND)
ONLINE = Box(True, NOW_US - 60 * MINUTE, NOW_US, NOW_US, NOW_US - 2 * MINUTE, MachineLink.CONNECTED)


@pytest.mark.parametrize(
    ("box", "what", "part"),
    [
        (Box(), Silence.BOX, "never"),
        (WILL, Silence.LINK, "internet or its power"),
        (replace(WILL, data_us=None), Silence.LINK, "internet or its power"),
        (replace(WILL, data_us=WILL.since_us - CLOSED_WITHIN_US), Silence.BOX, "closed while its line was there"),
        (replace(WILL, data_us=WILL.since_us - CLOSED_WITHIN_US - 1), Silence.LINK, "internet or its power"),
        # A reading stamped by a clock that is a little ahead.
        (replace(WILL, data_us=WILL.since_us + SECOND), Silence.BOX, "closed while its line was there"),
        (replace(WILL, sent_us=WILL.since_us - SAID_WITHIN_US), Silence.BOX, "stopped in order"),
        (replace(WILL, sent_us=WILL.since_us - SAID_WITHIN_US - 1), Silence.LINK, "internet or its power"),
        # A box whose clock is ahead by hours has not said goodbye.
        (replace(WILL, sent_us=WILL.since_us + 60 * MINUTE), Silence.LINK, "internet or its power"),
        (ONLINE, Silence.BOX, "no readings come"),
        (replace(ONLINE, troubled=True), Silence.BOX, "trouble of its own"),
        (replace(ONLINE, machine=MachineLink.DISCONNECTED), Silence.MACHINE, "not connected"),
        (replace(ONLINE, machine=MachineLink.SILENT, troubled=True), Silence.MACHINE, "does not answer"),
        (replace(ONLINE, machine=MachineLink.GARBLED), Silence.MACHINE, "cannot be read"),
        (replace(ONLINE, heard_us=NOW_US - HEARD_WITHIN_US), Silence.BOX, "no readings come"),
        # What it said of its machine then says nothing now.
        (
            replace(ONLINE, heard_us=NOW_US - HEARD_WITHIN_US - 1, machine=MachineLink.SILENT),
            Silence.LINK,
            "has not said why",
        ),
        (replace(ONLINE, heard_us=None), Silence.LINK, "has not said why"),
    ],
)
def test_what_is_known(box: Box, what: Silence, part: str) -> None:
    found = known(box, NOW_US)
    assert found.what is what and part in found.words


def test_a_box_that_says_how_it_is_when_it_should_is_heard() -> None:
    assert EVERY_S * SECOND < HEARD_WITHIN_US


@pytest.mark.parametrize("seen", [False, True])
@pytest.mark.parametrize("how", EndKnown)
def test_an_end_that_was_seen_ends_the_asking_and_an_inferred_one_only_what_a_person_has_seen(
    how: EndKnown, seen: bool
) -> None:
    why = nobody_treated(TreatmentEnd(NOW_US - 200 * MINUTE, NOW_US - MINUTE, how), NOW_US, seen=seen)
    certain = how in (EndKnown.MACHINE, EndKnown.DERIVED)
    inferred = how in (EndKnown.MACHINE_LOST, EndKnown.CLOCK_LIMIT)
    assert bool(why) is (certain or (inferred and seen))
    assert not why or str(how) in why


@pytest.mark.parametrize(
    "end",
    [
        None,
        # The treatment before, and one that began after the silence.
        TreatmentEnd(NOW_US - 2000 * MINUTE, NOW_US - 6 * MINUTE, EndKnown.MACHINE),
        TreatmentEnd(NOW_US + 1, NOW_US + 9, EndKnown.MACHINE),
    ],
)
def test_the_end_of_another_treatment_says_nothing(end: TreatmentEnd | None) -> None:
    assert nobody_treated(end, NOW_US, seen=True) == ""
