from __future__ import annotations

from simulators.tracks import compute
from telemetry.signals import BY_NAME
from telemetry.treatment import Phase


def test_tracks_are_different_treatments_with_plausible_values() -> None:
    tracks = compute(1, 2, 20)
    assert [len(track) for track in tracks] == [20, 20]
    first, second = tracks[0][0].readings(), tracks[1][0].readings()
    assert first != second
    assert len(first) == 24
    for sample in tracks[0] + tracks[1]:
        assert sample.phase == Phase.TX
        assert all(BY_NAME[name].accepts(value) for name, value in sample.readings().items())
        assert sample.columns.keys() == {BY_NAME[name].number for name in sample.readings()}


def test_the_same_seed_gives_the_same_tracks() -> None:
    assert compute(4, 1, 5) == compute(4, 1, 5) != compute(5, 1, 5)
