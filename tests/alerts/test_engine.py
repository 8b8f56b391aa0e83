"""The engine over restarts, over rubbish, over time gone wrong. Against an independent reference: `oracle/`."""

from __future__ import annotations

import zlib
from math import inf, nan
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import ruleset
from alerts.engine import Context, Engine, Samples
from telemetry import signals
from telemetry.alarms import FindingState, Priority
from telemetry.errors import HomehdError
from telemetry.messages import Event, EventKind
from telemetry.treatment import Phase
from tests.alerts.building import RULES, SECOND, alarm, finding_of, one, state_of, subset, together, told

CONTEXT = Context(target_weight_kg=75.0, pre_systolic_mmhg=150.0, prescribed_conductivity_ms_cm=14.0)
WELL = {
    "blood_flow": 300.0, "venous_pressure": 150.0, "arterial_pressure": -150.0, "transmembrane_pressure": 100.0,
    "dialysate_conductivity": 14.0, "dialysate_temperature": 36.5, "ultrafiltration_rate": 600.0, "systolic": 130.0,
    "diastolic": 80.0, "pulse_rate": 70.0,
}  # fmt: skip
# Which rule looks at which signal.
USES = {
    "R01": "systolic", "R07": "ultrafiltration_rate", "R10": "venous_pressure", "R13": "venous_pressure",
    "R14": "arterial_pressure", "R15": "transmembrane_pressure", "R17": "dialysate_conductivity",
    "R18": "dialysate_temperature", "R21": "blood_flow",
}  # fmt: skip


def engine_of(units: int = 1, capacity: int = 4) -> Engine:
    engine = Engine(RULES, capacity)
    for number in range(units):
        engine.set_context(engine.register(f"u{number}"), CONTEXT)
    return engine


def well(t: float) -> dict[str, float]:
    wobble = 1.0 if int(t) % 2 else -1.0
    return {name: value + (wobble if name.endswith("l_pressure") else 0.0) for name, value in WELL.items()} | {
        "venous_pressure": 150.0 + wobble,
        "transmembrane_pressure": 100.0 + wobble,
    }


# --- memory ------------------------------------------------------------------------------------------------------

VALUES = {
    "blood_flow": [0.0, 250.0, 300.0, 305.0, nan, 900.0],
    "venous_pressure": [150.0, 110.0, 260.0, 310.0, nan, inf],
    "arterial_pressure": [-150.0, -210.0, -260.0, nan],
    "transmembrane_pressure": [100.0, 310.0, nan],
    "ultrafiltration_rate": [600.0, 800.0, 1000.0],
    "dialysate_conductivity": [14.0, 14.5, 15.0],
    "systolic": [130.0, 96.0, 88.0, 75.0, nan],
}
STEPS = st.tuples(
    st.sampled_from([1, 1, 1, 2, 6, 12, 40, 130]),  # seconds on
    st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()}),
    st.sampled_from([Phase.TX] * 8 + [Phase.UNKNOWN, Phase.POSTTX]),
    st.sampled_from(
        [None, None, None, "BLOOD_LEAK", "SAFETY_VEN_AIR_DETECT", "UF_LO", "-BLOOD_LEAK", "-UF_LO", "cramps"]
    ),
    st.integers(1, 12),  # how often the same reading is repeated
    st.booleans(),  # a restart before it
)


def happening(t: float, word: str | None) -> list[tuple[int, Event]]:
    if word is None:
        return []
    if word == "cramps":
        return [(0, Event(0, round(t * SECOND), 0, 0, EventKind.SYMPTOM, word, 0, True))]
    return [(0, alarm(t, word.removeprefix("-"), active=not word.startswith("-")))]


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, min_size=3, max_size=25))
def test_an_interrupted_run_tells_the_same_as_an_uninterrupted_one(steps: list[tuple]) -> None:  # type: ignore[type-arg]
    through, broken = engine_of(), engine_of()
    t = 1000.0
    for pause, values, phase, word, repeats, restart in steps:
        if restart:
            saved, broken = broken.snapshot(0), engine_of()
            broken.restore(0, saved)
        for k in range(repeats):
            t += pause if k == 0 else 1
            for ahead in (31, 61, 121, 301):
                if k == 0 and ahead < pause:
                    now = round((t - pause + ahead) * SECOND)
                    assert through.tick(now) == broken.tick(now)
            sample = one(0, t, phase=phase, events=happening(t, word) if k == 0 else [], **values)
            assert through.evaluate(sample) == broken.evaluate(sample)
        assert through.findings(0) == broken.findings(0)
        assert through.snapshot(0) == broken.snapshot(0)


