from __future__ import annotations

from protocols.events import Alarm, Observation
from protocols.hl7_dialysis.alarms import Told
from protocols.hl7_dialysis.message import Said
from protocols.hl7_dialysis.picture import CARRY_S, Picture
from protocols.hl7_dialysis.standing import LAPSE_S
from telemetry.treatment import Phase

LEAK = "MDC_EVT_HDIALY_BLOOD_LEAK"


def after(picture: Picture, said: Said, now_s: float | None = 0.0) -> Observation:
    return picture.after(said, 0, "x", now_s)


def values(**values: float) -> Said:
    return Said(values=values, spots={name: "" for name in values if name == "systolic"})


def test_a_value_is_carried_on_for_a_minute_and_not_longer() -> None:
    picture = Picture()
    after(picture, values(venous_pressure=140.0, blood_flow=300.0), 0.0)
    seen = after(picture, values(blood_flow=310.0), CARRY_S - 0.1)
    assert seen.values == {"venous_pressure": 140.0, "blood_flow": 310.0}
    assert after(picture, Said(), CARRY_S).values == {"blood_flow": 310.0}
    assert after(picture, Said(), 2 * CARRY_S).values == {}


def test_without_a_time_nothing_is_carried() -> None:
    picture = Picture()
    after(picture, values(venous_pressure=140.0), None)
    assert after(picture, values(blood_flow=300.0), None).values == {"blood_flow": 300.0}


def test_what_is_gone_or_invalid_is_not_carried() -> None:
    picture = Picture()
    after(picture, values(venous_pressure=140.0, blood_flow=300.0))
    seen = after(picture, Said(gone={"blood_flow"}, invalid={"venous_pressure": "900"}))
    assert (seen.values, seen.invalid) == ({}, {"venous_pressure": "900"})
    assert after(picture, Said()).invalid == {"venous_pressure": "900"}, "nothing else was said of it"
    assert after(picture, Said(gone={"venous_pressure"})).invalid == {}
    after(picture, Said(invalid={"venous_pressure": "900"}))
    assert after(picture, values(venous_pressure=141.0)).invalid == {}


def test_a_change_of_mode_ends_all_carrying_and_its_loss_is_unknown() -> None:
    picture = Picture()
    assert after(picture, Said()).phase is Phase.UNKNOWN
    assert after(picture, values(machine_mode=3.0, venous_pressure=140.0)).phase is Phase.TX
    assert after(picture, values(blood_flow=1.0)).phase is Phase.TX
    seen = after(picture, values(machine_mode=4.0))
    assert (seen.phase, seen.values) == (Phase.POSTTX, {"machine_mode": 4.0})
    assert after(picture, Said(invalid={"machine_mode": "?"})).phase is Phase.UNKNOWN
    after(picture, values(machine_mode=3.0))
    assert after(picture, Said(gone={"machine_mode"})).phase is Phase.UNKNOWN


def test_a_cuff_s_reading_is_given_once_for_each_measurement() -> None:
    def cuff(value: float, time: str) -> Said:
        return Said(values={"systolic": value}, spots={"systolic": time})

    picture = Picture()
    assert after(picture, cuff(120.0, "1200")).values == {"systolic": 120.0}
    assert after(picture, Said()).values == {}
    assert after(picture, cuff(120.0, "1200")).values == {}, "repeated in the next message"
    assert after(picture, cuff(120.0, "1215")).values == {"systolic": 120.0}, "measured again"
    assert after(picture, cuff(120.0, "")).values == {"systolic": 120.0}
    assert after(picture, cuff(120.0, "")).values == {"systolic": 120.0}, "nothing says that it is the same"


def test_extras_stand_and_those_of_an_alarm_go_with_it() -> None:
    picture = Picture()
    after(picture, Said(extras={"serial_number": "S1"}))
    seen = after(picture, Said(told=[Told(event=LEAK, phase="start", priority="high", inactivation="audio-paused")]))
    assert seen.extras == {"serial_number": "S1", f"{LEAK}.priority": "high", f"{LEAK}.inactivation": "audio-paused"}
    assert after(picture, Said(told=[Told(event=LEAK, phase="end")])).extras == {"serial_number": "S1"}


def test_alarms_stand_across_messages() -> None:
    picture = Picture()
    leak = Alarm(LEAK, 198244)
    assert after(picture, Said(told=[Told(event=LEAK, phase="start")])).alarms == {leak}
    assert after(picture, Said()).alarms == {leak}
    seen = after(picture, Said(told=[Told(event=LEAK, phase="end")]))
    assert (seen.alarms, seen.ended) == (frozenset(), {leak})


def test_at_first_the_alarms_of_an_earlier_life_may_stand_on() -> None:
    picture = Picture()
    assert after(picture, Said(), 0.0).ended == frozenset()
    for number in range(1, 20):
        seen = after(picture, Said(), number * 10.0)
        assert (seen.ended is None) == (number * 10.0 >= LAPSE_S)


def test_an_idle_machine_has_no_alarm_left_of_its_treatment() -> None:
    picture = Picture()
    after(picture, Said(values={"machine_mode": 3.0}, told=[Told(event=LEAK, phase="start")]))
    assert after(picture, values(machine_mode=1.0)).alarms == frozenset()
