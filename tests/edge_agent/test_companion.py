"""What a cuff or a scale measured goes into the machine's next row, whole, once, and never as the machine's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.acquisition import Acquisition, Stamp
from edge_agent.companion import AFTER_TREATMENT_US, MAX_WAITING, WAIT_MS, Companion, Memory
from protocols.events import WEIGHT, Alarm, Delivery, Observation
from telemetry import signals
from telemetry.messages import Event, EventKind, Flag, MachineLink, Reading
from telemetry.treatment import Phase

MACHINE = Observation(0, {"venous_pressure": 140.0}, {}, frozenset(), Phase.TX, False, {"m": "1"})
OLD = {"systolic": 131.0, "diastolic": 80.0, "pulse_rate": 70.0}
FRESH = {"systolic": 95.0, "diastolic": 55.0}
CUFF = Observation(0, FRESH, {}, frozenset(), None, False, {"cuff_time": "t"}, Delivery("c/cuff", "a", 1), beside=True)
SCALE = replace(CUFF, values={WEIGHT: 71.5}, extras={}, delivery=Delivery("s/scale", "a", 1))
PRESSURE = ("systolic", "diastolic", "mean_pressure", "pulse_rate")


def at(seconds: float) -> Stamp:
    return Stamp(1_700_000_000_000_000 + round(seconds * 1e6), round(seconds * 1000), synchronised=True)


class Home:
    """An agent's acquisition, driven by hand."""

    def __init__(self, link: MachineLink | None = MachineLink.CONNECTED) -> None:
        self.acquisition = Acquisition()
        self.now = 1000.0
        if link:
            self.acquisition.link(link, at(self.now))

    def row(self, seen: Observation) -> dict[str, float] | None:
        """Seen now, a second after whatever was before; the values of the row that came of it."""
        self.now += 1.0
        return values(self.acquisition.observed(seen, at(self.now)))

    def overdue(self, later: float = 0.0) -> dict[str, float] | None:
        self.now += later
        return values(self.acquisition.overdue(at(self.now)))

    def restart(self) -> None:
        self.acquisition = Acquisition(self.acquisition.memory())


def rows(records: list[Any]) -> list[Reading]:
    return [record for record in records if isinstance(record, Reading)]


def values(records: list[Any]) -> dict[str, float] | None:
    found = rows(records)
    assert len(found) <= 1
    return {signals.CATALOGUE[n].name: v for n, v in found[0].values.items()} if found else None


def invalid(records: list[Any]) -> list[tuple[str, bool]]:
    return [(e.signal, e.active) for e in records if isinstance(e, Event) and e.kind is EventKind.INVALID]


def test_a_measurement_goes_with_the_next_reading_once() -> None:
    home = Home()
    assert home.row(CUFF) is None
    assert home.acquisition.waits(CUFF), "it is in no record yet: the broker keeps it"
    assert home.row(MACHINE) == {"venous_pressure": 140.0} | FRESH
    assert not home.acquisition.waits(CUFF)
    assert home.row(MACHINE) == {"venous_pressure": 140.0}


def test_the_row_is_the_machines_but_for_what_was_measured_beside_it() -> None:
    home = Home()
    home.row(CUFF)
    (reading,) = rows(home.acquisition.observed(MACHINE, at(home.now)))
    assert (reading.phase, reading.flags, reading.extras) == (
        Phase.TX, Flag.CLOCK_SYNCHRONISED, {"m": "1", "cuff_time": "t"},
    )  # fmt: skip


def test_cuff_and_scale_at_once_share_a_row_and_two_cuffs_do_not() -> None:
    home = Home()
    before = replace(SCALE, values={"weight_before": 71.5})
    second = replace(CUFF, values={"systolic": 99.0}, delivery=Delivery("c/cuff", "a", 2))
    for seen in (CUFF, before, second):
        assert home.row(seen) is None
    assert home.row(MACHINE) == {"venous_pressure": 140.0, "weight_before": 71.5} | FRESH
    assert home.row(MACHINE) == {"venous_pressure": 140.0, "systolic": 99.0}
    assert home.row(MACHINE) == {"venous_pressure": 140.0}


def test_without_a_reading_within_five_seconds_it_gets_a_row_of_its_own_with_the_last_phase() -> None:
    home = Home()
    home.row(replace(MACHINE, phase_derived=True))
    assert home.row(CUFF) is None
    assert home.overdue(4.9) is None
    records = home.acquisition.overdue(at(home.now + 0.2))
    (reading,) = records
    assert isinstance(reading, Reading)
    assert values(records) == FRESH
    assert reading.phase == Phase.TX and reading.flags & Flag.PHASE_DERIVED
    assert home.row(MACHINE) == {"venous_pressure": 140.0}, "once"


@pytest.mark.parametrize("link", [None, MachineLink.SILENT, MachineLink.GARBLED, MachineLink.DISCONNECTED])
def test_while_the_machine_is_not_there_it_does_not_wait(link: MachineLink | None) -> None:
    home = Home(link)
    assert home.row(CUFF) == FRESH
    assert home.overdue(10.0) is None


