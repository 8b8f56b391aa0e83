from __future__ import annotations

import msgspec

from ingest.unsaved_frames import ALWAYS, MAX_ALERTS, UnsavedFrames
from telemetry import topics, wire
from telemetry.messages import LiveFrame, LiveReading, UnsavedAlert
from telemetry.signals import COUNT

MAX_PACKET_BYTES = 131_072  # homehd/mosquitto_config.py
NOW = 1_700_000_000_000_000


def alert(number: int, reason: str = "because") -> UnsavedAlert:
    return UnsavedAlert(f"u{number}", "R13", "1.0.0+abcdef12", "high", "active, unacknowledged", 1, 2, reason, {}, {})


def frame(*readings: LiveReading) -> LiveFrame:
    return LiveFrame(1, NOW, list(readings))


def test_every_frame_carries_since_when_and_the_shard_s_alerts() -> None:
    alerts = {7: [alert(1)]}
    frames = UnsavedFrames().mark(
        [(topics.live(7), frame()), (topics.live(0), frame())], [7], lambda shard: alerts.get(shard, []), 42, 1.0, NOW
    )

    assert [(to, f.unsaved_since_us, f.unsaved) for to, f in frames] == [
        (topics.live(7), 42, [alert(1)]),
        (topics.live(0), 42, []),
    ]


def test_a_reader_of_the_release_before_passes_over_what_it_does_not_know() -> None:
    told = msgspec.structs.replace(alert(1), again=True)
    fields = [(one.name, one.type) for one in msgspec.structs.fields(UnsavedAlert)]
    assert fields[-1] == ("again", bool), "at the end, where old readers look no further"
    before = msgspec.defstruct("Before", fields[:-1], array_like=True)
    old = msgspec.msgpack.decode(msgspec.msgpack.encode(told), type=before)
    assert getattr(old, "unit") == "u1" and not hasattr(old, "again")  # noqa: B009
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(old), type=UnsavedAlert) == alert(1)


def test_a_shard_with_an_alert_and_nothing_else_is_told_once_a_second() -> None:
    marks = UnsavedFrames()

    def told(now_s: float) -> list[str]:
        return [to for to, _ in marks.mark([], [7, 9], lambda shard: [alert(shard)], 42, now_s, NOW)]

    assert told(10.0) == [topics.live(7), topics.live(9)]
    assert told(10.5) == []
    assert told(11.0) == [topics.live(7), topics.live(9)]


def test_afterwards_every_shard_that_was_marked_is_told_so_once() -> None:
    marks = UnsavedFrames()
    marks.mark([(topics.live(0), frame())], [7], lambda _: [alert(1)], 42, 1.0, NOW)

    assert marks.clear(NOW) == [(topics.live(0), frame()), (topics.live(7), frame())]
    assert marks.clear(NOW) == []


def test_of_more_alerts_than_fit_the_first_are_always_told_and_each_comes_in_its_turn() -> None:
    marks, many = UnsavedFrames(), [alert(n) for n in range(200)]
    told: list[UnsavedAlert] = []
    for turn in range(6):
        ((_, one),) = marks.mark([], [7], lambda _: many, 42, float(turn), NOW)
        assert one.unsaved[:ALWAYS] == many[:ALWAYS]
        assert (len(one.unsaved), one.unsaved_left_out) == (MAX_ALERTS, 200 - MAX_ALERTS)
        told += one.unsaved
    assert {one.unit for one in told} == {one.unit for one in many}
    ((_, fits),) = marks.mark([], [7], lambda _: many[:MAX_ALERTS], 42, 9.0, NOW)
    assert (fits.unsaved, fits.unsaved_left_out) == (many[:MAX_ALERTS], 0)


def test_a_full_frame_with_as_many_alerts_as_fit_passes_the_broker() -> None:
    many = [
        msgspec.structs.replace(alert(n, "x" * 200), inputs={f"quantity_{i}": 1.5 for i in range(6)})
        for n in range(500)
    ]
    values = dict.fromkeys(range(COUNT), 123.456)
    full = frame(*(LiveReading(f"unit-{n:08d}", NOW, NOW, NOW, 3, 1, 0, values) for n in range(100)))
    ((_, marked),) = UnsavedFrames().mark([(topics.live(7), full)], [7], lambda _: many, 42, 1.0, NOW)

    assert marked.unsaved == many[:MAX_ALERTS]
    assert len(wire.encode(marked)) < MAX_PACKET_BYTES