def test_a_needle_that_is_out_stays_out_over_a_restart_at_every_reading() -> None:
    course = [(300, 150)] * 60 + [(300, 110)] * 60 + [(0, 25)] * 20 + [(300, 110)] * 90 + [(300, 148)] * 40
    through, broken = engine_of(), engine_of()
    said = []
    for t, (flow, venous) in enumerate(course):
        sample = one(0, t, blood_flow=flow, venous_pressure=venous + t % 2)
        saved, broken = broken.snapshot(0), engine_of()
        broken.restore(0, saved)
        found = through.evaluate(sample)
        assert broken.evaluate(sample) == found
        said += told(found, "R10")
    active = [step[0] for step in said if step[1] is FindingState.ACTIVE]
    assert active[0] == 63
    assert said[-1] == (260, FindingState.NORMAL, None)
    assert all(step[1] is FindingState.ACTIVE for step in said if 63 <= step[0] < 260)


def test_a_restart_while_pending_keeps_the_delay() -> None:
    engine = engine_of()
    for t in range(10):
        engine.evaluate(one(0, t, venous_pressure=262 + t % 2))
    again = engine_of()
    again.restore(0, engine.snapshot(0))
    for t in range(10, 15):
        assert told(again.evaluate(one(0, t, venous_pressure=262 + t % 2)), "R13") == []
    assert told(again.evaluate(one(0, 15, venous_pressure=262)), "R13") == [(15, FindingState.ACTIVE, Priority.MEDIUM)]


def test_a_standing_alarm_survives_a_restart_under_other_rules(tmp_path: Path) -> None:
    engine = engine_of()
    engine.evaluate(one(0, 0, events=[(0, alarm(0, "BLOOD_LEAK"))], **WELL))
    other = Engine(subset(tmp_path, "R19", "R13", "R33"), 1)
    other.register("u0")
    other.restore(0, engine.snapshot(0))
    assert state_of(other, 0, "R19") == (FindingState.ACTIVE, Priority.HIGH)
    assert state_of(other, 0, "R13") == (FindingState.NORMAL, None)
    assert told(other.evaluate(one(0, 1, **WELL)), "R19") == []


def test_a_changed_rule_starts_fresh_and_is_not_taken_for_normal(tmp_path: Path) -> None:
    engine = engine_of()
    engine.evaluate(one(0, 0, **WELL))
    subset(tmp_path, "R13", "R18")
    path = next(tmp_path.glob("r13*"))
    path.write_text(path.read_text().replace("above = 250", "above = 260"))
    other = Engine(ruleset.load(tmp_path), 1)
    other.register("u0")
    other.restore(0, engine.snapshot(0))
    assert finding_of(other, 0, "R13").state is FindingState.NOT_EVALUATED
    assert finding_of(other, 0, "R18").state is FindingState.NORMAL


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 5000), st.integers(1, 255))
def test_damaged_snapshots_are_refused_and_change_nothing(rubbish: bytes, at: int, flip: int) -> None:
    engine = engine_of()
    engine.evaluate(one(0, 0, **WELL))
    whole = engine.snapshot(0)
    at %= len(whole)
    for damaged in (rubbish, whole[:at], whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :]):
        with pytest.raises(HomehdError):
            engine.restore(0, damaged)
    assert engine.snapshot(0) == whole


@pytest.mark.parametrize(
    "content", [(1, b"", b"", b"", []), (2, b"", b"", b"", []), (2, b"12345678", b"no zlib", b"", []), ("2",), None]
)
def test_snapshots_that_are_whole_but_not_ours_are_refused(content: object) -> None:
    engine = engine_of()
    packed = msgspec.msgpack.encode(content)
    with pytest.raises(HomehdError, match="restore engine state"):
        engine.restore(0, zlib.crc32(packed).to_bytes(4, "big") + packed)