def test_a_link_lost_meanwhile_ends_the_waiting() -> None:
    home = Home()
    assert home.row(CUFF) is None
    home.acquisition.link(MachineLink.SILENT, at(home.now))
    assert home.overdue() == FRESH


def test_its_own_row_ends_no_alarm_and_no_phase_and_no_invalid() -> None:
    home = Home()
    air = Alarm("MDC_EVT_HDIALY_SAFETY_VEN_AIR_DETECT", 198262)
    home.row(replace(MACHINE, alarms=frozenset({air}), invalid={"blood_flow": "x"}))
    home.row(CUFF)
    assert [type(record) for record in home.acquisition.overdue(at(home.now + 6))] == [Reading]


def test_a_measurement_is_taken_whole() -> None:
    home = Home()
    mean = replace(MACHINE, values=OLD | {"mean_pressure": 97.0})
    home.row(mean)
    home.row(CUFF)
    assert home.row(mean) == FRESH, "nothing of the machine's own pressure stands beside it"


def test_the_machine_s_repeated_pressure_does_not_come_back_behind_a_newer_one() -> None:
    home = Home()
    machine = replace(MACHINE, values=OLD)
    assert home.row(machine) == OLD
    home.row(CUFF)
    assert home.row(machine) == FRESH
    assert home.row(machine) == {}
    assert home.row(replace(machine, values=OLD | {"pulse_rate": 71.0})) == {}, "a pulse alone is no new pressure"
    home.restart()
    assert home.row(machine) == {}, "not after a restart either"
    new = OLD | {"systolic": 118.0}
    assert home.row(replace(machine, values=new)) == new
    assert home.row(machine) == OLD, "from here on it is the machine's again"


def test_what_the_machine_measures_in_the_same_frame_keeps_its_row() -> None:
    home = Home()
    home.row(replace(MACHINE, values=OLD))
    home.row(CUFF)
    new = replace(MACHINE, values=OLD | {"systolic": 118.0})
    assert home.row(new) == new.values
    assert home.row(new) == FRESH
    assert home.row(new) == {}


def test_alone_it_supersedes_what_the_machine_showed_last() -> None:
    home = Home()
    home.row(replace(MACHINE, values=OLD))
    home.acquisition.link(MachineLink.SILENT, at(home.now))
    assert home.row(CUFF) == FRESH
    home.acquisition.link(MachineLink.CONNECTED, at(home.now))
    assert home.row(replace(MACHINE, values=OLD)) == {}


def test_a_measurement_that_cannot_be_true_is_told_and_never_a_value() -> None:
    home = Home()
    bad = replace(CUFF, values={}, invalid={"systolic": "19 mm[Hg]: outside"})
    home.row(bad)
    records = home.acquisition.observed(MACHINE, at(home.now))
    assert values(records) == {"venous_pressure": 140.0}
    assert invalid(records) == [("systolic", True)]
    assert rows(records)[0].invalid == 1 << signals.BY_NAME["systolic"].number
    home.restart()
    records = home.acquisition.observed(MACHINE, at(home.now))
    assert invalid(records) == [], "it stands until somebody gets it right"
    assert rows(records)[0].invalid == 0, "but that row has nothing wrong in it"
    home.row(replace(CUFF, delivery=Delivery("c/cuff", "a", 2)))
    assert invalid(home.acquisition.observed(MACHINE, at(home.now))) == [("systolic", False)]


def test_an_unbelievable_measurement_takes_nothing_from_the_machine() -> None:
    home = Home()
    machine = replace(MACHINE, values=OLD)
    home.row(machine)
    home.row(replace(CUFF, values={}, invalid={"systolic": "19: outside", "diastolic": "5: outside"}))
    records = home.acquisition.observed(machine, at(home.now))
    assert values(records) == OLD and rows(records)[0].invalid == 0
    assert invalid(records) == [("diastolic", True), ("systolic", True)]
    assert invalid(home.acquisition.observed(machine, at(home.now))) == [("diastolic", False), ("systolic", False)]


@pytest.mark.parametrize("kept", [True, False])
def test_a_message_that_comes_again_is_stored_once(kept: bool) -> None:
    home = Home()
    home.row(CUFF)
    if not kept:
        home.restart()  # killed before the row: the broker still has it
    assert home.row(CUFF) is None
    assert home.row(MACHINE) == {"venous_pressure": 140.0} | FRESH
    home.restart()
    assert home.row(CUFF) is None and not home.acquisition.waits(CUFF), "it may be acknowledged"
    assert home.row(MACHINE) == {"venous_pressure": 140.0}


def test_the_machine_s_own_message_that_comes_again_is_no_second_row() -> None:
    home = Home()
    seen = replace(MACHINE, delivery=Delivery("bed/readings", "a", 5))
    assert home.row(seen) is not None
    assert home.row(seen) is None
    home.restart()
    assert home.row(seen) is None
    assert home.row(replace(seen, delivery=Delivery("bed/readings", "b", 0))) is not None, "a new life of its counter"


