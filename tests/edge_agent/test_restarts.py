"""A first mishap costs nothing, a fault that stays is tried for ever at a bounded pace."""

from __future__ import annotations

from pathlib import Path

from edge_agent import restarts


def run_for(tmp_path: Path, run_s: float, times: int) -> list[float]:
    """The pauses that starts make when every run lasts so long."""
    now, pauses = 100.0, []
    for _ in range(times):
        pauses.append(restarts.note(tmp_path, now))
        now += pauses[-1] + run_s + 2.0
    return pauses


def test_pauses_grow_and_stay_bounded(tmp_path: Path) -> None:
    assert run_for(tmp_path, 30.0, 11) == [0, 0, 0, 4, 8, 16, 32, 64, 120, 120, 120]


def test_a_pause_does_not_make_a_short_run_look_long(tmp_path: Path) -> None:
    assert run_for(tmp_path, restarts.SHORT_RUN_S - 50.0, 12)[-1] == restarts.LONGEST_S


def test_a_good_run_makes_the_next_start_immediate(tmp_path: Path) -> None:
    assert run_for(tmp_path, 3600.0, 20) == [0.0] * 20


def test_who_is_asked_to_stop_starts_again_at_once(tmp_path: Path) -> None:
    for _ in range(10):
        assert restarts.note(tmp_path, 5.0) == 0.0
        restarts.forget(tmp_path)
    restarts.forget(tmp_path / "not" / "there")


def test_after_a_bad_night_one_good_run_is_enough(tmp_path: Path) -> None:
    assert run_for(tmp_path, 1.0, 8)[-1] > 0
    assert restarts.note(tmp_path, 1e6) == 0.0


def test_a_file_from_another_boot_or_full_of_rubbish_makes_no_pause(tmp_path: Path) -> None:
    (tmp_path / "starts").write_text("900000 900000\n900001 900001\n900002 900002\n900003 900003\n")
    assert restarts.note(tmp_path, 5.0) == 0.0
    (tmp_path / "starts").write_bytes(b"\xff\0 x")
    assert restarts.note(tmp_path, 5.0) == 0.0
    assert restarts.note(tmp_path / "not" / "there", 5.0) == 0.0


def test_the_file_does_not_grow(tmp_path: Path) -> None:
    run_for(tmp_path, 1.0, 200)
    assert len((tmp_path / "starts").read_text().splitlines()) == restarts.KEPT
