"""What a page's main thread took for its frames, from a trace of the browser: processor time, not time on the wall.

A shared machine makes a frame late without making it dearer, so a task's own processor time is counted. Of it what
paints canvases (their drawing is put off until the frame is handed over) stands apart from the rest, which is script,
style and layout: with a graphics card there is next to nothing of the former.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from statistics import quantiles
from typing import Any, Final, NamedTuple

from playwright.sync_api import Browser, Page

Event = dict[str, Any]

CATEGORIES: Final = ("toplevel", "cc", "viz")
MAIN: Final = "CrRendererMain"
TASK: Final = "ThreadControllerImpl::RunTask"
FRAME: Final = "ProxyMain::BeginMainFrame"
RASTER: Final = "LayerTreeHost::DoUpdateLayers"
SHOWN: Final = "Display::DrawAndSwap"


class Costs(NamedTuple):
    """Milliseconds of processor. Of a frame: what was done since the one before, all frames in order."""

    script_ms: float
    raster_ms: float
    script_of_frame: tuple[float, ...]
    all_of_frame: tuple[float, ...]
    shown: int


def costs(events: Iterable[Event]) -> Costs:
    """Of the one page that made frames."""
    events = list(events)
    complete = [event for event in events if event.get("ph") == "X" and "tdur" in event]
    threads = threads_of(events)
    frames = [event for event in complete if event["name"] == FRAME]
    pids = [event["pid"] for event in frames]
    page = max(set(pids), key=pids.count, default=None)
    own = [event for event in complete if (event["pid"], threads.get((event["pid"], event["tid"]))) == (page, MAIN)]
    ends = sorted(event["ts"] + event["dur"] for event in own if event["name"] == FRAME)
    tasks, raster = [0.0] * (len(ends) + 1), [0.0] * (len(ends) + 1)
    for event in own:
        into = {TASK: tasks, RASTER: raster}.get(event["name"])
        if into is not None:
            # A frame is itself within a task, which ends a moment after it.
            into[bisect_right(ends, event["ts"])] += event["tdur"] / 1000
    script = [task - paint for task, paint in zip(tasks, raster, strict=True)]
    shown = sum(event["name"] == SHOWN for event in complete)
    # What came behind the last frame is of none.
    return Costs(sum(script), sum(raster), tuple(script[:-1]), tuple(tasks[:-1]), shown)


def threads_of(events: Iterable[Event]) -> dict[tuple[int, int], str]:
    """Names by process and thread."""
    named = (event for event in events if event.get("ph") == "M" and event["name"] == "thread_name")
    return {(event["pid"], event["tid"]): event["args"]["name"] for event in named}


def share(values: Iterable[float], percent: int) -> float:
    """A percentile; 0 of nothing."""
    known = sorted(values)
    return quantiles(known, n=100, method="inclusive")[percent - 1] if len(known) > 1 else sum(known)


@contextmanager
def traced(browser: Browser, page: Page) -> Iterator[list[Event]]:
    """The events of what is done within; filled when that is over."""
    session = browser.new_browser_cdp_session()
    events: list[Event] = []
    over: list[object] = []
    session.on("Tracing.dataCollected", lambda part: events.extend(part["value"]))
    session.on("Tracing.tracingComplete", lambda told: over.append(told))
    config = {"includedCategories": list(CATEGORIES)}
    session.send("Tracing.start", {"transferMode": "ReportEvents", "traceConfig": config})
    yield events
    session.send("Tracing.end")
    while not over:
        page.wait_for_timeout(20)
    session.detach()
