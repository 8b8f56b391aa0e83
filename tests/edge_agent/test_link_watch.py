"""The four states of the link, in virtual time."""

from __future__ import annotations

from edge_agent.link_watch import LinkWatch
from telemetry.messages import MachineLink


def test_a_port_that_is_not_there_is_told_at_once() -> None:
    watch = LinkWatch(1.0)
    assert watch.state(0.0) is None
    watch.lost()
    assert watch.state(0.0) is MachineLink.DISCONNECTED


def test_an_open_port_is_judged_after_three_missed_polls_not_before() -> None:
    watch = LinkWatch(1.0)
    watch.opened(10.0)
    assert watch.state(13.0) is None
    assert watch.state(13.1) is MachineLink.SILENT


def test_bytes_without_a_frame_are_garbled_and_a_frame_is_connected() -> None:
    watch = LinkWatch(1.0)
    watch.opened(0.0)
    for second in range(1, 5):
        watch.heard(float(second), frame=False)
    assert watch.state(4.0) is MachineLink.GARBLED
    assert watch.state(7.1) is MachineLink.SILENT, "then not even bytes"
    watch.heard(8.0, frame=True)
    assert watch.state(11.0) is MachineLink.CONNECTED
    assert watch.state(11.1) is MachineLink.SILENT


def test_a_bad_frame_now_and_then_is_no_trouble() -> None:
    watch = LinkWatch(1.0)
    watch.opened(0.0)
    for second in range(1, 100):
        watch.heard(float(second), frame=second % 3 == 0)
        assert watch.state(second + 0.5) in (None if second < 3 else MachineLink.CONNECTED, MachineLink.CONNECTED)


def test_a_reopened_port_keeps_its_name_until_it_is_known_better() -> None:
    watch = LinkWatch(1.0)
    watch.lost()
    watch.opened(0.0)
    assert watch.state(1.0) is MachineLink.DISCONNECTED
    watch.heard(1.5, frame=True)
    assert watch.state(1.5) is MachineLink.CONNECTED


def test_a_port_that_stays_mute_wants_to_be_opened_anew() -> None:
    watch = LinkWatch(10.0)
    assert not watch.stuck(1e6)
    watch.opened(0.0)
    assert not watch.stuck(120.0) and watch.stuck(121.0)
    watch.opened(121.0)
    assert not watch.stuck(122.0)


def test_a_garbled_line_is_believed_after_three_frames_not_after_each_that_got_through() -> None:
    watch = LinkWatch(1.0)
    watch.opened(0.0)
    states = []
    for second in range(1, 60):  # one frame in eight gets through, and the port is opened anew now and then
        if second % 13 == 0:
            watch.opened(float(second))
        watch.heard(float(second), frame=second % 8 == 0)
        states.append(watch.state(second + 0.5))
    assert set(states) == {None, MachineLink.GARBLED}
    for second in (60.0, 61.0, 62.0):
        assert watch.state(second) is MachineLink.GARBLED
        watch.heard(second, frame=True)
    assert watch.state(62.0) is MachineLink.CONNECTED
