"""What came before is known again, within bounds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge_agent import deliveries
from edge_agent.acquisition import Acquisition, Stamp
from edge_agent.deliveries import MAX_SESSIONS, MAX_SOURCES, Taken
from protocols.events import Delivery
from protocols.mqtt_gateway import encode
from protocols.mqtt_gateway.decoder import observe
from telemetry.messages import MachineLink, Reading
from telemetry.signals import BY_NAME
from telemetry.treatment import Phase


def test_a_message_is_new_once() -> None:
    taken: Taken = {}
    first, second = Delivery("cuff", "a", 0), Delivery("cuff", "a", 1)
    assert deliveries.is_new(taken, first)
    deliveries.note(taken, first)
    assert not deliveries.is_new(taken, first)
    assert deliveries.is_new(taken, second)
    deliveries.note(taken, second)
    deliveries.note(taken, first)
    assert not deliveries.is_new(taken, second), "an old one that comes late takes nothing back"


def test_sources_and_sessions_count_for_themselves() -> None:
    taken: Taken = {}
    deliveries.note(taken, Delivery("cuff", "a", 9))
    assert deliveries.is_new(taken, Delivery("scale", "a", 0))
    assert deliveries.is_new(taken, Delivery("cuff", "b", 0))
    deliveries.note(taken, Delivery("cuff", "b", 0))
    assert not deliveries.is_new(taken, Delivery("cuff", "a", 9)), "the session before is remembered"


def test_what_was_heard_of_longest_ago_makes_way() -> None:
    taken: Taken = {}
    for n in range(MAX_SESSIONS + 1):
        deliveries.note(taken, Delivery("s", str(n), 0))
    assert list(taken["s"]) == [str(n) for n in range(1, MAX_SESSIONS + 1)]
    for n in range(MAX_SOURCES - 1):
        deliveries.note(taken, Delivery(str(n), "a", 0))
    deliveries.note(taken, Delivery("s", "3", 1))
    deliveries.note(taken, Delivery("new", "a", 0))
    assert len(taken) == MAX_SOURCES and "s" in taken and "0" not in taken


@given(st.lists(st.builds(Delivery, st.sampled_from("ab"), st.sampled_from("xy"), st.integers(0, 9)), max_size=40))
def test_in_order_nothing_is_lost_and_nothing_is_double(sent: list[Delivery]) -> None:
    taken: Taken = {}
    kept = []
    for one in sorted(set(sent), key=lambda d: d.seq):
        for _ in range(2):
            if deliveries.is_new(taken, one):
                kept.append(one)
                deliveries.note(taken, one)
    assert sorted(kept, key=str) == sorted(set(sent), key=str)


def test_a_measurement_the_broker_held_is_not_taken_for_old_behind_newer_readings() -> None:
    """One gateway, one counter: the broker keeps cuff and scale for a box that restarts, and not what is sampled."""
    at = Stamp(1, 1, True)
    acquisition = Acquisition()
    acquisition.link(MachineLink.CONNECTED, at)
    which = Delivery("bedside", "s1", 100)
    acquisition.observed(observe(encode.readings(which, {"blood_flow": 300.0}, Phase.TX, [])), at)
    held = observe(encode.cuff(Delivery("bedside", "s1", 50), {"systolic": 91.0, "diastolic": 60.0}))
    acquisition.observed(held, at)
    assert acquisition.waits(held)
    *_, row = acquisition.observed(
        observe(encode.readings(Delivery("bedside", "s1", 101), {"blood_flow": 300.0}, Phase.TX, [])), at
    )
    assert isinstance(row, Reading) and row.values[BY_NAME["systolic"].number] == 91.0
