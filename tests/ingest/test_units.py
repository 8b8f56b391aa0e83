from __future__ import annotations

from ingest.admission import KnownUnit
from ingest.ranges import RangeSet
from ingest.units import MAX_BOOTS, MAX_EPOCHS, Unit


def test_a_boot_has_one_estimate_and_only_so_many_are_remembered() -> None:
    unit = Unit(KnownUnit(1, "u1", 7), 0)
    first = unit.clock("boot-0")
    assert unit.clock("boot-0") is first

    for number in range(1, MAX_BOOTS + 1):
        unit.clock(f"boot-{number}")
    assert len(unit.clocks) == MAX_BOOTS
    assert unit.clock("boot-0") is not first


def test_epochs_are_forgotten_only_when_told_to() -> None:
    unit = Unit(KnownUnit(1, "u1", 7), 0)
    for number in range(MAX_EPOCHS + 2):
        unit.hold(str(number), RangeSet())
    assert len(unit.held) == MAX_EPOCHS + 2

    unit.trim()
    assert list(unit.held) == [str(number) for number in range(2, MAX_EPOCHS + 2)]
