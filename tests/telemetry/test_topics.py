"""Topics are built and parsed by one grammar in which no wildcard fits."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry import topics
from telemetry.errors import WireError

units = st.from_regex(r"[a-z0-9][a-z0-9-]{1,31}", fullmatch=True)


@given(st.integers(0, 63), units, st.sampled_from(["up", "status", "down"]))
def test_parse_is_the_inverse_of_build(shard: int, unit: str, direction: topics.Direction) -> None:
    assert topics.parse_home(topics.home(shard, unit, direction)) == topics.HomeTopic(shard, unit, direction)


@given(st.text(max_size=60))
def test_any_text_is_a_topic_or_the_documented_error(text: str) -> None:
    with suppress(WireError):
        topics.parse_home(text)


@pytest.mark.parametrize("unit", ["", "a", "A1", "a/b", "+", "#", "a+", "a b", "ä1", "a" * 33, "-a", "a1\n"])
def test_a_unit_that_could_bend_a_topic_is_refused(unit: str) -> None:
    assert not topics.is_unit_id(unit)
    with pytest.raises(WireError):
        topics.home(0, unit, "up")


@pytest.mark.parametrize(
    "topic",
    [
        "hhd/1/64/u1/up",
        "hhd/1/07/u1/up",
        "hhd/1/\u0663/u1/up",
        "hhd/2/0/u1/up",
        "hhd/1/0/u1/sideways",
        "hhd/1/0/u1/up/x",
        "live/1/4",
    ],
)
def test_near_misses_are_refused(topic: str) -> None:
    with pytest.raises(WireError):
        topics.parse_home(topic)


def test_live_topics() -> None:
    assert topics.live(5) == "live/1/5"
    assert [topics.parse_live(topics.live(shard)) for shard in range(topics.SHARDS)] == list(range(topics.SHARDS))
    assert topics.shard_pattern(5, "up") == "hhd/1/5/+/up"


@pytest.mark.parametrize(
    "topic", ["live/1/64", "live/1/", "live/1/5/x", "live/2/5", "live/1/+", "live/1/٣", "live/1/5\n"]
)
def test_near_misses_of_a_live_topic_are_refused(topic: str) -> None:
    with pytest.raises(WireError):
        topics.parse_live(topic)
