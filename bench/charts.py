"""Question: what do 24 strips of four hours cost a browser, live and under a hand, and is a second's spike seen?

Wanted: 60 frames a second, so less than 16.7 ms of a frame for everything. A real Chromium, a page made of the patient
page's own parts (`dashboard/bench/`), each strip with all 14 400 seconds, which is the worst: a page open for the whole
treatment. Measured is the main thread's processor time (`bench/frames.py`), each second and each frame, and of it the
painting of canvases, which a graphics card would do: a reading a second (live), Ctrl with the wheel from four hours to
ten minutes and back (zoom), a drag over an hour (pan), both anew in every frame, and keys held down.

    time lines   three patients' whole time lines: 24 strips and blood pressures, 120 marks, limits, gaps; by events
    strips       the 24 strips alone, moved from outside
    uPlot        the peer: 24 plots of the library that axes and cursor are from, as it is, with line and band
    bare lines   the least that shows the same: a canvas for each strip, one line a column of pixels; no axes, no cursor
    empty page   the physical limit: a loop of frames in which nothing is done

Medians of three rounds, each with every row in it, so that other work on the machine meets all of them. Drawn without a
graphics card here. That the server's buckets keep a spike is `tests/clinician_api/routes/test_history.py`'s to show;
here the painted pixels are looked at. How often a hand makes something be drawn and asked for is counted in
`tests/integration/test_gestures_browser.py`. Baseline: bench/charts.txt.

    ./run bench charts [--quick]
"""

from __future__ import annotations

import argparse
import functools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, sync_playwright

from bench.frames import costs, share, traced

DASHBOARD: Final = Path(__file__).resolve().parents[1] / "dashboard"
KINDS: Final = {
    "empty": "empty page", "lines": "bare lines", "plain": "uPlot", "strips": "strips", "page": "time lines"
}  # fmt: skip
DEEDS: Final = ("live", "zoom", "pan", "keys")
COLUMNS: Final = (
    "script ms/s", "painting ms/s", "frames/s", "frame p50 ms", "p95 ms", "script p50 ms", "p95 ms", "asked"
)  # fmt: skip
FRAME_MS: Final = 1000 / 60
LIVE_S: Final = 5
FRAMES: Final = 120
Row = tuple[float, ...]
# The rows in which only the middle of each strip is painted, as a share of its height: a spike that is seen.
SPIKES: Final = """() => [...document.querySelectorAll("canvas")].map((canvas) => {
  const {width, height} = canvas, context = canvas.getContext("2d");
  const painted = (from, to) => {
    const {data, width: wide} = context.getImageData(from, 0, to - from, height), rows = new Set();
    for (let at = 3; at < data.length; at += 4) if (data[at] > 0) rows.add(Math.floor(at / 4 / wide));
    return rows;
  };
  const middle = painted(Math.floor(width * 0.4), Math.floor(width * 0.6));
  const beside = painted(Math.floor(width * 0.7), Math.floor(width * 0.9));
  return [...middle].filter((row) => !beside.has(row)).length / height;
})"""


def main(words: Sequence[str] | None = None) -> int:
    """Build the page, measure all kinds, print the table; 1 when a spike cannot be seen."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a moment of zooming each: whether it works")
    parser.add_argument("--rounds", type=int, default=3, help="so often each; the medians are told")
    given = parser.parse_args(words)
    rounds, deeds, frames = (1, ("zoom",), 10) if given.quick else (given.rounds, DEEDS, FRAMES)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("bench charts: needs chromium on the PATH", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        build(Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before", flush=True)
        with serving(Path(folder)) as url:
            found: dict[tuple[str, str], list[Row]] = {}
            for _ in range(rounds):
                for kind, deed in rows(deeds):
                    found.setdefault((kind, deed), []).append(measure(browser, url, kind, deed, frames))
            spikes = seen(browser, url)
        browser.close()
    told(found)
    least = min(spikes, default=0.0)
    print(f"\nA spike of one second in {len(spikes)} strips of four hours: {least:.0%} of a strip's height at least")
    return 0 if least > 0.2 else 1


def rows(deeds: Sequence[str] = DEEDS) -> list[tuple[str, str]]:
    """Keys are for whole time lines alone; what bare things would do with them is what zoom and pan show."""
    return [(kind, deed) for kind in KINDS for deed in deeds if deed != "keys" or kind == "page"]


def told(found: dict[tuple[str, str], list[Row]]) -> None:
    """The table, and how the rows under a hand stand to a frame and to the limits."""
    print(f"load {os.getloadavg()[0]:.1f} after\n\n{'':18}" + "".join(f"{name:>15}" for name in COLUMNS))
    medians = {of: [statistics.median(column) for column in zip(*rounds, strict=True)] for of, rounds in found.items()}
    for (kind, deed), row in medians.items():
        print(f"{KINDS[kind]}, {deed:<{16 - len(KINDS[kind])}}" + "".join(f"{figure:>15.1f}" for figure in row))
    print(f"\nOf a frame of {FRAME_MS:.1f} ms (median), and times what bare lines and the library take:")
    for (kind, deed), row in medians.items():
        if kind in ("strips", "page") and deed != "live":
            beside = [medians[other, "pan" if deed == "keys" else deed][3] for other in ("lines", "plain")]
            shares = ", ".join(f"{row[3] / max(other, 0.01):.2f}" for other in beside)
            print(f"  {KINDS[kind]}, {deed}: {row[3] / FRAME_MS:.0%}, script alone {row[5] / FRAME_MS:.0%}; {shares}")


def build(folder: Path) -> None:
    """The page, out of the dashboard's sources."""
    words = ["hatch_build.py", "npm", "run", "bench", "--", "--outDir", str(folder)]
    subprocess.run([sys.executable, *words], cwd=DASHBOARD, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Its address."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/charts.html"
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def measure(browser: Browser, url: str, kind: str, deed: str, frames: int) -> Row:
    """One row, on a page of its own. The first third of what is moved is not told: its code is being compiled."""
    with opened(browser, url, kind) as page:
        # A hand that turns the wheel has its pointer over a plot, and all plots show where.
        if (over := page.locator(".u-over").first).count() > 0:
            over.hover(position={"x": 600, "y": 40})
        page.wait_for_timeout(500)
        with traced(browser, page) as events:
            done = page.evaluate(f"window.bench('{deed}', {LIVE_S if deed == 'live' else frames})")
    used, seconds = costs(events), done["seconds"]
    first = 0 if deed == "live" else frames // 3
    every, script = used.all_of_frame[first:], used.script_of_frame[first:]
    return (
        used.script_ms / seconds, used.raster_ms / seconds, used.shown / seconds,
        share(every, 50), share(every, 95), share(script, 50), share(script, 95), done["asked"],
    )  # fmt: skip


def seen(browser: Browser, url: str) -> list[float]:
    """What of its height the spike takes in each strip."""
    with opened(browser, url, "strips") as page:
        page.wait_for_timeout(500)
        spikes: list[float] = page.evaluate(SPIKES)
        return spikes


@contextmanager
def opened(browser: Browser, url: str, kind: str) -> Iterator[Page]:
    """A page high enough for all 24 strips."""
    context = browser.new_context(viewport={"width": 1280, "height": 3600})
    page = context.new_page()
    page.goto(f"{url}#{kind}")
    page.locator(f'body[data-ready="{kind}"]').wait_for(timeout=60_000)
    yield page
    context.close()


if __name__ == "__main__":
    sys.exit(main())
