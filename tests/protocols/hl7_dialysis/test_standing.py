from __future__ import annotations

from protocols.events import Alarm
from protocols.hl7_dialysis.standing import KEEP_ALIVE_S, LAPSE_S, MOST, Standing

LEAK, HIGH = Alarm("MDC_EVT_HDIALY_BLOOD_LEAK", 198244), Alarm("MDC_EVT_HI", 196648, "venous_pressure")


def talk(standing: Standing, begin: float, seconds: float, every: float = 10.0) -> None:
    """The machine says something, though nothing of an alarm."""
    for number in range(round(seconds / every) + 1):
        standing.heard(begin + number * every)


def test_an_alarm_stands_until_it_ends() -> None:
    standing = Standing()
    standing.heard(0.0)
    standing.stands((1, ""), LEAK, again=False)
    standing.stands((2, "v"), HIGH, again=False)
    standing.ends((1, ""))
    standing.ends((9, ""))
    assert standing.alarms == {HIGH}


def test_a_machine_that_never_says_continue_keeps_its_alarms() -> None:
    standing = Standing()
    standing.stands((1, ""), LEAK, again=False)
    talk(standing, 0.0, 10 * LAPSE_S)
    assert standing.alarms == {LEAK}


def test_one_that_does_loses_an_alarm_whose_end_was_lost() -> None:
    standing = Standing()
    standing.heard(0.0)
    standing.stands((1, ""), LEAK, again=False)
    standing.heard(20.0)
    standing.stands((2, "v"), HIGH, again=True)
    talk(standing, 20.0, LAPSE_S - 30.0)
    assert standing.alarms == {LEAK, HIGH}
    standing.heard(LAPSE_S)
    assert standing.alarms == {HIGH}
    standing.stands((2, "v"), HIGH, again=True)
    talk(standing, LAPSE_S, LAPSE_S - 10.0)
    assert standing.alarms == {HIGH}, "kept alive"


def test_silence_ends_nothing() -> None:
    standing = Standing()
    standing.heard(0.0)
    standing.stands((2, "v"), HIGH, again=True)
    standing.heard(10_000.0)
    assert standing.alarms == {HIGH}, "the link has failed, not the alarm"
    talk(standing, 10_000.0, LAPSE_S - 2 * KEEP_ALIVE_S)
    assert standing.alarms == {HIGH}
    talk(standing, 10_000.0 + LAPSE_S - 2 * KEEP_ALIVE_S, KEEP_ALIVE_S)
    assert standing.alarms == set()


def test_a_clock_that_goes_back_ends_nothing() -> None:
    standing = Standing()
    standing.heard(1000.0)
    standing.stands((2, "v"), HIGH, again=True)
    standing.heard(0.0)
    assert standing.alarms == {HIGH} and not standing.complete


def test_the_name_it_began_with_stays() -> None:
    standing = Standing()
    standing.stands((1, ""), LEAK, again=False)
    standing.stands((1, ""), HIGH, again=True)
    assert standing.alarms == {LEAK}


def test_the_set_is_complete_when_it_was_listened_to_long_enough() -> None:
    standing = Standing()
    assert not standing.complete
    talk(standing, 10.0, LAPSE_S - 10.0)
    assert not standing.complete
    standing.heard(10.0 + LAPSE_S)
    assert standing.complete


def test_the_set_is_bounded() -> None:
    standing = Standing()
    for number in range(1000):
        standing.stands((number, ""), Alarm("MDC_EVT_ALARM", 196616, "", str(number)), again=False)
    assert len(standing.alarms) == MOST


def test_a_machine_at_rest_has_nothing_standing() -> None:
    standing = Standing()
    standing.stands((1, ""), LEAK, again=False)
    standing.clear()
    assert not standing.alarms
