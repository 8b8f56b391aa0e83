"""Bounded in number and in pace, and what the broker does not keep makes way first."""

from __future__ import annotations

import threading

from edge_agent.mqtt_inbox import BURST, LIMIT, RATE_PER_S, Arrived, Inbox, Pace


def arrived(n: int, qos: int = 0) -> Arrived:
    return Arrived(b"%d" % n, n, qos, retained=False)


def test_messages_come_out_in_order() -> None:
    inbox = Inbox()
    for n in range(3):
        inbox.put(arrived(n))
    assert [message.mid for message in (inbox.get(0), inbox.get(0), inbox.get(0)) if message] == [0, 1, 2]
    assert inbox.get(0) is None


def test_when_it_is_full_the_oldest_reading_makes_way_and_no_measurement() -> None:
    inbox = Inbox()
    inbox.put(arrived(0, qos=1))
    for n in range(1, LIMIT + 10):
        inbox.put(arrived(n))
    assert (inbox.dropped(), inbox.dropped()) == (10, 0)
    kept = [message.mid for message in iter(lambda: inbox.get(0), None)]
    assert kept == [0, *range(11, LIMIT + 10)]


def test_full_of_measurements_it_takes_no_more_and_the_broker_keeps_them() -> None:
    inbox = Inbox()
    for n in range(LIMIT + 5):
        inbox.put(arrived(n, qos=1))
    assert inbox.dropped() == 5
    assert [message.mid for message in iter(lambda: inbox.get(0), None)] == list(range(LIMIT))


def test_who_waits_is_woken() -> None:
    inbox = Inbox()
    found: list[Arrived | None] = []
    thread = threading.Thread(target=lambda: found.append(inbox.get(30)))
    thread.start()
    inbox.put(arrived(7))
    thread.join(10)
    assert found == [arrived(7)]
    thread = threading.Thread(target=lambda: found.append(inbox.get(30)))
    thread.start()
    while thread.is_alive():
        inbox.wake()
        thread.join(0.01)
    assert found[1] is None


def test_the_pace_is_a_burst_and_then_the_rate() -> None:
    pace = Pace(0.0)
    at_once = sum(pace.wait_s(0.0) == 0.0 for _ in range(1000))
    assert at_once == BURST
    wait = pace.wait_s(0.0)
    assert 0.0 < wait <= 1.0 / RATE_PER_S
    taken, now = 0, 0.0
    while now < 10.0:
        step = pace.wait_s(now)
        taken += step == 0.0
        now += step
    assert abs(taken - 10.0 * RATE_PER_S) <= 2
    assert pace.wait_s(5.0) >= 0.0, "a clock that stands still is no trouble"
    assert sum(pace.wait_s(1000.0) == 0.0 for _ in range(1000)) == BURST