@pytest.mark.parametrize(
    ("phases", "hours", "name"),
    [
        ([], 0.0, "weight_before"),
        ([Phase.IDL], 0.0, "weight_before"),
        ([Phase.PRETX], 0.0, "weight_before"),
        ([Phase.UNKNOWN], 0.0, "weight_before"),
        ([Phase.PRETX, Phase.TX, Phase.POSTTX], 0.0, "weight_after"),
        ([Phase.TX, Phase.DIS], 0.5, "weight_after"),
        ([Phase.TX, Phase.IDL], 3.9, "weight_after"),
        ([Phase.TX, Phase.UNKNOWN], 0.1, "weight_after"),
        ([Phase.TX, Phase.IDL], 4.1, "weight_before"),
        ([Phase.TX, Phase.DIS, Phase.PRETX], 1.0, "weight_before"),
    ],
)
def test_a_weight_is_named_by_the_treatment(phases: list[Phase], hours: float, name: str) -> None:
    home = Home()
    for phase in phases:
        home.row(replace(MACHINE, phase=phase))
    home.now += hours * 3600.0
    home.restart()
    home.row(SCALE)
    assert home.overdue(6.0) == {name: 71.5}


def test_a_weight_during_a_treatment_is_neither() -> None:
    home = Home()
    home.row(MACHINE)
    (event,) = home.acquisition.observed(SCALE, at(home.now))
    assert isinstance(event, Event)
    assert (event.kind, event.name) == (EventKind.AGENT, "weight not assigned") and "71" not in event.text
    assert not home.acquisition.waits(SCALE), "it may be acknowledged"
    assert home.row(SCALE) is None
    assert home.row(MACHINE) == {"venous_pressure": 140.0}


def test_an_implausible_weight_is_named_too() -> None:
    home = Home()
    home.row(replace(SCALE, values={}, invalid={WEIGHT: "7 kg: outside"}))
    assert invalid(home.acquisition.overdue(at(home.now + 6))) == [("weight_before", True)]


def test_a_clock_that_was_set_makes_no_weight_of_yesterday_one_of_today() -> None:
    companion = Companion(Memory(treated_us=2 * AFTER_TREATMENT_US))
    for time_us in (0, AFTER_TREATMENT_US, 4 * AFTER_TREATMENT_US):
        seen = companion.weighed(SCALE, Phase.IDL, time_us)
        assert seen is not None and "weight_before" in seen.values


def test_a_reboot_s_clock_keeps_nothing_waiting() -> None:
    companion = Companion(Memory())
    companion.offer(CUFF, 10_000_000)
    assert not companion.overdue(10_000_000 + WAIT_MS - 1, connected=True)
    assert companion.overdue(5, connected=True), "monotonic time began anew"


def test_what_waits_is_bounded() -> None:
    home = Home()
    for n in range(2 * MAX_WAITING):
        home.row(replace(CUFF, values={"systolic": 100.0 + n}, delivery=Delivery("c/cuff", "a", n)))
        home.now -= 1.0  # all in one moment
    assert len(home.acquisition._companion._waiting) <= MAX_WAITING


@settings(deadline=None)
@given(st.data())
def test_whatever_happens_each_measurement_is_in_exactly_one_row(data: st.DataObject) -> None:
    """Killed at any moment: what was not in a record comes again, what was does not."""
    home, stored, unacknowledged, seq = Home(), [], [], 0
    machine_pressure = 120.0

    def take(records: list[Any]) -> None:
        found = values(records)
        if found and "weight_before" in found:
            stored.append(found["weight_before"])

    for step in data.draw(
        st.lists(st.sampled_from(["measure", "machine", "kill", "wait", "lost", "back", "again"]), max_size=25)
    ):
        home.now += 1.0
        if step == "measure":
            seq += 1
            seen = replace(SCALE, values={"weight_before": 50.0 + seq}, delivery=Delivery("s/scale", "a", seq))
            unacknowledged.append(seen)
            take(home.acquisition.observed(seen, at(home.now)))
        elif step == "machine":
            machine_pressure += data.draw(st.sampled_from([0.0, 1.0]))
            take(home.acquisition.observed(replace(MACHINE, values={"systolic": machine_pressure}), at(home.now)))
        elif step in ("kill", "again"):
            if step == "kill":
                home.restart()
            for seen in unacknowledged:
                take(home.acquisition.observed(seen, at(home.now)))
        elif step == "wait":
            home.now += 6.0
            take(home.acquisition.overdue(at(home.now)))
        else:
            state = MachineLink.SILENT if step == "lost" else MachineLink.CONNECTED
            home.acquisition.link(state, at(home.now))
            take(home.acquisition.overdue(at(home.now)))
        unacknowledged = [seen for seen in unacknowledged if home.acquisition.waits(seen)]
    for _ in range(len(unacknowledged) + 1):
        take(home.acquisition.overdue(at(home.now + 100.0)))
    assert stored == [50.0 + n for n in range(1, seq + 1)]
