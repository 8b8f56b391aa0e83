from __future__ import annotations

from typing import Any

import pytest

from bench import frames


def event(name: str, ts: float, cpu_ms: float, *, pid: int = 7, tid: int = 1) -> dict[str, Any]:
    return {"ph": "X", "name": name, "pid": pid, "tid": tid, "ts": ts, "dur": 2 * cpu_ms * 1000, "tdur": cpu_ms * 1000}


def thread(pid: int, tid: int, name: str) -> dict[str, Any]:
    return {"ph": "M", "name": "thread_name", "pid": pid, "tid": tid, "args": {"name": name}}


def test_a_frame_costs_what_was_done_since_the_one_before_in_processor_time() -> None:
    events = [
        thread(7, 1, frames.MAIN), thread(7, 2, "Compositor"), thread(8, 1, frames.MAIN), thread(9, 1, "Viz"),
        # An event's script, then its frame, of which two are the canvases.
        event(frames.TASK, 0, 1), event(frames.TASK, 9_000, 5), event(frames.FRAME, 9_100, 4.5),
        event(frames.RASTER, 14_000, 2),
        event(frames.TASK, 30_000, 3), event(frames.FRAME, 30_100, 2.5),
        # Behind the last frame; of another thread, another page, another process.
        event(frames.TASK, 50_000, 7),
        event(frames.TASK, 100, 50, tid=2), event(frames.TASK, 100, 50, pid=8), event(frames.SHOWN, 100, 50, pid=9),
    ]  # fmt: skip
    found = frames.costs(iter(events))
    assert found.all_of_frame == pytest.approx((6, 3))
    assert found.script_of_frame == pytest.approx((4, 3))
    assert (found.script_ms, found.raster_ms, found.shown) == pytest.approx((14, 2, 1))


def test_nothing_traced_is_nothing() -> None:
    assert frames.costs([]) == frames.Costs(0, 0, (), (), 0)
    assert frames.share([], 50) == 0
    assert frames.share([3], 95) == 3
    assert frames.share([4, 1, 3, 2, 5], 50) == 3
