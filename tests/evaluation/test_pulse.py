"""A heartbeat judged by our own clock only."""

from __future__ import annotations

from evaluation.pulse import Pulse

NOW = 1_700_000_000_000_000


def test_a_fresh_mark_at_first_look_counts_and_then_must_stir() -> None:
    pulse = Pulse(6.0)
    assert pulse.look(NOW - 2_000_000, NOW, 100.0)
    assert pulse.look(NOW - 2_000_000, NOW, 106.0)
    assert not pulse.look(NOW - 2_000_000, NOW, 106.1)
    assert pulse.look(NOW + 1, NOW, 107.0)


def test_an_old_mark_at_first_look_is_a_dead_service() -> None:
    pulse = Pulse(6.0)
    assert not pulse.look(NOW - 3_600_000_000, NOW, 100.0)
    assert not pulse.look(None, NOW, 101.0)


def test_nothing_there_is_not_alive() -> None:
    assert not Pulse(6.0).look(None, NOW, 0.0)


def test_a_clock_an_hour_wrong_over_there_neither_hides_a_death_nor_makes_one_up() -> None:
    for skew in (-3_600_000_000, 3_600_000_000):
        pulse = Pulse(6.0)
        pulse.look(NOW + skew, NOW, 100.0)
        assert pulse.look(NOW + skew + 2_000_000, NOW + 2_000_000, 102.0)
        assert pulse.look(NOW + skew + 4_000_000, NOW + 4_000_000, 104.0)
        assert not pulse.look(NOW + skew + 4_000_000, NOW + 15_000_000, 115.0)


def test_a_database_that_cannot_be_asked_lets_the_pulse_run_out() -> None:
    pulse = Pulse(6.0)
    pulse.look(NOW, NOW, 100.0)
    assert pulse.look(None, NOW, 105.0)
    assert not pulse.look(None, NOW, 106.5)
