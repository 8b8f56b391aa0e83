"""PCD-04: what a step is to who was told what before, and the message, before independent parsers."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interop.hl7 import pcd04
from interop.hl7.header import Head, Route, Whose
from interop.hl7.pcd04 import Phase, Said, Step
from telemetry.alarms import ConditionState, Priority
from tests.interop.hl7.parsers import judged, observations, read

NEW, SEEN = ConditionState.ACTIVE_UNACKNOWLEDGED, ConditionState.ACTIVE_ACKNOWLEDGED
LATCHED, OVER = ConditionState.LATCHED_CLEAR, ConditionState.NORMAL
HIGH, MEDIUM, LOW = Priority.HIGH, Priority.MEDIUM, Priority.LOW
START = 1_750_000_000_000_000
STEP = Step(5, "R10", "Venous pressure fell", NEW, HIGH, START, START + 1, "Fell by 25 mmHg | at once",
            {"other": 3.0, "machine_mode": 3.0, "venous_pressure": 21.5})  # fmt: skip
HEAD = Head(Route(), "0123456789abcdef0123", START + 2)


def step(state: ConditionState, priority: Priority = HIGH, again: bool = False) -> Step:
    return replace(STEP, state=state, priority=priority, again=again)


@pytest.mark.parametrize(
    ("before", "now", "phase"),
    [
        (None, step(NEW), Phase.START),
        (None, step(SEEN), Phase.START),  # a receiver that came later
        (None, step(OVER), None),
        (None, step(LATCHED), None),
        (Said(NEW, HIGH), step(NEW, again=True), Phase.CONTINUE),
        (Said(NEW, HIGH), step(SEEN), Phase.UPDATE),
        (Said(NEW, MEDIUM), step(NEW, HIGH), Phase.ESCALATE),
        (Said(NEW, MEDIUM), step(NEW, LOW), Phase.DE_ESCALATE),
        (Said(SEEN, HIGH), step(OVER), Phase.END),
        (Said(NEW, HIGH), step(LATCHED), Phase.END),
        (Said(LATCHED, HIGH), step(OVER), Phase.RESET),
        (Said(LATCHED, HIGH), step(LATCHED), None),
        (Said(LATCHED, HIGH), step(NEW), Phase.START),
        (Said(OVER, HIGH), step(NEW), Phase.START),
        (Said(OVER, HIGH), step(OVER), None),
    ],
)
def test_phase(before: Said | None, now: Step, phase: Phase | None) -> None:
    assert pcd04.phase_of(before, now) is phase


@given(st.lists(st.tuples(st.sampled_from(ConditionState), st.sampled_from(Priority), st.booleans()), max_size=12))
def test_whatever_happens_a_receiver_can_follow(events: list[tuple[ConditionState, Priority, bool]]) -> None:
    """It never hears of an end without a start, and what it heard last is whether the alert stands."""
    told: list[Phase] = []
    before: Said | None = None
    active = False
    for state, priority, again in events:
        phase = pcd04.phase_of(before, step(state, priority, again))
        active = state in (NEW, SEEN)
        if phase is not None:
            told.append(phase)
            before = Said(state, priority)
    stands = [phase not in (Phase.END, Phase.RESET) for phase in told]
    assert (stands[-1] if stands else False) == active
    assert not told or told[0] is Phase.START
    for earlier, later in pairwise(told):
        stood = earlier not in (Phase.END, Phase.RESET)
        assert (later is Phase.START) != stood or (later is Phase.RESET and earlier is Phase.END)


def facets(text: str) -> dict[str, list[str]]:
    return {field[4].rpartition(".")[2]: field for field in observations(text)}


@pytest.mark.parametrize(
    ("state", "phase", "alarm", "inactivation"),
    [
        (NEW, Phase.START, "active", "enabled"),
        (SEEN, Phase.UPDATE, "active", "alert-acknowledged"),
        (LATCHED, Phase.END, "latched", "enabled"),
        (OVER, Phase.END, "inactive", "enabled"),
        (OVER, Phase.RESET, "inactive", "enabled"),
        (NEW, Phase.DE_ESCALATE, "active", "enabled"),
    ],
)
def test_a_message_says_how_far_the_alert_has_come(
    state: ConditionState, phase: Phase, alarm: str, inactivation: str
) -> None:
    text = pcd04.alert(HEAD, Whose("h0000000a", 7), step(state), phase)
    judged(text)
    found = facets(text)
    assert [found[number][5] for number in "345"] == [phase.value, alarm, inactivation]
    assert str(read(text)["MSH"][0][9]) == "ORU^R40^ORU_R40"


def test_what_it_is_and_what_it_is_about() -> None:
    text = pcd04.alert(HEAD, Whose("h0000000a", 7), STEP, Phase.START)
    found = facets(text)
    assert found["1"][3] == "196616^MDC_EVT_ALARM^MDC" and found["1"][5] == "R10^Venous pressure fell^99HOMEHD"
    assert found["1"][8] == "PH~SP" and found["1"][18] == "h0000000a^homehd"
    # The first signal with a number: not a name that is no signal, nor a mode.
    assert found["2"][2:7] == [
        "NM",
        "158776^MDC_HDIALY_BLD_PUMP_PRESS_VEN^MDC",
        "1.0.0.0.2",
        "21.5",
        "mm[Hg]^mm[Hg]^UCUM",
    ]
    message = read(text)
    assert message.unescape(str(message["NTE"][0][3])) == "Fell by 25 mmHg | at once"
    assert str(message["OBR"][0][3]) == "alert-5^homehd"


def test_without_a_number_it_is_about_the_machine() -> None:
    bare = replace(STEP, inputs={"venous_pressure": None, "arterial_pressure": float("nan")}, reason="", technical=True)
    text = pcd04.alert(HEAD, Whose("h0000000a", None), bare, Phase.START)
    judged(text)
    assert facets(text)["2"][3:6] == ["68480^MDC_ATTR_ALERT_SOURCE^MDC", "1.0.0.0.2", "70929^MDC_DEV_HDIALY_MDS^MDC"]
    assert facets(text)["1"][8] == "PH~ST" and "NTE" not in text


@pytest.mark.parametrize(("priority", "word"), [(HIGH, "PH"), (MEDIUM, "PM"), (LOW, "PL")])
def test_priorities(priority: Priority, word: str) -> None:
    text = pcd04.alert(HEAD, Whose("h1", 7), step(NEW, priority), Phase.START)
    assert facets(text)["1"][8] == f"{word}~SP"


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_words_of_a_rule_break_a_message(title: str, reason: str) -> None:
    text = pcd04.alert(HEAD, Whose("h1", 7), replace(STEP, title=title, reason=reason), Phase.START)
    assert [line[:3] for line in text.split("\r")[:-1]].count("OBX") == 5
    assert len(text.split("\r")) == (12 if reason else 11) - 1
