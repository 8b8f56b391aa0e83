from __future__ import annotations

from ingest.culprits import Culprits
from ingest.inbox import Message
from telemetry import wire
from tests.ingest.building import batch, event, seconds
from tests.ingest.world import STATUS, up


def test_what_failed_is_left_alone_until_its_time_is_over() -> None:
    culprits = Culprits(60.0)
    bad, good = up(seconds(5, 6)), up(seconds(7))
    assert culprits.without([bad, good], 0.0) == [bad, good]
    culprits.add(bad, 0.0)

    again = up(seconds(5, 6, sent_us=2 * 10**15))  # sent anew, so its bytes are others
    assert culprits.without([bad, good, again], 59.0) == [good]
    assert culprits.without([bad, good], 60.0) == [bad, good]


def test_the_same_numbers_elsewhere_are_not_it() -> None:
    culprits = Culprits(60.0)
    culprits.add(up(seconds(5)), 0.0)
    others = [
        up(seconds(5, unit="u2"), "hhd/1/7/u2/up"),
        up(seconds(5, epoch="fedcba9876543210")),
        up(seconds(4, 5)),
        up(batch([], [event(6)])),
    ]

    assert culprits.without(others, 1.0) == others


def test_what_does_not_say_its_rows_is_known_by_its_topic() -> None:
    culprits = Culprits(60.0)
    for bad in (Message(STATUS, b"x", 0), Message("nonsense", b"", 0)):
        culprits.add(bad, 0.0)
    good = up(wire.encode(seconds(1)))

    assert culprits.without([Message(STATUS, b"y", 0), Message("nonsense", b"z", 0), good], 1.0) == [good]
