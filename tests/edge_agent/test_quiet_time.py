"""Nothing is changed while somebody may be treated."""

from __future__ import annotations

import pytest

from edge_agent.quiet_time import LOST_S, NO_SIGN_S, SAID_SO_S, QuietTime
from telemetry.messages import MachineLink
from telemetry.treatment import Phase


def quiet_after(quiet: QuietTime, start: float) -> float:
    """Seconds from `start` until it is quiet, probed by the minute; infinity if not within two days."""
    return next((s for s in range(0, 48 * 3600, 60) if quiet.is_quiet(start + s)), float("inf"))


@pytest.mark.parametrize("phase", [Phase.IDL, Phase.DIS, Phase.SVC])
def test_a_machine_that_says_it_is_idle_is_believed_after_five_minutes(phase: Phase) -> None:
    quiet = QuietTime(0)
    quiet.observed(phase, 100)
    assert not quiet.is_quiet(100 + SAID_SO_S - 1)
    assert quiet.is_quiet(100 + SAID_SO_S)


@pytest.mark.parametrize("phase", [Phase.PRETX, Phase.TX, Phase.POSTTX])
def test_never_during_a_treatment(phase: Phase) -> None:
    quiet = QuietTime(0)
    quiet.observed(phase, 0)
    assert quiet_after(quiet, 0) == float("inf")


def test_from_idle_to_rinsing_is_no_new_wait_and_from_treating_is_one() -> None:
    quiet = QuietTime(0)
    quiet.observed(Phase.IDL, 0)
    quiet.observed(Phase.DIS, 200)
    assert quiet.is_quiet(SAID_SO_S)
    quiet.observed(Phase.TX, 400)
    quiet.observed(Phase.IDL, 500)
    assert not quiet.is_quiet(500 + SAID_SO_S - 1)
    assert quiet.is_quiet(500 + SAID_SO_S)


def test_a_machine_without_phases_needs_half_an_hour_without_a_sign_of_treatment() -> None:
    quiet = QuietTime(0)
    quiet.observed(Phase.TX, 0)
    for at in range(10, 1000, 10):
        quiet.observed(Phase.UNKNOWN, at)
    assert not quiet.is_quiet(10 + NO_SIGN_S - 1)
    assert quiet.is_quiet(10 + NO_SIGN_S)


def test_a_cable_lost_in_a_treatment_is_a_treatment_for_half_a_day() -> None:
    quiet = QuietTime(0)
    quiet.observed(Phase.TX, 0)
    quiet.link(MachineLink.DISCONNECTED, 60)
    assert quiet_after(quiet, 60) == LOST_S


def test_so_it_is_when_only_an_earlier_life_of_the_agent_saw_the_treatment() -> None:
    quiet = QuietTime(0, last_phase=Phase.TX)
    quiet.link(MachineLink.SILENT, 0)
    assert quiet_after(quiet, 0) == LOST_S


def test_a_machine_that_was_off_before_is_waited_for_half_an_hour() -> None:
    quiet = QuietTime(0, last_phase=Phase.IDL)
    quiet.link(MachineLink.SILENT, 0)
    assert quiet_after(quiet, 0) == NO_SIGN_S


def test_a_wrong_profile_can_be_put_right() -> None:
    quiet = QuietTime(0)
    quiet.link(MachineLink.GARBLED, 5)
    assert quiet_after(quiet, 5) == NO_SIGN_S


def test_a_link_that_flaps_is_not_quiet() -> None:
    quiet = QuietTime(0)
    for at in range(0, 20000, 600):
        quiet.link(MachineLink.SILENT, at)
        quiet.link(MachineLink.DISCONNECTED, at + 300)
        assert not quiet.is_quiet(at + 599)
