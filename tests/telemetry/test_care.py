from __future__ import annotations

import msgspec
import pytest

from telemetry.care import (
    CONTENTS,
    QUANTITIES,
    Access,
    Arrangement,
    Content,
    Limits,
    Measured,
    Schedule,
    TargetWeight,
    kind_of,
)


@pytest.mark.parametrize(
    "content",
    [
        Schedule(days=("mon",), at="18:00", zone="Europe/Berlin", duration_min=240),
        Access(kind="fistula", needle=((200.0, 60.0), (300.0, 100.0))),
        TargetWeight(kg=70.5),
        Limits(rule="R25", limits={"low_min": 20.0}),
    ],
)
def test_what_is_arranged_survives_being_stored(content: Content) -> None:
    assert msgspec.convert(msgspec.to_builtins(content), CONTENTS[kind_of(content)]) == content


def test_every_word_has_its_meaning() -> None:
    assert set(CONTENTS) == set(Arrangement)
    assert set(QUANTITIES) == set(Measured)


@pytest.mark.parametrize(
    ("what", "value", "accepted"),
    [
        (Measured.WEIGHT_BEFORE, 70.0, True),
        (Measured.WEIGHT_BEFORE, 70_000.0, False),
        (Measured.WEIGHT_AFTER, float("nan"), False),
        (Measured.ACCESS_FLOW, 1.2, False),  # L/min
        (Measured.CHLORINE, 0.0, True),
        (Measured.ENDOTOXIN, float("inf"), False),
    ],
)
def test_what_can_be(what: Measured, value: float, *, accepted: bool) -> None:
    assert QUANTITIES[what].accepts(value) is accepted