# --- rubbish -----------------------------------------------------------------------------------------------------

BAD = {"NaN": nan, "infinity": inf, "minus infinity": -inf, "absurd": 3e38, "absurd below": -3e38, "marked": None}


@pytest.mark.parametrize("signal", [s.name for s in signals.CATALOGUE])
@pytest.mark.parametrize("bad", BAD)
def test_no_bad_value_of_any_signal_is_ever_normal(signal: str, bad: str) -> None:
    value = BAD[bad]
    engine = engine_of()
    for t in range(40):
        engine.evaluate(one(0, t, **well(t)))
    for t in range(40, 60):
        values = well(t) | ({signal: 1.0} if value is None else {signal: value})
        engine.evaluate(one(0, t, invalid=[signal] if value is None else [], **values))
    hit = [rule for rule, used in USES.items() if used == signal]
    hit += ["R10"] if signal == "blood_flow" else []
    for rule in hit:
        found = finding_of(engine, 0, rule)
        assert found.state is FindingState.NOT_EVALUATED, found
    if hit and bad != "NaN":
        assert state_of(engine, 0, "R34") == (FindingState.ACTIVE, Priority.LOW)


def test_everything_bad_at_once() -> None:
    engine = engine_of()
    for t in range(20):
        engine.evaluate(one(0, t, phase=200, **dict.fromkeys(signals.BY_NAME, inf)))
    states = {f.state for f in engine.findings(0) if f.rule != "R34"}
    assert states == {FindingState.NOT_EVALUATED}


@pytest.mark.parametrize("key", ["target_weight_kg", "prescribed_conductivity_ms_cm"])
@pytest.mark.parametrize("value", [None, nan, inf, 0.0, -70.0, 75_000.0, 0.075])
def test_context_that_cannot_be_is_context_that_is_missing(key: str, value: float | None) -> None:
    engine = Engine(RULES, 1)
    engine.set_context(engine.register("u0"), Context(**{key: value}))
    engine.evaluate(one(0, 0, **WELL))
    rule = "R07" if key == "target_weight_kg" else "R17"
    assert finding_of(engine, 0, rule).state is FindingState.NOT_EVALUATED


# --- order and clocks --------------------------------------------------------------------------------------------


def test_late_and_repeated_samples_change_nothing_and_are_counted() -> None:
    engine = engine_of()
    for t in range(5):
        engine.evaluate(one(0, t, **well(t)))
    before = engine.snapshot(0)
    assert engine.evaluate(one(0, 2, received=6, venous_pressure=400)) == []
    assert engine.evaluate(one(0, 4, received=6, venous_pressure=400)) == []
    assert engine.snapshot(0) == before
    assert engine.counters.out_of_order == 2
    assert engine.counters.evaluated == 5


def test_a_sample_from_the_future_neither_blinds_the_rules_nor_hides_silence() -> None:
    engine = engine_of()
    engine.evaluate(one(0, 0, **WELL))
    assert engine.evaluate(one(0, 7200, received=1, **WELL)) == []
    assert engine.counters.from_the_future == 1
    engine.evaluate(one(0, 2, **well(2)))
    assert engine.counters.evaluated == 2
    told_of = engine.tick(2 * SECOND + 60 * SECOND)
    assert told(told_of, "R33") == [(62, FindingState.ACTIVE, Priority.LOW)]


def test_a_clock_a_little_ahead_is_judged_by_when_it_arrived() -> None:
    engine = engine_of()
    engine.evaluate(one(0, 50, received=0, **WELL))
    assert finding_of(engine, 0, "R13").state is FindingState.NORMAL
    assert told(engine.tick(29 * SECOND), "R33") == []
    assert told(engine.tick(60 * SECOND), "R33") == [(60, FindingState.ACTIVE, Priority.LOW)]


def test_our_own_outage_is_not_the_patients() -> None:
    engine = engine_of()
    engine.evaluate(one(0, 0, **WELL))
    again = engine_of()
    again.restore(0, engine.snapshot(0))
    again.touch(0, 500 * SECOND)
    assert again.tick(529 * SECOND) == []
    assert told(again.tick(560 * SECOND), "R33") == [(560, FindingState.ACTIVE, Priority.LOW)]


