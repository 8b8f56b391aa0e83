"""All ingests together: one that died, one that owns too little, one whose rules of absence do not run."""

from __future__ import annotations

from evaluation.links import Beat, IngestWatch, LinkTrouble, beat_of
from store.heartbeat import Heartbeat
from tests.clinician_api.builders import NOW, SECOND


def beat(instance: str, at_s: float, shards: int = 64, **more: bool) -> Beat:
    return Beat(instance, NOW + int(at_s * SECOND), shards, **more)


def look(watch: IngestWatch, at_s: float, *beats: Beat) -> LinkTrouble | None:
    return watch.look(beats, NOW + int(at_s * SECOND), at_s)


def test_nobody_is_there() -> None:
    watch = IngestWatch(6)
    assert look(watch, 0) is LinkTrouble.SILENT
    assert look(watch, 0, beat("yesterday's", -86_400)) is LinkTrouble.SILENT


def test_one_owns_everything_until_it_falls_silent() -> None:
    watch = IngestWatch(6)
    assert look(watch, 0, beat("a", -1)) is None
    assert look(watch, 5, beat("a", -1)) is None
    assert look(watch, 7, beat("a", -1)) is LinkTrouble.SILENT
    assert look(watch, 8, beat("a", 7.9)) is None


def test_two_halves_are_one_and_one_half_is_none() -> None:
    watch = IngestWatch(6)
    for at_s in range(0, 20, 2):
        dead = beat("b", min(at_s, 4), 32)
        found = look(watch, at_s, beat("a", at_s, 32), dead)
        assert found is (None if at_s <= 10 else LinkTrouble.INCOMPLETE), at_s
    assert look(watch, 20, beat("a", 20, 64), beat("b", 4, 32)) is None, "a took over what b had"


def test_one_that_does_not_judge_silence_is_not_well() -> None:
    watch = IngestWatch(6)
    halves = beat("a", 0, 32), beat("b", 0, 32, judges_silence=False)
    assert look(watch, 0, *halves) is LinkTrouble.SILENCE_NOT_JUDGED


def test_one_that_does_not_hear_its_homes_is_not_well() -> None:
    watch = IngestWatch(6)
    assert look(watch, 0, beat("a", 0, 32), beat("b", 0, 32, hears=False)) is LinkTrouble.BROKER


def test_one_that_stands_by_is_not_asked() -> None:
    watch = IngestWatch(6)
    assert look(watch, 0, beat("a", 0), beat("b", 0, 0, hears=False, judges_silence=False)) is None
    assert look(watch, 8, beat("a", 0), beat("b", 8, 0)) is LinkTrouble.SILENT


def test_what_is_no_longer_listed_is_forgotten() -> None:
    watch = IngestWatch(6)
    look(watch, 0, beat("a", 0))
    assert look(watch, 1) is LinkTrouble.SILENT
    assert watch._pulses == {}


def test_a_beat_as_ingest_writes_it() -> None:
    assert beat_of(Heartbeat("ingest", "a-1", 5, {"shards": 64})) == Beat("a-1", 5, 64)
    ill = {"shards": 3, "broker": "refused", "storing": "every message fails", "silence": "not judged"}
    assert beat_of(Heartbeat("ingest", "a-1", 5, ill)) == Beat(
        "a-1", 5, 3, hears=False, stores=False, judges_silence=False
    )
    assert beat_of(Heartbeat("ingest", "a-1", 5, {})).shards == 0
