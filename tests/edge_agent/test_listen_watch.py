from __future__ import annotations

from edge_agent.listen_watch import ListenWatch
from telemetry.messages import MachineLink

QUIET = 15.0


def watch() -> ListenWatch:
    return ListenWatch(QUIET, 0.0)


def test_nothing_is_told_before_it_can_be_known() -> None:
    assert watch().state(QUIET - 0.1) is None


def test_nobody_there_is_disconnected_somebody_mute_is_silent() -> None:
    alone, mute = watch(), watch()
    mute.connected(1.0)
    assert alone.state(QUIET) is MachineLink.DISCONNECTED
    assert mute.state(QUIET) is MachineLink.SILENT


def test_a_message_is_connected_and_stays_so_though_the_connection_closes() -> None:
    seen = watch()
    seen.connected(1.0)
    seen.heard(2.0, message=True)
    assert seen.state(2.0) is MachineLink.CONNECTED
    seen.gone()
    assert seen.state(2.0 + QUIET - 0.1) is MachineLink.CONNECTED, "some machines connect for each message"
    assert seen.state(2.0 + QUIET) is MachineLink.DISCONNECTED
    seen.connected(30.0)
    assert seen.state(30.0) is MachineLink.DISCONNECTED, "a connection is not yet a message"
    seen.heard(31.0, message=True)
    assert seen.state(31.0) is MachineLink.CONNECTED


def test_bytes_without_a_message_are_garbled() -> None:
    seen = watch()
    seen.connected(0.0)
    for second in range(1, 20):
        seen.heard(float(second), message=False)
    assert seen.state(19.0) is MachineLink.GARBLED
    assert seen.state(19.0 + QUIET) is MachineLink.SILENT
    seen.gone()
    assert seen.state(19.0 + QUIET) is MachineLink.DISCONNECTED


def test_connecting_again_and_again_is_no_sign_of_life() -> None:
    seen = watch()
    seen.heard(0.0, message=True)
    for second in range(1, 16):
        seen.connected(float(second))
        seen.gone()
    assert seen.state(QUIET) is MachineLink.DISCONNECTED


def test_after_a_loss_a_new_connection_gets_its_time() -> None:
    seen = watch()
    assert seen.state(100.0) is MachineLink.DISCONNECTED
    seen.connected(100.0)
    assert seen.state(100.0 + QUIET - 0.1) is MachineLink.DISCONNECTED
    assert seen.state(100.0 + QUIET) is MachineLink.SILENT