def test_how_often_the_clock_ticks_does_not_matter() -> None:
    often, seldom = engine_of(), engine_of()
    for engine in (often, seldom):
        engine.evaluate(one(0, 0, **WELL))
    for second in range(1, 302):
        often.tick(second * SECOND)
    seldom.tick(301 * SECOND)
    assert state_of(often, 0, "R33") == state_of(seldom, 0, "R33") == (FindingState.ACTIVE, Priority.HIGH)
    assert often.tick(302 * SECOND) == []


def test_one_call_of_many_samples_is_as_good_as_many_calls() -> None:
    apart, at_once = engine_of(3), engine_of(3)
    parts = [one(row, t, venous_pressure=262 + (t + row) % 2, blood_flow=300) for row in (0, 2, 1) for t in range(30)]
    leak = (1, alarm(12.5, "BLOOD_LEAK"))
    several = together(parts)
    found = at_once.evaluate(
        Samples(
            several.row, several.time_us, several.phase, several.values, several.invalid, several.received_us, [leak]
        )
    )
    single = []
    for t in range(30):
        for row in range(3):
            values = {"venous_pressure": 262 + (t + row) % 2, "blood_flow": 300}
            single += apart.evaluate(one(row, t, events=[leak] if (row, t) == (1, 13) else [], **values))
    assert sorted(found, key=lambda t: (t.time_us, t.row, t.rule)) == sorted(
        single, key=lambda t: (t.time_us, t.row, t.rule)
    )
    assert (13.0, FindingState.ACTIVE, Priority.HIGH) in told(found, "R19")


def test_an_event_after_the_last_sample_is_not_lost() -> None:
    engine = engine_of()
    engine.evaluate(one(0, 0, events=[(0, alarm(0.5, "BLOOD_LEAK"))], **WELL))
    assert (1.0, FindingState.ACTIVE, Priority.HIGH) in told(engine.evaluate(one(0, 1, **well(1))), "R19")


def test_the_box_that_forgot_which_alarms_stood_tells_them_anew() -> None:
    engine = engine_of()
    engine.evaluate(one(0, 0, events=[(0, alarm(0, "BLOOD_LEAK")), (0, alarm(0, "UF_LO"))], **WELL))
    forgot = Event(0, SECOND, 0, 0, EventKind.AGENT, "outbox quarantined", 0, True)
    engine.evaluate(one(0, 1, events=[(0, forgot), (0, alarm(1, "UF_LO"))], **well(1)))
    assert state_of(engine, 0, "R19") == (FindingState.NORMAL, None)
    assert state_of(engine, 0, "R22")[0] is FindingState.PENDING


def test_rows_grow_as_units_come() -> None:
    engine = engine_of(9, capacity=2)
    assert [engine.register(f"u{n}") for n in range(9)] == list(range(9))
    engine.evaluate(together([one(n, 0, **WELL) for n in range(9)]))
    assert state_of(engine, 8, "R07") == (FindingState.NORMAL, None)


def test_a_unit_costs_less_than_20_kilobytes() -> None:
    engine = engine_of()
    engine.evaluate(one(0, 0, **WELL))
    assert engine.bytes_per_unit < 6_000
    assert len(engine.snapshot(0)) < 8_000


def test_a_transition_can_be_explained_from_what_it_carries() -> None:
    engine = engine_of()
    found = [t for second in range(16) for t in engine.evaluate(one(0, second, venous_pressure=262 + second % 2))]
    fired = next(t for t in found if t.rule == "R13" and t.state is FindingState.ACTIVE)
    assert fired.unit == "u0"
    assert fired.inputs == {"venous_pressure": 263.0}
    assert fired.limits == {"limit": 250.0, "on_delay_s": 15.0, "off_delay_s": 15.0, "deadband": 20.0}
    assert fired.reason == "Venous pressure 263 mmHg, above 250 mmHg, for 15 s"
    assert fired.rule_version == RULES.rule("R13").version
